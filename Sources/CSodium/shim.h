// libsodium: Ed25519, X25519 and Argon2id.

#pragma once

#include <sodium.h>
