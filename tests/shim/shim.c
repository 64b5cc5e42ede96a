/*
 * A hostile world for one process. Loaded before libc (LD_PRELOAD), it numbers the calls by which the
 * process reaches its database files and its sockets, and lets one of them go wrong.
 *
 *   SHIM_AREA    absolute path; the files below it, and the folder itself, are watched
 *   SHIM_CLASS   which calls are numbered, a list of: open read write sync lock truncate unlink map
 *                connect send recv
 *   SHIM_LOG     a file that gets one line a numbered call: number, class, name of the file
 *   SHIM_RECORD  a file that gets everything that changes watched files, with its bytes
 *   SHIM_AT      the number of the call at which the deed is done; without it nothing goes wrong
 *   SHIM_DEED    kill   SIGKILL before the call
 *                torn   a write is done by half, then SIGKILL; others as `kill`
 *                EIO ENOSPC EBUSY EAGAIN   the call fails with this error
 *                short  a write is done by half, then fails with ENOSPC
 *                shift  from here on the wall clock is wrong by SHIM_SECONDS
 *   SHIM_ALWAYS  the deed is done to all later calls as well
 *   SHIM_HASTE   sleeping takes no time, but the monotonic clock believes that it did
 *
 * Everything else is passed on as it is. What is mapped (the index of the log) cannot be watched: it
 * changes in memory, between the calls that are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 4096 };
static const char SOCKET[] = "socket";

/* What a watched file descriptor stands for: a name below the area, SOCKET, or NULL. */
static const char *names[MAX_FD];

static struct {
    char area[4096];
    char classes[256];
    int log, record;
    long at;
    char deed[16];
    int always, haste;
    long long seconds;
} world;

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static long calls;                 /* numbered so far */
static long long wall_shift;       /* seconds */
static long long slept;            /* nanoseconds that nobody waited */

/* ---- the real functions --------------------------------------------------------------------------- */

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

/* ---- set-up ------------------------------------------------------------------------------------------ */

