/* Preloaded into every process of a command: another time of day, and another speed of time.
 *
 *   AGIL_CLOCK   a file of 16 bytes, mapped and looked at in each call: nanoseconds to add to the time of
 *                day (int64), and how fast time goes (double)
 *
 * The speed counts from the start of the machine, for the monotonic clock and the time of day alike. Waits
 * until a moment are translated back; waits for a while last as long as they should.
 *
 *   cc -O2 -shared -fPIC -o clock.so clock.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct clock {
  int64_t offset;
  double speed;
};

static const struct clock *now;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);

__attribute__((constructor)) static void start(void) {
  const char *name = getenv("AGIL_CLOCK");
  real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  real_nanosleep = dlsym(RTLD_NEXT, "clock_nanosleep");
  int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *page = mmap(NULL, sizeof *now, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) now = page;
}

static int64_t nanoseconds(const struct timespec *t) { return t->tv_sec * 1000000000LL + t->tv_nsec; }

static void split(int64_t ns, struct timespec *t) {
  t->tv_sec = ns / 1000000000LL;
  t->tv_nsec = ns % 1000000000LL;
}

int clock_gettime(clockid_t id, struct timespec *t) {
  struct timespec up;
  if (!real_gettime) real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  int code = real_gettime(id, t);
  if (code || !now) return code;
  real_gettime(CLOCK_MONOTONIC, &up);
  int64_t gained = nanoseconds(&up) * (now->speed - 1);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
    split(nanoseconds(t) + gained + now->offset, t);
  else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_MONOTONIC_RAW)
    split(nanoseconds(t) + gained, t);
  return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  struct timespec t;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &t);
  tv->tv_sec = t.tv_sec;
  tv->tv_usec = t.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (at) *at = t.tv_sec;
  return t.tv_sec;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left) {
  struct timespec real = *t;
  if (now && (flags & TIMER_ABSTIME) && id == CLOCK_MONOTONIC) split(nanoseconds(t) / now->speed, &real);
  return real_nanosleep(id, flags, &real, left);
}
