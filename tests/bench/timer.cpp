// timer COMMAND...: runs a command and prints to file descriptor 3 what it cost: wall, user and
// system seconds, peak kilobytes of memory, exit status. Small itself, because a child's peak
// counts from its parent's size.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>

extern char** environ;

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto begin = std::chrono::steady_clock::now();
  pid_t child{};
  if (posix_spawnp(&child, argv[1], nullptr, nullptr, argv + 1, environ) != 0) return 127;
  int status{};
  rusage used{};
  if (wait4(child, &status, 0, &used) < 0) return 127;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  dprintf(3, "%.6f %.6f %.6f %ld %d\n", wall.count(), seconds(used.ru_utime),
          seconds(used.ru_stime), used.ru_maxrss,
          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
