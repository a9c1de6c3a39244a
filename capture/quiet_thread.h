// A thread that ^C does not go to: the signal is for the one that looks whether it came.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace whohungup {

/// Starts a thread with SIGINT and SIGTERM blocked. SIGPIPE is not: whoever writes to a closed pipe
/// ends the program, as ever.
template <class Work>
std::thread quiet_thread(Work work) {
  sigset_t stops, before;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace whohungup
