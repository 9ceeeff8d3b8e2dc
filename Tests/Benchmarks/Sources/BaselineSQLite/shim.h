// SQLite as a program in C would call it.

#pragma once

#include <sqlite3.h>
