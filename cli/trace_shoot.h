// One packet with a limited number of hops, from the socket it leaves to what came back.
#pragma once

#include <functional>

#include "analyze/hop.h"
#include "cli/probe_run.h"
#include "cli/trace.h"

namespace whohungup {

class HopShooter {
 public:
  /// `hello` makes a fresh one, for the target's name or for the control's; `capture` may be null.
  HopShooter(const TraceAsk&, const Attempt&, ProbeSession&, LiveCapture* capture,
             std::function<ProbeHello(bool control)> hello);

  /// Begins a sweep: from now on one source port, which the kernel chooses.
  void begin_sweep(unsigned number);
  HopProbe syn(int hops);
  HopProbe hello(int hops, bool control);
  HopProbe datagram(int hops, bool as_large_as_the_hello = false);

 private:
  struct Shot;
  [[nodiscard]] std::size_t size_of_hello() const;
  HopProbe shoot(HopKind kind, int hops, bool moved);
  bool send_hello(Shot&, Bytes);
  void wait_for_answers(Shot&);
  void leave(Shot&) const;
  static void note_repetition(Shot&, const SocketView&);
  void fetch(Shot&);
  void read(Shot&);
  void read_socket(Shot&, const SocketView&) const;

  const TraceAsk& ask_;
  Attempt attempt_;
  ProbeSession& session_;
  LiveCapture* capture_;
  std::function<ProbeHello(bool)> hello_;
  unsigned sweep_{};
  std::uint16_t port_{};   // of this sweep; 0: not chosen yet
  bool blocked_{};         // that port is of no use any more
  Duration round_trip_{};  // the slowest connection so far
};

}  // namespace whohungup
