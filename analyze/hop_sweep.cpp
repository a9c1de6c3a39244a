// What one sweep of a trace shows: the questions of hop.h, answered.
#include <algorithm>
#include <map>
#include <set>

#include "analyze/hop.h"

namespace whohungup {
namespace {

using enum HopFact;

/// So often something has to be seen before it is more than chance (diagnosis.md §8.3: three for
/// class A).
constexpr int kRepeated = 3;
/// A router that is silent once may be counting its ICMP; twice it may be asked to be.
constexpr int kTwice = 2;

bool expired(const HopProbe& probe) { return probe.time_exceeded() != nullptr; }

/// One sweep's probes, and what follows from them.
class Sweep {
 public:
  Sweep(const HopTrace& trace, unsigned number) : trace_(trace) {
    sweep_.number = number;
    for (const HopProbe& probe : trace.probes) {
      const bool own = probe.sweep == number || probe.kind == HopKind::Udp;
      if (!own || !probe.sent) continue;
      probes_.push_back(&probe);
      if (probe.port != 0 && !probe.moved) sweep_.port = probe.port;
    }
  }

  HopSweep judge() {
    find_distances();
    about_this_machine();
    about_the_end();
    // Who closes at accept does so whatever the hop limit of a hello is: it answers none.
    if (trace_.stage != Stage::Accepted || hellos_alone_are_answered()) {
      about_answers();
      about_silence();
      about_icmp();
    }
    about_syns();
    return sweep_;
  }

 private:
  template <class Wanted>
  [[nodiscard]] int count_of(Wanted&& wanted) const {
    return static_cast<int>(std::count_if(probes_.begin(), probes_.end(),
                                          [&](const HopProbe* probe) { return wanted(*probe); }));
  }

  /// Whether routers at so many hops report the expiry of SYNs or of control hellos.
  [[nodiscard]] bool reports(int hops) const {
    return count_of([&](const HopProbe& probe) {
             return probe.hops == hops && expired(probe) &&
                    (probe.kind == HopKind::Syn || probe.kind == HopKind::Control);
           }) > 0;
  }

  /// ... of something as large as the hello: a control hello, or a datagram on the SYNs' way.
  /// Routers, and who stands before them, may treat large packets otherwise than SYNs.
  [[nodiscard]] bool reports_large(int hops) const {
    return count_of([&](const HopProbe& probe) {
             return probe.hops == hops && expired(probe) &&
                    (probe.kind == HopKind::Control ||
                     (probe.large && reported_syn(probe.time_exceeded()->reporter, hops)));
           }) > 0;
  }

  [[nodiscard]] bool reported_syn(const std::string& router, int hops) const {
    return count_of([&](const HopProbe& probe) {
             return probe.kind == HopKind::Syn && probe.hops == hops && expired(probe) &&
                    probe.time_exceeded()->reporter == router;
           }) > 0;
  }

  void add(HopFact fact, bool so = true) {
    if (so) sweep_.facts.add(fact);
  }

  void find_distances() {
    for (const HopProbe* probe : probes_) {
      const int hops = probe->hops;
      if (probe->kind == HopKind::Syn && probe->answer == HopAnswer::SynAck &&
          (sweep_.server_hops == 0 || hops < sweep_.server_hops))
        sweep_.server_hops = hops;
      // Where a datagram expires the path is not at its end.
      if (probe->kind == HopKind::Udp && expired(*probe))
        sweep_.path_hops = std::max(sweep_.path_hops, hops + 1);
      if (probe->kind == HopKind::Hello && expired(*probe))
        sweep_.last_heard = std::max(sweep_.last_heard, hops);
    }
  }

  void about_this_machine() {
    const auto hello = [](const HopProbe& probe) { return probe.kind == HopKind::Hello; };
    const auto syn = [](const HopProbe& probe) { return probe.kind == HopKind::Syn; };
    const auto all = [&](auto kind, auto is) {
      const int those = count_of(kind);
      return trace_.captured && those >= kTwice &&
             those == count_of([&](const HopProbe& probe) { return kind(probe) && is(probe); });
    };
    const auto never_left = [](const HopProbe& probe) { return probe.never_left; };
    add(BesideInterface, all(syn, [](const HopProbe& probe) { return probe.beside; }));
    add(SynNeverLeft, all(syn, never_left));
    add(NeverLeft, sweep_.server_hops > 0 && count_of(hello) > 0 &&
                       count_of(hello) == count_of([&](const HopProbe& probe) {
                         return hello(probe) && probe.never_left;
                       }));
  }

