// What else could have made the same packets (diagnosis.md §6.5): each look-alike is excluded,
// possible, or cannot be tested from this capture, with the reason.
#include "analyze/sender.h"
#include "analyze/tell.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Status = LookAlike::Status;

/// What the checks look at.
struct Look {
  const Scene& scene;
  Observations& facts;
  std::vector<LookAlike>& list;

  [[nodiscard]] bool has(Fact fact) const { return facts.has(fact); }
  /// `why`: the pieces of a text.
  template <class... Pieces>
  void add(std::string_view id, Status status, const Pieces&... why) {
    LookAlike& one = list.emplace_back(LookAlike{id, status, facts.spare.take()});
    put(one.why, why...);
  }
};

bool is_rst(const Scene& scene) { return scene.event.mechanism == Mechanism::Rst; }

/// Whatever holds the connection at the server's address went on after a reset that claims to know
/// the connection, or behind the end that a FIN announced: then nothing that counts as the server
/// made it.
bool is_outlived(const Look& look) {
  return (is_rst(look.scene) && !look.has(Fact::RstLacksAckFlag) &&
          (look.has(Fact::ServerBytesBeyondRst) || look.has(Fact::FinishedAfterRst))) ||
         look.has(Fact::EndingContradicted);
}

void check_capture(Look& look) {
  const bool holes = look.has(Fact::ClientStreamHole) || look.has(Fact::ServerStreamHole);
  const CaptureQuality& capture = look.scene.talk.capture;
  const bool ahead = look.has(Fact::RstAheadOfCapture);
  if (holes || ahead || look.has(Fact::CaptureDroppedFrames) || look.has(Fact::OneWayOnly))
    look.add("capture-loss", Status::Possible,
             holes   ? "bytes that were acknowledged or passed over are missing here"
             : ahead ? "the reset stands behind bytes that are not here: they were lost, or its "
                       "number is a guess"
             : look.has(Fact::OneWayOnly) ? "nothing of one side was captured"
                                          : "the capture reports lost frames");
  else if (capture.dropped)
    look.add("capture-loss", Status::Excluded,
             "the capture reports no lost frame, and no byte is missing");
  else
    look.add("capture-loss", Status::Untestable,
             "no byte is missing, but the file does not say whether frames were lost");
  if (look.has(Fact::CaptureDuplicates))
    look.add("capture-duplication", Status::Possible, "packets of this flow were captured twice");
  else if (look.has(Fact::RstRepeated))
    look.add("capture-duplication", Status::Excluded,
             "only the resets come more than once, no other packet of the flow does");
  if (look.has(Fact::ServerBytesBeyondRst) || look.has(Fact::ServerAcksAfterRst))
    look.add("reordering", Status::Excluded,
             "what came after the reset came later than any reordering and a round trip explain, "
             "or left "
             "later by its sender's own clock");
  if (look.has(Fact::OffloadSizedSegments))
    look.add("segmentation-offload", Status::Possible,
             "segments bigger than the MSS were captured before the network card cut them");
  if (look.has(Fact::ChecksumOffloadLikely))
    look.add("checksum-offload", Status::Possible,
             "one side's checksums are all wrong because its network card fills them in");
}

/// The packet that acknowledged the hello, if it is not the one whose sender is in question.
const Placed* acknowledges_hello(const Look& look) {
  const std::int32_t ack = look.scene.marks.hello_ack;
  if (ack == Landmarks::kNone) return nullptr;
  const Event& event = look.scene.event;
  const bool is_ending = event.segment && static_cast<std::int32_t>(*event.segment) == ack;
  return is_ending ? nullptr : &at(look.scene.talk, ack);
}

void check_syn_proxy(Look& look) {
  const Landmarks& marks = look.scene.marks;
  if (marks.syn_ack == Landmarks::kNone) return;
  const Placed& syn_ack = at(look.scene.talk, marks.syn_ack);
  const Placed* later = acknowledges_hello(look);
  if (look.has(Fact::SynProxyLikely))
    look.add("syn-proxy", Status::Possible,
             "the SYN+ACK offers window 0: what answered it may not be what ended it");
  else if (later != nullptr && later->header.ttl != syn_ack.header.ttl)
    look.add("syn-proxy", Status::Possible, "the SYN+ACK has TTL ", syn_ack.header.ttl,
             ", the server's later packets ", later->header.ttl);
  else if (later != nullptr)
    look.add("syn-proxy", Status::Excluded, "the SYN+ACK offers window ", syn_ack.header.window,
             " and has the TTL of the server's later packets");
  else
    look.add("syn-proxy", Status::Untestable,
             "no packet of the server but the SYN+ACK is there to compare");
}

