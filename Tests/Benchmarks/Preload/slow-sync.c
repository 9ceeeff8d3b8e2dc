// Counts syncs, and makes each take longer, to measure as on a slower disk. The engine's benchmarks load it,
// and set the delay themselves. Elsewhere:
//   cc -shared -fPIC -o slow-sync.so slow-sync.c
//   SYNC_DELAY_US=800 LD_PRELOAD=./slow-sync.so .build/release/Benchmarks receipts.appendOne
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long count;
static atomic_long delay;

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("SYNC_DELAY_US");
  if (text) delay = atol(text);
}

// How often this program has synced.
long slow_sync_count(void) { return count; }

void slow_sync_set_delay(long microseconds) { delay = microseconds; }

static int slow(const char *name, int file) {
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = sync(file);
  count++;
  if (delay > 0) usleep(delay);
  return result;
}

int fsync(int file) { return slow("fsync", file); }
int fdatasync(int file) { return slow("fdatasync", file); }
