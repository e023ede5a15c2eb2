/* Preloaded into every process of a command: records what is done to some files, and makes it fail.
 *
 *   AGIL_DISK_WATCH   files whose path begins with this are watched
 *   AGIL_DISK_ACKS    a write to a file whose path begins with this is an acknowledgement
 *   AGIL_DISK_LOG     file that everything recorded is appended to, in order
 *   AGIL_DISK_FAIL    "write:7:28": the 7th write to a watched file fails with errno 28; also "sync:7:5".
 *                     Each process counts for itself.
 *   AGIL_DISK_FLAG    while this file exists every write and sync of a watched file fails, with the
 *                     errno of AGIL_DISK_FAIL; then the number there does not matter
 *   AGIL_DISK_HIT     this file is made when a fault was injected
 *
 * A record: operation (1 byte: W write, T truncate, S sync, U unlink, A acknowledgement), length of the
 * name (2), name, offset (8), length of the data (8), data. Descriptors are resolved through /proc at each
 * call, so that forks, dup2 and inherited descriptors need no book-keeping.
 *
 *   cc -O2 -shared -fPIC -o disk.so disk.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *watch, *acks, *logfile, *flag, *hitfile;
static char fail_kind;
static long fail_at, writes, syncs;
static int fail_errno;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);

__attribute__((constructor)) static void start(void) {
  char kind[16] = "";
  const char *fail = getenv("AGIL_DISK_FAIL");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_close = dlsym(RTLD_NEXT, "close");
  watch = getenv("AGIL_DISK_WATCH");
  acks = getenv("AGIL_DISK_ACKS");
  logfile = getenv("AGIL_DISK_LOG");
  flag = getenv("AGIL_DISK_FLAG");
  hitfile = getenv("AGIL_DISK_HIT");
  if (fail && sscanf(fail, "%15[a-z]:%ld:%d", kind, &fail_at, &fail_errno) == 3) fail_kind = kind[0];
}

static int begins(const char *path, const char *prefix) {
  return prefix && !strncmp(path, prefix, strlen(prefix));
}

/* Returns 'w' for a watched file, 'a' for one of acknowledgements, 0 for any other; fills in its path. */
static int kind_of(int fd, char *path) {
  char link[64];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  errno = saved;
  if (n <= 0) return 0;
  path[n] = 0;
  return begins(path, watch) ? 'w' : begins(path, acks) ? 'a' : 0;
}

static void record(char op, const char *path, uint64_t offset, const void *data, uint64_t size) {
  if (!logfile) return;
  int saved = errno;
  uint16_t named = strlen(path);
  size_t whole = 19 + named + size;
  char *line = malloc(whole), *at = line;
  *at++ = op;
  memcpy(at, &named, 2), at += 2;
  memcpy(at, path, named), at += named;
  memcpy(at, &offset, 8), at += 8;
  memcpy(at, &size, 8), at += 8;
  if (size) memcpy(at, data, size);
  int fd = real_open(logfile, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && real_write(fd, line, whole) != (ssize_t)whole) abort();
  real_close(fd);
  free(line);
  errno = saved;
}

static int fails(char kind, long *count) {
  if (!fail_kind) return 0;
  if (flag ? access(flag, F_OK) != 0 : kind != fail_kind || ++*count != fail_at) return 0;
  if (hitfile) real_close(real_open(hitfile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  errno = fail_errno;
  return 1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  char path[PATH_MAX];
  int kind = kind_of(fd, path);
  if (kind == 'w' && fails('w', &writes)) return -1;
  ssize_t done = real_pwrite(fd, data, size, offset);
  if (kind && done > 0) record(kind == 'w' ? 'W' : 'A', path, offset, data, done);
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  return pwrite64(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size) {
  char path[PATH_MAX];
  int kind = kind_of(fd, path);
  if (kind == 'w' && fails('w', &writes)) return -1;
  ssize_t done = real_write(fd, data, size);
  /* The position behind the write is right for O_APPEND too. */
  if (kind && done > 0)
    record(kind == 'w' ? 'W' : 'A', path, lseek64(fd, 0, SEEK_CUR) - done, data, done);
  return done;
}

static int synced(int fd, int (*real)(int)) {
  char path[PATH_MAX];
  int kind = kind_of(fd, path);
  if (kind == 'w' && fails('s', &syncs)) return -1;
  int code = real(fd);
  if (kind == 'w' && !code) record('S', path, 0, NULL, 0);
  return code;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int ftruncate64(int fd, off64_t size) {
  char path[PATH_MAX];
  int kind = kind_of(fd, path);
  if (kind == 'w' && flag && fails('w', &writes)) return -1;
  int code = real_ftruncate(fd, size);
  if (kind == 'w' && !code) record('T', path, size, NULL, 0);
  return code;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int unlink(const char *path) {
  int code = real_unlink(path);
  if (!code && path[0] == '/' && begins(path, watch)) record('U', path, 0, NULL, 0);
  return code;
}