/// What may stand between the client and the machine that speaks TLS, at the server's address.
void check_server_side(Look& look) {
  const Event& event = look.scene.event;
  if (event.claims != Side::Server) return;
  if (look.has(Fact::RstOtherStack))
    look.add("second-stack-at-server", Status::Possible,
             "the reset travelled as far as the server's packets, but from another initial TTL");
  if (is_outlived(look)) {
    look.add("load-balancer", Status::Excluded,
             "what ends TCP at the server's address went on with the connection; a balancer that "
             "only passes packets on counts as something between");
    if (!is_rst(look.scene)) return;
    look.add("lost-state", Status::Excluded,
             "the reset acknowledges, and whoever has no connection answers an ACK without one "
             "(RFC 9293 §3.5.2)");
    return;
  }
  if (look.has(Fact::EndingTtlSame))
    look.add("load-balancer", Status::Possible,
             "a balancer or proxy at the server's address looks like the server; it counts as the "
             "server");
  else
    look.add("load-balancer", Status::Untestable,
             "a balancer that answers beside the server would bear another TTL as well");
  if (!is_rst(look.scene)) return;
  if (look.has(Fact::RstContinuesSender))
    look.add("firewall-at-server", Status::Excluded,
             "the reset carries on the connection's own counters, which a firewall's does not");
  else
    look.add(
        "firewall-at-server",
        look.has(Fact::RstTtlDiffers) && !look.has(Fact::RstOtherStack) && look.has(Fact::RstTtlFar)
            ? Status::Excluded
            : Status::Possible,
        look.has(Fact::RstTtlFar) ? "a firewall next to the server would share its distance"
                                  : "a firewall at or next to the server resets like this too");
  if (look.has(Fact::RstLacksAckFlag))
    look.add("lost-state", Status::Possible,
             "a host, balancer or address translator that has forgotten the connection answers "
             "each packet with such a reset");
  else
    look.add("lost-state", Status::Excluded,
             "the reset acknowledges, and whoever has no connection answers an ACK without one "
             "(RFC 9293 §3.5.2)");
}

void check_path(Look& look) {
  const Event& event = look.scene.event;
  const bool tested = look.has(Fact::EndingTtlSame) || look.has(Fact::RstTtlDiffers) ||
                      look.has(Fact::EndingTtlDiffers);
  if (event.claims == Side::Server && !look.has(Fact::NoHopBetween) && tested) {
    const bool guessed = look.has(Fact::RstSeqSteps);
    const bool another_node = !look.has(Fact::EndingTtlSame) && !is_outlived(look) && !guessed;
    look.add("anycast-or-ecmp", another_node ? Status::Possible : Status::Excluded,
             another_node ? "another node at the server's address, or another way to it, changes "
                            "the TTL"
             : is_outlived(look)
                 ? "another node does not hold this connection and could not acknowledge on it"
             : guessed && !look.has(Fact::EndingTtlSame)
                 ? "no node guesses at the connection's numbers"
                 : "the packet that ended it came as far as the others");
    if (!is_outlived(look))
      look.add("rewriting-box", Status::Possible,
               "a box that rewrites the server's own packets would leave TTL and counters alone; "
               "only a capture at the server excludes it");
  }
  if (look.has(Fact::PacketsRemade))
    look.add("packet-remaker", Status::Possible,
             "the server's TTL is untouched although it is far away by its round trip: a "
             "translator (of a virtual machine, a VPN) makes all its packets anew, and neither TTL "
             "nor header says who ended it");
  else if (look.has(Fact::NoHopBetween))
    look.add("packet-remaker", Status::Possible,
             "both sides' TTLs are untouched: one host or network, or a translator (of a virtual "
             "machine, a VPN) that makes all packets anew, and then TTLs prove nothing");
  if (is_rst(look.scene) && look.has(Fact::CapturedAtClient))
    look.add("local-security-software",
             look.has(Fact::RstUndecremented) ? Status::Possible : Status::Excluded,
             look.has(Fact::RstUndecremented)
                 ? "security software on the client itself makes resets with an untouched "
                   "TTL as well, and would be what stands between"
                 : "the reset's TTL has come down, so it was not made on the client");
}

void check_connection(Look& look) {
  const Landmarks& marks = look.scene.marks;
  if (is_rst(look.scene) && look.scene.event.stage != Stage::Syn) {
    if (look.has(Fact::RstSeqExact))
      look.add("old-connection", Status::Excluded,
               "the reset bears the very number this connection waits for");
    else
      look.add("old-connection", Status::Possible,
               "the reset's number is not the next one expected: it may belong to an earlier "
               "connection of the same ports");
  }
  if (look.has(Fact::SynAckResentLate))
    look.add("overloaded-server", Status::Possible,
             "the server repeats its SYN+ACK: its queue may be full");
  const bool big = look.has(Fact::HelloBeyondSegment) || look.has(Fact::HelloSplit);
  const bool quiet = look.scene.event.mechanism == Mechanism::Silence ||
                     look.scene.event.mechanism == Mechanism::Icmp;
  if (quiet && marks.hello != Landmarks::kNone && !look.has(Fact::HelloAcked))
    look.add("path-mtu", look.has(Fact::IcmpTooBig) || big ? Status::Possible : Status::Excluded,
             look.has(Fact::IcmpTooBig) ? "a router says that a packet was too big"
             : big ? "the hello takes more than one segment, and big packets may not pass"
                   : "the hello fits into one segment");
}

/// What only the other end, or the time before, could tell.
void check_the_rest(Look& look) {
  if (look.scene.event.claims != Side::Server || is_outlived(look)) return;
  look.add("ban-or-rate-limit", Status::Untestable,
           "whether the server treats this client's address unlike others takes a second source "
           "address");
  if (is_rst(look.scene))
    look.add("server-crash", Status::Untestable,
             "a crash and a deliberate close look alike from here; the server's log tells");
}

}  // namespace

void list_look_alikes(const Scene& scene, Judgement& judgement) {
  std::vector<LookAlike>& list = judgement.verdict.look_alikes;
  for (LookAlike& one : list) judgement.facts.spare.give(std::move(one.why));
  list.clear();
  if (scene.event.mechanism == Mechanism::None || judgement.facts.has(Fact::HealthProbe)) return;
  Look look{scene, judgement.facts, list};
  check_capture(look);
  check_syn_proxy(look);
  check_server_side(look);
  check_path(look);
  check_connection(look);
  check_the_rest(look);
}

}  // namespace whohungup
