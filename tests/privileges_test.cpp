// What is left to a process that has given its privileges up: a child does it and tries.
#include "capture/privileges.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

namespace whohungup {
namespace {

constexpr int kNoSuchLimits = 99;

/// The errno (0: none) of what a child tries after it has given everything up.
int tried(const std::function<long()>& attempt, const StillNeeded& needed = {}) {
  const pid_t child = fork();
  if (child == 0) {
    const Dropped dropped = drop_privileges(needed);
    if (!dropped.system_calls) _exit(kNoSuchLimits);
    errno = 0;
    _exit(attempt() < 0 ? errno : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

long open_for_writing() {
  return ::open("/tmp/whohungup-privileges-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

class Privileges : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tried([] { return 0L; }) == kNoSuchLimits) GTEST_SKIP() << "the kernel has no seccomp";
  }
};

TEST_F(Privileges, LeaveTcpAndUdpOverIp) {
  EXPECT_EQ(tried([] { return long{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)}; }), 0);
  EXPECT_EQ(tried([] { return long{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)}; }), 0);
}

TEST_F(Privileges, LeaveNoOtherSockets) {
  EXPECT_EQ(tried([] { return long{::socket(AF_PACKET, SOCK_RAW, 0)}; }), EPERM);
  EXPECT_EQ(tried([] { return long{::socket(AF_INET, SOCK_RAW, IPPROTO_TCP)}; }), EPERM);
  EXPECT_EQ(tried([] { return long{::socket(AF_NETLINK, SOCK_RAW, 0)}; }), EPERM);
  EXPECT_EQ(tried([] { return long{::socket(AF_UNIX, SOCK_STREAM, 0)}; }), EPERM);
}

TEST_F(Privileges, LeaveNoOtherPrograms) {
  EXPECT_EQ(tried([] {
              char* const words[] = {nullptr};
              return long{::execve("/bin/true", words, words)};
            }),
            EPERM);
  EXPECT_EQ(tried([] { return long{::fork()}; }), EPERM);
  EXPECT_EQ(tried([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), EPERM);
  EXPECT_EQ(tried([] { return long{::kill(getppid(), 0)}; }), EPERM);
}

TEST_F(Privileges, LeaveNoNewCode) {
  const auto map = [](int protection) {
    return [protection] {
      void* got = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return got == MAP_FAILED ? -1L : 0L;
    };
  };
  EXPECT_EQ(tried(map(PROT_READ | PROT_WRITE)), 0);
  EXPECT_EQ(tried(map(PROT_READ | PROT_EXEC)), EPERM);
}

TEST_F(Privileges, LeaveFilesToBeReadAndNotWritten) {
  EXPECT_EQ(tried([] { return long{::open("/etc/passwd", O_RDONLY)}; }), 0);
  EXPECT_EQ(tried(open_for_writing), EPERM);
  EXPECT_EQ(tried([] { return long{::unlink("/tmp/whohungup-privileges-test")}; }), EPERM);
  EXPECT_EQ(tried([] { return long{::chmod("/tmp", 0777)}; }), EPERM);
}

TEST_F(Privileges, LeaveFilesToBeWrittenWhereAFolderIs) {
  EXPECT_EQ(tried(open_for_writing, {.folder = true}), 0);
  EXPECT_EQ(
      tried([] { return long{::unlink("/tmp/whohungup-privileges-test")}; }, {.folder = true}), 0);
}

TEST_F(Privileges, LeaveThreads) {
  EXPECT_EQ(tried([] {
              int done = 0;
              std::thread([&] { done = 1; }).join();
              return done == 1 ? 0L : -1L;
            }),
            0);
}

}  // namespace
}  // namespace whohungup
