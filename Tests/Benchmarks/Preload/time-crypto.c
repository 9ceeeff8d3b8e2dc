// Counts the calls of the cryptographic libraries, and measures how long each takes, where they are called.
// Only between `time_crypto_start` and `time_crypto_stop`; otherwise it passes them on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
  ED25519_VERIFY, ED25519_SIGN, ED25519_KEY, ED25519_MULTIPLY, X25519, RSA_PUBLIC, RSA_MODEXP,
  RSA_PRIVATE, KDF, PASSWORD_HASH, DIGEST, CIPHER, RANDOM, KINDS
};

static const char *const names[KINDS] = {
  "ed25519Verifications", "ed25519Signatures", "ed25519Keys", "ed25519Multiplications", "x25519",
  "rsaVerifications", "rsaPublicOperations", "rsaPrivateOperations", "keyDerivations",
  "passwordHashes", "digests", "ciphers", "randomDraws"
};

static atomic_int enabled;
static atomic_long counts[KINDS];
static atomic_long nanoseconds[KINDS];
// A library may call itself through these.
static _Thread_local int depth;

int time_crypto_kinds(void) { return KINDS; }
const char *time_crypto_name(int kind) { return names[kind]; }
long time_crypto_count(int kind) { return counts[kind]; }
long time_crypto_nanoseconds(int kind) { return nanoseconds[kind]; }

void time_crypto_start(void) {
  for (int kind = 0; kind < KINDS; kind++) counts[kind] = nanoseconds[kind] = 0;
  enabled = 1;
}

void time_crypto_stop(void) { enabled = 0; }

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

// Defines the wrapper of one function. `counted` is how many operations a call stands for.
#define TIMED(kind, counted, result, name, parameters, arguments)        \
  result name parameters {                                               \
    static result (*real) parameters;                                    \
    if (!real) real = (result (*) parameters)dlsym(RTLD_NEXT, #name);    \
    if (!enabled || depth) return real arguments;                        \
    depth++;                                                             \
    long start = now();                                                  \
    result value = real arguments;                                       \
    nanoseconds[kind] += now() - start;                                  \
    counts[kind] += counted;                                             \
    depth--;                                                             \
    return value;                                                        \
  }

typedef unsigned char byte;
typedef unsigned long long length;

TIMED(ED25519_VERIFY, 1, int, crypto_sign_ed25519_verify_detached,
  (const byte *signature, const byte *message, length count, const byte *key),
  (signature, message, count, key))
TIMED(ED25519_SIGN, 1, int, crypto_sign_ed25519_detached,
  (byte *signature, length *size, const byte *message, length count, const byte *key),
  (signature, size, message, count, key))
TIMED(ED25519_KEY, 1, int, crypto_sign_ed25519_seed_keypair,
  (byte *public, byte *private, const byte *seed), (public, private, seed))
TIMED(ED25519_MULTIPLY, 1, int, crypto_scalarmult_ed25519_noclamp,
  (byte *q, const byte *n, const byte *p), (q, n, p))
TIMED(X25519, 1, int, crypto_scalarmult_curve25519,
  (byte *q, const byte *n, const byte *p), (q, n, p))
TIMED(X25519, 1, int, crypto_scalarmult_curve25519_base, (byte *q, const byte *n), (q, n))
TIMED(PASSWORD_HASH, 1, int, crypto_pwhash,
  (byte *out, length size, const char *password, length count, const byte *salt, length operations,
    size_t memory, int algorithm),
  (out, size, password, count, salt, operations, memory, algorithm))
TIMED(RSA_PUBLIC, 1, int, EVP_DigestVerify,
  (void *context, const byte *signature, size_t size, const byte *message, size_t count),
  (context, signature, size, message, count))
TIMED(RSA_MODEXP, 1, int, BN_mod_exp_mont,
  (void *r, const void *a, const void *p, const void *m, void *context, void *montgomery),
  (r, a, p, m, context, montgomery))
TIMED(RSA_PRIVATE, 1, int, EVP_PKEY_decrypt,
  (void *context, byte *out, size_t *size, const byte *in, size_t count),
  (context, out, size, in, count))
TIMED(KDF, 1, int, EVP_KDF_derive,
  (void *context, byte *key, size_t count, const void *parameters),
  (context, key, count, parameters))
TIMED(DIGEST, 0, int, EVP_DigestInit_ex,
  (void *context, const void *type, void *engine), (context, type, engine))
TIMED(DIGEST, 0, int, EVP_DigestUpdate,
  (void *context, const void *bytes, size_t count), (context, bytes, count))
TIMED(DIGEST, 1, int, EVP_DigestFinal_ex,
  (void *context, byte *digest, unsigned *count), (context, digest, count))
TIMED(CIPHER, 0, int, EVP_CipherInit_ex2,
  (void *context, const void *cipher, const byte *key, const byte *iv, int encrypts,
    const void *parameters),
  (context, cipher, key, iv, encrypts, parameters))
TIMED(CIPHER, 0, int, EVP_CipherUpdate,
  (void *context, byte *out, int *size, const byte *in, int count),
  (context, out, size, in, count))
TIMED(CIPHER, 1, int, EVP_CipherFinal_ex,
  (void *context, byte *out, int *size), (context, out, size))
TIMED(RANDOM, 1, int, RAND_priv_bytes, (byte *bytes, int count), (bytes, count))
