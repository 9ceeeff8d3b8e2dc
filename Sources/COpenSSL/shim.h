// What of libcrypto 3.0 this package calls, and the calls that Swift cannot spell by itself:
// an OSSL_PARAM keeps the pointer of its name, so the lists are made here, where names are static.

#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/// HKDF of RFC 5869 with SHA-256, extract and expand. 1 on success.
static inline int foil_hkdf_sha256(
    EVP_KDF *kdf, const unsigned char *secret, size_t secret_count,
    const unsigned char *salt, size_t salt_count, const unsigned char *info,
    size_t info_count, unsigned char *output, size_t output_count) {
  EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
  if (context == NULL) return 0;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
      OSSL_PARAM_construct_end(),
  };
  int status = EVP_KDF_derive(context, output, output_count, parameters);
  EVP_KDF_CTX_free(context);
  return status;
}

/// Wipes and frees what libcrypto allocated for an encoding.
static inline void foil_clear_free(void *memory, size_t count) {
  OPENSSL_clear_free(memory, count);
}

/// Answers "no passphrase" when PEM asks for one, so that nothing ever waits at a terminal.
static inline int foil_no_passphrase(char *buffer, int size, int rwflag, void *user) {
  (void)buffer; (void)size; (void)rwflag; (void)user;
  return -1;
}

/// The unencrypted PKCS#8 key in a PEM text.
static inline PKCS8_PRIV_KEY_INFO *foil_pem_read_pkcs8(BIO *bio) {
  return PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, foil_no_passphrase, NULL);
}

/// Prints a distinguished name as RFC 2253 has it, but with UTF-8 as it is. Negative on failure.
static inline int foil_print_name(BIO *output, const X509_NAME *name) {
  return X509_NAME_print_ex(
      output, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
}
