#!/bin/sh
# Makes all files of this folder again, with other keys. Needs openssl 3.
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/index"; echo 1000 > "$work/serial"

cat > "$work/config" <<'CONFIG'
[ca]
default_ca = any
[any]
database = $ENV::work/index
new_certs_dir = $ENV::work
serial = $ENV::work/serial
default_md = sha256
policy = any_name
unique_subject = no
copy_extensions = none
string_mask = utf8only
[any_name]
countryName = optional
organizationName = optional
commonName = optional
[req]
distinguished_name = name
string_mask = utf8only
utf8 = yes
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[lowest_authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[person]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[sealer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, keyAgreement
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[unknown_critical]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
1.2.3.4.5 = critical, DER:0500
[stamper]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = stamps
[stamps]
serial = $ENV::work/stamps
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384
accuracy = secs:1, millisecs:500
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
CONFIG
export work
echo 01 > "$work/stamps"

# key NAME OPTIONS…: a key.
key() { name=$1; shift; openssl genpkey "$@" -out "$work/$name.key" 2>/dev/null; }
# issue NAME AUTHORITY SECTION SUBJECT [START END]: a certificate, also in DER. Signs itself when both are one.
issue() {
  openssl req -config "$work/config" -new -key "$work/$1.key" -subj "$4" -utf8 -out "$work/$1.csr"
  self=; [ "$1" = "$2" ] && self=-selfsign
  openssl ca -config "$work/config" -batch -notext $self -keyfile "$work/$2.key" \
    ${self:--cert "$work/$2.pem"} -extensions "$3" -in "$work/$1.csr" -out "$work/$1.pem" \
    -startdate "${5:-20260101000000Z}" -enddate "${6:-20360101000000Z}" \
    ${MD:+-md $MD} 2>/dev/null
  openssl x509 -in "$work/$1.pem" -outform DER -out "$1.der"
}
p256='-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve'

key root $p256;         issue root root authority "/C=XX/O=Registrar/CN=Registrar Root"
key registrar $p256;    issue registrar root lowest_authority "/C=XX/O=Registrar/CN=Registrar One"
key stranger $p256;     issue stranger stranger authority "/CN=Stranger"
key ed25519 -algorithm ED25519; issue ed25519 registrar person "/C=XX/CN=Grüße, Ada"
key p256 $p256;         issue p256 registrar person "/CN=Bea"
key rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048; issue rsa registrar person "/CN=Cid"
key rsa-1024 -algorithm RSA -pkeyopt rsa_keygen_bits:1024; issue rsa-1024 registrar person "/CN=Dan"
key rsa-exponent-3 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3
issue rsa-exponent-3 registrar person "/CN=Eve"
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384; issue p384 registrar person "/CN=Fay"
key explicit-curve -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
issue explicit-curve registrar person "/CN=Gil"
key expired $p256;      issue expired registrar person "/CN=Hal" 20260101000000Z 20260201000000Z
key not-yet $p256;      issue not-yet registrar person "/CN=Ida" 20350101000000Z 20360101000000Z
key sealer $p256;       issue sealer registrar sealer "/CN=Jan"
key unknown-critical $p256; issue unknown-critical registrar unknown_critical "/CN=Kim"
key bidi $p256;         issue bidi registrar person "/CN=$(printf 'Leo \342\200\256olleH')"
key issued-by-person $p256; issue issued-by-person p256 person "/CN=Mia"
key under-lowest $p256; issue under-lowest registrar authority "/CN=Authority below the lowest"
key too-deep $p256;     issue too-deep under-lowest person "/CN=Ned"
key sha1 $p256;         MD=sha1 issue sha1 registrar person "/CN=Ola"
key by-stranger $p256;  issue by-stranger stranger person "/CN=Pat"
key stamper $p256;      issue stamper root stamper "/O=Registrar/CN=Time stamps"

# Another certificate of the registrar's name, with another key: a signature that is wrong.
key impostor $p256;     issue impostor impostor lowest_authority "/C=XX/O=Registrar/CN=Registrar One"

printf 'a message' > message
openssl pkeyutl -sign -rawin -inkey "$work/ed25519.key" -in message -out ed25519.sig
openssl dgst -sha256 -sign "$work/p256.key" -out p256.sig message
openssl dgst -sha256 -sign "$work/rsa.key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
  -out rsa-pss.sig message
openssl dgst -sha256 -sign "$work/rsa.key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 \
  -out rsa-pss-salt-20.sig message
openssl dgst -sha256 -sign "$work/rsa.key" -out rsa-pkcs1.sig message
openssl dgst -sha384 -sign "$work/p256.key" -out p256-sha384.sig message
# The seed of the Ed25519 key, so that tests can sign with it.
openssl pkey -in "$work/ed25519.key" -outform DER | tail -c 32 > ed25519.seed
cat "$work/registrar.pem" "$work/root.pem" > chain.pem

# stamp NAME SIGNER REQUEST [REPLY]: a time stamp over the message, with options for request and reply.
stamp() {
  openssl ts -query -config "$work/config" -data message $3 -out "$work/query" 2>/dev/null
  openssl ts -reply -config "$work/config" -queryfile "$work/query" -signer "$work/$2.pem" \
    -inkey "$work/$2.key" $4 -token_out -out "$1.token" 2>/dev/null
}
key stamper-expired $p256
issue stamper-expired root stamper "/CN=Old time stamps" 20260101000000Z 20260201000000Z
key stamper-stranger $p256; issue stamper-stranger stranger stamper "/CN=Other time stamps"
key stamper-below $p256;    issue stamper-below registrar stamper "/CN=Time stamps below"
stamp stamp stamper "-sha256 -cert"
stamp stamp-chain stamper-below "-sha256 -cert" "-chain $work/registrar.pem"
stamp stamp-sha1 stamper "-sha1 -cert"
stamp stamp-sha384 stamper "-sha384 -cert"
stamp stamp-signed-sha1 stamper "-sha256 -cert" "-sha1"
stamp stamp-without-certificate stamper "-sha256"
stamp stamp-expired stamper-expired "-sha256 -cert"
stamp stamp-stranger stamper-stranger "-sha256 -cert"
rm stamper-expired.der stamper-stranger.der stamper-below.der