static int create(const char *variable)
{
    const char *path = getenv(variable);
    if (!path) return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void copy(char *to, size_t size, const char *variable)
{
    const char *text = getenv(variable);
    snprintf(to, size, "%s", text ? text : "");
}

__attribute__((constructor)) static void begin(void)
{
    const char *number;
    copy(world.area, sizeof world.area, "SHIM_AREA");
    copy(world.classes, sizeof world.classes, "SHIM_CLASS");
    copy(world.deed, sizeof world.deed, "SHIM_DEED");
    world.log = create("SHIM_LOG");
    world.record = create("SHIM_RECORD");
    world.at = (number = getenv("SHIM_AT")) ? atol(number) : -1;
    world.seconds = (number = getenv("SHIM_SECONDS")) ? atoll(number) : 0;
    world.always = getenv("SHIM_ALWAYS") != NULL;
    world.haste = getenv("SHIM_HASTE") != NULL;
    if (world.at == 0 && !strcmp(world.deed, "shift")) wall_shift = world.seconds;
}

/* ---- which calls are watched --------------------------------------------------------------------------- */

/* The name of a path below the area ("" for the folder itself), or NULL. */
static const char *below(const char *path)
{
    size_t length = strlen(world.area);
    if (!length || strncmp(path, world.area, length)) return NULL;
    if (path[length] == '/') return path + length + 1;
    return path[length] ? NULL : "";
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < MAX_FD ? names[fd] : NULL;
}

static int watched(int fd, const char *name)
{
    if (fd >= 0 && fd < MAX_FD) names[fd] = name ? (name == SOCKET ? SOCKET : strdup(name)) : NULL;
    return fd;
}

static int is_numbered(const char *class)
{
    const char *found = strstr(world.classes, class);
    size_t length = strlen(class);
    return found && (found == world.classes || found[-1] == ' ') && (found[length] == ' ' || !found[length]);
}

static void say(int fd, const void *bytes, size_t length)
{
    while (length) {
        long done = syscall(SYS_write, fd, bytes, length);
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        length -= (size_t)done;
    }
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* ---- the deed ----------------------------------------------------------------------------------------------- */

static int is_deed(const char *deed)
{
    return !strcmp(world.deed, deed);
}

static int error_of(void)
{
    if (is_deed("EIO")) return EIO;
    if (is_deed("ENOSPC") || is_deed("short")) return ENOSPC;
    if (is_deed("EBUSY")) return EBUSY;
    if (is_deed("EAGAIN")) return EAGAIN;
    return 0;
}

/* What the call at hand has to suffer. */
enum fate { PASS, FAIL, HALF };

/* Numbers a call; the caller holds `turn`. Does not come back when the deed is to kill, except that half
 * of a write is to be done before. */
static enum fate meet(const char *class, const char *name)
{
    char line[512];
    long number;
    if (!name || !is_numbered(class)) return PASS;
    number = ++calls;
    if (world.log >= 0) {
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, class, name);
        say(world.log, line, (size_t)length);
    }
    if (world.at < 1 || number < world.at || (number > world.at && !world.always)) return PASS;
    if (is_deed("shift")) {
        wall_shift = world.seconds;
        return PASS;
    }
    if (!strcmp(class, "write") && (is_deed("torn") || is_deed("short"))) return HALF;
    if (is_deed("kill") || is_deed("torn")) die();
    errno = error_of();
    return errno ? FAIL : PASS;
}

/* After half a write. */
static ssize_t half_done(void)
{
    if (is_deed("torn")) die();
    errno = ENOSPC;
    return -1;
}

/* Notes a change: a letter, an offset, the number of bytes, the name, then the bytes. */
static void note(char what, const char *name, long long offset, const void *bytes, size_t length)
{
    char line[4200];
    if (world.record < 0 || !name || name == SOCKET) return;
    int size = snprintf(line, sizeof line, "%c %lld %zu %s\n", what, offset, length, name);
    say(world.record, line, (size_t)size);
    if (bytes) say(world.record, bytes, length);
}

static void take(void) { pthread_mutex_lock(&turn); }

/* Gives the turn back and leaves `errno` as the call set it. */
static void give(void)
{
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
}

/* A call without side effects that matter here: meet fate, then pass on. */
#define ORDINARY(class, name, call)             \
    do {                                        \
        enum fate fate;                         \
        take();                                 \
        fate = meet(class, name);               \
        give();                                 \
        return fate == PASS ? (call) : -1;      \
    } while (0)

/* ---- files ---------------------------------------------------------------------------------------------------- */

#define MODE_OF(flags, mode)                                        \
    do {                                                            \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
        va_end(rest);                                               \
    } while (0)

static int open_watched(const char *path, int flags, int mode)
{
    const char *name = below(path);
    int fd;
    if (!name) return watched((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), NULL);
    take();
    if (meet("open", name) != PASS) {
        give();
        return -1;
    }
    int is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
    fd = watched((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), name);
    if (fd >= 0 && is_new) note('C', name, 0, NULL, 0);
    give();
    return fd;
}

int open(const char *path, int flags, ...)
{
    int mode;
    MODE_OF(flags, mode);
    return open_watched(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    int mode;
    MODE_OF(flags, mode);
    return open_watched(path, flags | O_LARGEFILE, mode);
}

int mkdir(const char *path, mode_t mode)
{
    ORDINARY("open", below(path), REAL(mkdir)(path, mode));
}

int close(int fd)
{
    watched(fd, NULL);
    return REAL(close)(fd);
}

ssize_t pread64(int fd, void *to, size_t length, off64_t offset)
{
    ORDINARY("read", name_of(fd), REAL(pread64)(fd, to, length, offset));
}

ssize_t read(int fd, void *to, size_t length)
{
    const char *name = name_of(fd);
    ORDINARY(name == SOCKET ? "recv" : "read", name, REAL(read)(fd, to, length));
}

ssize_t pwrite64(int fd, const void *from, size_t length, off64_t offset)
{
    const char *name = name_of(fd);
    ssize_t done = -1;
    if (!name) return REAL(pwrite64)(fd, from, length, offset);
    take();
    enum fate fate = meet("write", name);
    if (fate != FAIL) done = REAL(pwrite64)(fd, from, fate == HALF ? length / 2 : length, offset);
    if (done > 0) note('W', name, offset, from, (size_t)done);
    if (fate == HALF) done = half_done();
    give();
    return done;
}

ssize_t write(int fd, const void *from, size_t length)
{
    const char *name = name_of(fd);
    if (name && name != SOCKET) return pwrite64(fd, from, length, lseek(fd, 0, SEEK_CUR));
    ORDINARY("send", name, REAL(write)(fd, from, length));
}

int ftruncate64(int fd, off64_t length)
{
    const char *name = name_of(fd);
    int done = -1;
    if (!name) return REAL(ftruncate64)(fd, length);
    take();
    if (meet("truncate", name) == PASS) done = REAL(ftruncate64)(fd, length);
    if (done == 0) note('T', name, length, NULL, 0);
    give();
    return done;
}

static int sync_watched(int fd, int (*sync)(int))
{
    const char *name = name_of(fd);
    int done = -1;
    if (!name) return sync(fd);
    take();
    /* The real thing would only cost time: what it means is decided by whoever reads the record. */
    if (meet("sync", name) == PASS) done = 0;
    if (done == 0) note('S', name, 0, NULL, 0);
    give();
    return done;
}

int fsync(int fd) { return sync_watched(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_watched(fd, REAL(fdatasync)); }

int unlink(const char *path)
{
    const char *name = below(path);
    int done = -1;
    if (!name) return REAL(unlink)(path);
    take();
    if (meet("unlink", name) == PASS) done = REAL(unlink)(path);
    if (done == 0) note('U', name, 0, NULL, 0);
    give();
    return done;
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset)
{
    enum fate fate;
    take();
    fate = meet("map", name_of(fd));
    give();
    return fate == PASS ? REAL(mmap64)(at, length, protection, flags, fd, offset) : MAP_FAILED;
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mmap64(at, length, protection, flags, fd, offset);
}

/* ---- locks ------------------------------------------------------------------------------------------------------ */

static int control(int fd, int command, void *argument, int (*next)(int, int, ...))
{
    if (command == F_SETLK || command == F_SETLKW || command == F_GETLK)
        ORDINARY("lock", name_of(fd), next(fd, command, argument));
    int done = next(fd, command, argument);
    if (done >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) watched(done, name_of(fd));
    return done;
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control(fd, command, argument, REAL(fcntl));
}

int fcntl64(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control(fd, command, argument, REAL(fcntl64));
}

int flock(int fd, int operation)
{
    ORDINARY("lock", name_of(fd), REAL(flock)(fd, operation));
}

/* ---- sockets ---------------------------------------------------------------------------------------------------- */

int socket(int domain, int type, int protocol)
{
    return watched(REAL(socket)(domain, type, protocol), domain == AF_INET ? SOCKET : NULL);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    ORDINARY("connect", name_of(fd), REAL(connect)(fd, address, length));
}

ssize_t send(int fd, const void *from, size_t length, int flags)
{
    ORDINARY("send", name_of(fd), REAL(send)(fd, from, length, flags));
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ORDINARY("send", name_of(fd), REAL(writev)(fd, parts, count));
}

ssize_t recv(int fd, void *to, size_t length, int flags)
{
    ORDINARY("recv", name_of(fd), REAL(recv)(fd, to, length, flags));
}

/* ---- clocks ------------------------------------------------------------------------------------------------------ */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int done = (int)syscall(SYS_clock_gettime, clock, now);
    if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec += wall_shift;
    if (done == 0 && clock == CLOCK_MONOTONIC && world.haste) {
        long long nanos = now->tv_nsec + __atomic_load_n(&slept, __ATOMIC_SEQ_CST);
        now->tv_sec += nanos / 1000000000;
        now->tv_nsec = nanos % 1000000000;
    }
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *to)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (to) *to = exact.tv_sec;
    return exact.tv_sec;
}

static int sleep_for(const struct timespec *span)
{
    long long nanos = span->tv_sec * 1000000000LL + span->tv_nsec;
    __atomic_add_fetch(&slept, nanos, __ATOMIC_SEQ_CST);
    return 0;
}

int nanosleep(const struct timespec *span, struct timespec *left)
{
    return world.haste ? sleep_for(span) : REAL(nanosleep)(span, left);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span, struct timespec *left)
{
    int is_span = !(flags & TIMER_ABSTIME);
    return world.haste && is_span ? sleep_for(span) : REAL(clock_nanosleep)(clock, flags, span, left);
}