  void about_the_end() {
    const bool completed =
        trace_.mechanism == Mechanism::None && trace_.stage == Stage::Established;
    add(HungUp, !completed);
    add(Silence, trace_.mechanism == Mechanism::Silence && trace_.stage != Stage::Syn);
    add(NoConnection, trace_.stage == Stage::Syn);
    add(EndedBeforeHello, trace_.stage == Stage::Accepted && !hellos_alone_are_answered());
    add(Captured, trace_.captured);
    add(AnswerLost, trace_.answer_lost);
    add(NothingLost, trace_.nothing_lost && !trace_.answer_lost);
    add(HelloHeard, sweep_.last_heard > 0);
    for (const HopProbe* probe : probes_)
      if (probe->kind == HopKind::Udp && probe->hops == sweep_.server_hops && expired(*probe))
        sweep_.beside_peer = probe->time_exceeded()->reporter;
    add(PeerBeforeEnd, sweep_.server_hops > 0 && sweep_.path_hops > sweep_.server_hops &&
                           datagrams_go_the_same_way());
  }

  /// Where SYNs and datagrams with as many hops expire at other routers, their distances cannot be
  /// compared: ways split, or a router gives one of them more hops. Where none is known to, they
  /// can.
  [[nodiscard]] bool datagrams_go_the_same_way() const {
    std::map<int, std::set<std::string>> syns, datagrams;
    for (const HopProbe* probe : probes_)
      if (const HopIcmp* icmp = probe->time_exceeded())
        if (probe->kind == HopKind::Syn || probe->kind == HopKind::Udp)
          (probe->kind == HopKind::Syn ? syns : datagrams)[probe->hops].insert(icmp->reporter);
    return std::all_of(syns.begin(), syns.end(), [&](const auto& hop) {
      const auto other = datagrams.find(hop.first);
      return other == datagrams.end() ||
             std::any_of(hop.second.begin(), hop.second.end(), [&](const std::string& reporter) {
               return other->second.count(reporter) > 0;
             });
    });
  }

  /// A socket cannot tell an end at accept from one that answers the hello. Hellos that are left
  /// alone can: control hellos, or those with too few hops for the one who answers.
  [[nodiscard]] bool hellos_alone_are_answered() const {
    if (trace_.captured || trace_.stage != Stage::Accepted) return false;
    const auto control = [&](const HopProbe& probe) {
      return probe.kind == HopKind::Control && probe.hops < sweep_.server_hops;
    };
    const bool controls_left_alone =
        count_of([&](const HopProbe& probe) { return control(probe) && !ends(probe.answer); }) >=
            kTwice &&
        count_of([&](const HopProbe& probe) { return control(probe) && ends(probe.answer); }) == 0;
    return controls_left_alone || answered_from_a_hop_on();
  }

  /// Hellos of either name are left alone up to a number of hops, for longer than any answer takes,
  /// and answered with more each time. Who closes at accept does not look at the hellos' hops.
  [[nodiscard]] bool answered_from_a_hop_on() const {
    const auto is_hello = [](const HopProbe& probe) {
      return probe.kind == HopKind::Hello || probe.kind == HopKind::Control;
    };
    int first = 0;
    Duration slowest{0};
    for (const HopProbe* probe : probes_) {
      if (!is_hello(*probe) || !ends(probe->answer)) continue;
      first = first == 0 ? probe->hops : std::min(first, static_cast<int>(probe->hops));
      slowest = std::max(slowest, probe->after.value_or(Duration::max() / 2));
    }
    const auto left_alone = [&](const HopProbe& probe) {
      return is_hello(probe) && probe.hops < first && probe.listened > 2 * slowest;
    };
    const auto answered = [&](const HopProbe& probe) {
      return probe.kind == HopKind::Hello && probe.hops >= first && ends(probe.answer);
    };
    const auto otherwise = [&](const HopProbe& probe) {
      return probe.kind == HopKind::Hello && !answered(probe) && !left_alone(probe);
    };
    return count_of(left_alone) >= kTwice && count_of(answered) >= kRepeated &&
           count_of(otherwise) == 0;
  }

