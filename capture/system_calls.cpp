// See system_calls.h.
#include "capture/system_calls.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>

namespace whohungup {
namespace {

/// A list of permitted system calls, everything else being refused with EPERM: refused calls fail
/// in good order, and no future call of the kernel's is permitted by being forgotten.
class Permitted {
 public:
  Permitted() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))), fine_(filter_ != nullptr) {}
  ~Permitted() {
    if (filter_ != nullptr) seccomp_release(filter_);
  }
  Permitted(const Permitted&) = delete;
  Permitted& operator=(const Permitted&) = delete;

  void all(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_ALLOW, call, {});
  }
  /// Only with this value, under the mask, in this argument.
  void where(int call, unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    add(SCMP_ACT_ALLOW, call, {{argument, SCMP_CMP_MASKED_EQ, mask, value}});
  }
  void both(int call, scmp_arg_cmp one, scmp_arg_cmp other) {
    add(SCMP_ACT_ALLOW, call, {one, other});
  }
  /// Another way to do it is taken where this one does not exist.
  void as_if_unknown(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

  [[nodiscard]] bool load() { return fine_ && seccomp_load(filter_) == 0; }

 private:
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    // A call that this architecture does not have needs no permission (EDOM).
    const int error =
        fine_ ? seccomp_rule_add_array(filter_, action, call,
                                       static_cast<unsigned>(conditions.size()), conditions.begin())
              : 0;
    if (error != 0 && error != -EDOM) fine_ = false;
  }

  scmp_filter_ctx filter_;
  bool fine_;
};

constexpr scmp_datum_t kWholeWord = 0xffffffff;

/// Memory, time, ending: what every program does.
void permit_living(Permitted& permitted) {
  permitted.all({SCMP_SYS(brk),
                 SCMP_SYS(munmap),
                 SCMP_SYS(mremap),
                 SCMP_SYS(madvise),
                 SCMP_SYS(futex),
                 SCMP_SYS(get_robust_list),
                 SCMP_SYS(set_robust_list),
                 SCMP_SYS(rseq),
                 SCMP_SYS(sched_yield),
                 SCMP_SYS(sched_getaffinity),
                 SCMP_SYS(sched_setaffinity),
                 SCMP_SYS(getcpu),
                 SCMP_SYS(sysinfo),
                 SCMP_SYS(uname),
                 SCMP_SYS(getrandom),
                 SCMP_SYS(getrusage),
                 SCMP_SYS(times),
                 SCMP_SYS(time),
                 SCMP_SYS(gettimeofday),
                 SCMP_SYS(clock_gettime),
                 SCMP_SYS(clock_getres),
                 SCMP_SYS(clock_nanosleep),
                 SCMP_SYS(nanosleep),
                 SCMP_SYS(getpid),
                 SCMP_SYS(gettid),
                 SCMP_SYS(getppid),
                 SCMP_SYS(getuid),
                 SCMP_SYS(geteuid),
                 SCMP_SYS(getgid),
                 SCMP_SYS(getegid),
                 SCMP_SYS(getrlimit),
                 SCMP_SYS(rt_sigaction),
                 SCMP_SYS(rt_sigprocmask),
                 SCMP_SYS(rt_sigreturn),
                 SCMP_SYS(sigaltstack),
                 SCMP_SYS(restart_syscall),
                 SCMP_SYS(wait4),
                 SCMP_SYS(waitid),
                 SCMP_SYS(exit),
                 SCMP_SYS(exit_group)});
  // No memory becomes code any more.
  permitted.where(SCMP_SYS(mmap), 2, PROT_EXEC, 0);
  permitted.where(SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
  // Threads, not processes; clone3 hides its flags from us, and glibc then takes clone.
  permitted.where(SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
  permitted.as_if_unknown(SCMP_SYS(clone3));
  // abort() and assert() signal their own process.
  permitted.where(SCMP_SYS(tgkill), 0, kWholeWord, static_cast<scmp_datum_t>(getpid()));
  // Asking for limits, of oneself; not setting them.
  permitted.where(SCMP_SYS(prlimit64), 2, ~scmp_datum_t{0}, 0);
}

/// Descriptors that are open, and reading more files: roots of trust and time zones are read late.
/// Pipes harm nobody, and UBSan looks through one whether memory can be read.
void permit_files(Permitted& permitted, const StillNeeded& needed) {
  permitted.all(
      {SCMP_SYS(read),      SCMP_SYS(readv),    SCMP_SYS(pread64),    SCMP_SYS(write),
       SCMP_SYS(writev),    SCMP_SYS(pwrite64), SCMP_SYS(lseek),      SCMP_SYS(close),
       SCMP_SYS(fstat),     SCMP_SYS(stat),     SCMP_SYS(lstat),      SCMP_SYS(newfstatat),
       SCMP_SYS(statx),     SCMP_SYS(access),   SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
       SCMP_SYS(getcwd),    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
       SCMP_SYS(fcntl),     SCMP_SYS(dup),      SCMP_SYS(fsync),      SCMP_SYS(fdatasync),
       SCMP_SYS(fadvise64), SCMP_SYS(poll),     SCMP_SYS(ppoll),      SCMP_SYS(select),
       SCMP_SYS(pselect6),  SCMP_SYS(eventfd2), SCMP_SYS(pipe),       SCMP_SYS(pipe2)});
  // Is it a terminal, how wide is it, how much is there to read, which offloads has a device: by
  // their numbers, so that no other control of a device is possible.
  for (const unsigned long request :
       {static_cast<unsigned long>(TCGETS), static_cast<unsigned long>(TIOCGWINSZ),
        static_cast<unsigned long>(FIONREAD), static_cast<unsigned long>(SIOCETHTOOL),
        static_cast<unsigned long>(SIOCGIFNAME), static_cast<unsigned long>(SIOCGIFINDEX),
        static_cast<unsigned long>(SIOCGIFFLAGS)})
    permitted.where(SCMP_SYS(ioctl), 1, kWholeWord, request);
  constexpr scmp_datum_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
  if (needed.folder) {
    permitted.all({SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
                   SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
                   SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(ftruncate), SCMP_SYS(umask)});
    // How right the clock is; setting it takes a capability that is gone.
    permitted.all({SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime)});
  } else {
    permitted.where(SCMP_SYS(open), 1, kWriting, O_RDONLY);
    permitted.where(SCMP_SYS(openat), 2, kWriting, O_RDONLY);
  }
}

/// TCP and UDP over IP, and the sockets that are open already; no packet, netlink or Unix sockets.
void permit_network(Permitted& permitted) {
  for (const int family : {AF_INET, AF_INET6})
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      constexpr scmp_datum_t kType = 0xf;  // below SOCK_NONBLOCK and SOCK_CLOEXEC
      permitted.both(SCMP_SYS(socket), {0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family), 0},
                     {1, SCMP_CMP_MASKED_EQ, kType, static_cast<scmp_datum_t>(type)});
    }
  permitted.all({SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(getsockname),
                 SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
                 SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
                 SCMP_SYS(recvmsg)});
}

}  // namespace

bool permit_only_needed_calls(const StillNeeded& needed) {
  Permitted permitted;
  permit_living(permitted);
  permit_files(permitted, needed);
  permit_network(permitted);
  return permitted.load();
}

}  // namespace whohungup
