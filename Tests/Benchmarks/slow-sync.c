// Makes every sync take SYNC_DELAY_US microseconds longer, to measure as on a slower disk:
//   cc -shared -fPIC -o slow-sync.so slow-sync.c
//   SYNC_DELAY_US=800 LD_PRELOAD=./slow-sync.so .build/release/Benchmarks receipts.appendOne
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slow(const char *name, int file) {
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = sync(file);
  const char *delay = getenv("SYNC_DELAY_US");
  if (delay) usleep(atoi(delay));
  return result;
}

int fsync(int file) { return slow("fsync", file); }
int fdatasync(int file) { return slow("fdatasync", file); }