  [[nodiscard]] bool is_hello(const HopProbe& probe) const {
    return probe.kind == HopKind::Hello && sweep_.server_hops > 0;
  }

  void about_answers() {
    const int server = sweep_.server_hops;
    int expired_too = 0, at_server = 0, handshakes = 0, went_on = 0, acked = 0;
    std::map<int, int> ttl_by_hops;
    for (const HopProbe* probe : probes_) {
      if (!is_hello(*probe)) continue;
      const bool before = probe->hops < server, answered = ends(probe->answer);
      if (answered && (sweep_.answer_hops == 0 || probe->hops < sweep_.answer_hops))
        sweep_.answer_hops = probe->hops;
      if (answered && before) {
        ++sweep_.answers;
        expired_too += expired(*probe) ? 1 : 0;
        if (number(sweep_.frame) == 0 && !probe->frames.empty()) sweep_.frame = probe->frames[0];
      }
      if (answered && probe->answer_ttl) ttl_by_hops[probe->hops] = *probe->answer_ttl;
      at_server += answered && probe->hops == server ? 1 : 0;
      handshakes += (probe->handshake || probe->went_on) && probe->hops == server ? 1 : 0;
      went_on += probe->went_on ? 1 : 0;
      acked += probe->acked && probe->hops >= server ? 1 : 0;
    }
    add(AnsweredBeforeServer, sweep_.answers > 0);
    add(AnswerRepeated, sweep_.answers >= kRepeated);
    add(ExpiredToo, expired_too > 0);
    add(AnsweredAtServer, sweep_.answers == 0 && at_server > 0);
    add(ReachedServer, acked > 0);
    add(ServerWentOn, handshakes > 0);
    add(WentOnBehindAnswer, went_on > 0);
    note_copies(ttl_by_hops);
    if (sweep_.answers > 0) add(NotForwarded, missing_reports(sweep_.answer_hops) >= kTwice);
  }

  /// An answer whose hop limit rises by one with each hop of the hello has copied it: it came from
  /// half the hops that are missing.
  void note_copies(const std::map<int, int>& ttl_by_hops) {
    int steps = 0, total = 0;
    for (auto one = ttl_by_hops.begin(); one != ttl_by_hops.end(); ++one) {
      const auto next = std::next(one);
      if (next == ttl_by_hops.end()) break;
      ++total;
      steps += next->first - one->first == next->second - one->second ? 1 : 0;
    }
    if (steps == 0 || steps * 2 <= total) return;
    const auto& [hops, ttl] = *ttl_by_hops.begin();
    if (ttl > hops) return;
    add(CopiesHops);
    sweep_.copied_hops = (hops - ttl + 1) / 2;
  }

  /// How many hellos with so many hops or more, and too few for the server, no router reported
  /// though that router reports what is as large.
  [[nodiscard]] int missing_reports(int from) const {
    return count_of([&](const HopProbe& probe) {
      return unreported(probe, from) && reports_large(probe.hops);
    });
  }

  [[nodiscard]] bool unreported(const HopProbe& probe, int from) const {
    return is_hello(probe) && probe.hops >= from && probe.hops < sweep_.server_hops &&
           !expired(probe);
  }

