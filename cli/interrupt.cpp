#include "cli/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace whohungup {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ask_to_stop(int) { stop_asked = 1; }

}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  // No SA_RESTART: a read that waits for a pipe must return. SA_RESETHAND: the second ^C kills.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

bool interrupted() { return stop_asked != 0; }

}  // namespace whohungup
