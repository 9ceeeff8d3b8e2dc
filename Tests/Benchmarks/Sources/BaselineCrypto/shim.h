// libcrypto as a program in C would call it.

#pragma once

#include <openssl/evp.h>