  void about_silence() {
    const int server = sweep_.server_hops;
    if (server == 0) return;
    // The next hop that reports what is as large, behind the last that reported the hello.
    for (int hops = sweep_.last_heard + 1; hops < server && sweep_.next_heard == 0; ++hops)
      if (reports_large(hops)) sweep_.next_heard = hops;
    const int missing = sweep_.next_heard > 0 ? missing_reports(sweep_.next_heard) : 0;
    const bool unheard = missing >= kTwice && !sweep_.facts.has(ReachedServer);
    add(SilentBeforeServer, unheard);
    add(SilenceRepeated, unheard && missing >= kRepeated);
    const int small_only = count_of([&](const HopProbe& probe) {
      return unreported(probe, sweep_.last_heard + 1) && reports(probe.hops) &&
             !reports_large(probe.hops);
    });
    add(OnlySmallReported, small_only >= kTwice && !unheard);
    if (sweep_.next_heard == 0) sweep_.next_heard = server;
    const bool silent_there = count_of([&](const HopProbe& probe) {
                                return is_hello(probe) && probe.hops >= server &&
                                       probe.answer == HopAnswer::Nothing && !probe.acked;
                              }) > 0;
    add(LostAtEnd, silent_there && sweep_.last_heard > 0 && sweep_.last_heard == server - 1);
  }

  void about_icmp() {
    for (const HopProbe* probe : probes_) {
      if (probe->kind == HopKind::Udp || probe->kind == HopKind::Control) continue;
      const bool about_syn = probe->kind == HopKind::Syn;
      if (about_syn != (trace_.stage == Stage::Syn)) continue;
      for (const HopIcmp& icmp : probe->icmp) {
        if (icmp.no_way() && icmp.reporter != trace_.server) {
          add(NoWayFound);
          sweep_.no_way_from = icmp.reporter;
        }
        if (!icmp.refuses()) continue;
        add(icmp.reporter == trace_.server ? IcmpFromServer : IcmpFromPath);
        if (icmp.reporter != trace_.server &&
            (sweep_.answer_hops == 0 || probe->hops < sweep_.answer_hops))
          sweep_.answer_hops = probe->hops;
      }
    }
  }

  /// Two routers or more that each report the expiry of SYNs with three different hop limits: a
  /// packet that goes its way meets each router once.
  void about_circles() {
    std::map<std::string, std::set<int>> hops_of;
    for (const HopProbe* probe : probes_)
      if (const HopIcmp* icmp = probe->time_exceeded(); icmp && probe->kind == HopKind::Syn)
        hops_of[icmp->reporter].insert(probe->hops);
    const auto again = [](const auto& one) { return one.second.size() >= 3; };
    add(InACircle, std::count_if(hops_of.begin(), hops_of.end(), again) >= 2);
  }

  void about_syns() {
    if (sweep_.server_hops > 0) return;
    about_circles();
    int last = 0, refused = 0;
    for (const HopProbe* probe : probes_) {
      if (probe->kind != HopKind::Syn) continue;
      if (expired(*probe)) last = std::max(last, static_cast<int>(probe->hops));
      if (probe->answer == HopAnswer::Refused && (refused == 0 || probe->hops < refused))
        refused = probe->hops;
    }
    int heard_behind = 0, next = 0;
    for (const HopProbe* probe : probes_) {
      if (probe->kind != HopKind::Udp || !expired(*probe) || probe->hops <= last) continue;
      ++heard_behind;
      next = next == 0 ? probe->hops : std::min(next, static_cast<int>(probe->hops));
    }
    if (refused > 0) {
      sweep_.answer_hops = refused;
      add(SynRefusedBeforeEnd, sweep_.path_hops > refused);
      add(SynRefusedAtEnd, sweep_.path_hops == refused || datagrams_reach_server(refused));
      return;
    }
    sweep_.last_heard = last;
    sweep_.next_heard = next;
    add(SynLostBeforeEnd, last > 0 && heard_behind > 0 && trace_.mechanism == Mechanism::Silence);
  }

  /// Whether a datagram with so many hops or fewer was answered from the server's address.
  [[nodiscard]] bool datagrams_reach_server(int hops) const {
    return count_of([&](const HopProbe& probe) {
             return probe.kind == HopKind::Udp && probe.hops <= hops && !expired(probe) &&
                    std::any_of(probe.icmp.begin(), probe.icmp.end(), [&](const HopIcmp& icmp) {
                      return icmp.reporter == trace_.server;
                    });
           }) > 0;
  }

  const HopTrace& trace_;
  std::vector<const HopProbe*> probes_;
  HopSweep sweep_;
};

}  // namespace

HopSweep read_sweep(const HopTrace& trace, unsigned number) { return Sweep(trace, number).judge(); }

}  // namespace whohungup
