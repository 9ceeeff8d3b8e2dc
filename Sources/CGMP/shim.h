// GMP: modular inversion and greatest common divisors.

#pragma once

#include <gmp.h>
