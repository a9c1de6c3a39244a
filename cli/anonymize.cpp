#include "cli/anonymize.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "cli/anonymize_frame.h"
#include "cli/anonymize_keyed.h"
#include "cli/anonymize_stream.h"
#include "cli/report/words.h"
#include "dissect/decode.h"

namespace whohungup {
namespace {

// Of one side; a handshake has some kilobytes.
constexpr std::int64_t kLongestStream = std::int64_t{8} << 20U;
// Of all together, since they are held in memory.
constexpr std::size_t kMostBytes = std::size_t{512} << 20U;

/// What a flow's judgement rests on, without the texts that name addresses.
struct Outcome {
  Endpoint client, server;  // no part of what is compared
  std::string code;
  Confidence confidence{};
  FactSet facts;
};

struct FlowSides {
  Endpoint client;
  FrameNo first{}, last{};
  std::array<std::uint32_t, 2> starts{};  // the sequence number of each side's first byte
  std::array<SideBytes, 2> sides;
  std::array<std::vector<std::uint8_t>, 2> masks;
};

using Pair = std::pair<Endpoint, Endpoint>;
Pair sorted(const Endpoint& a, const Endpoint& b) { return a < b ? Pair(a, b) : Pair(b, a); }

/// Remembers flows and outcomes.
class Outcomes : public Report {
 public:
  void flow(const JudgedFlow& flow) override {
    const Conversation& talk = flow.talk;
    all.push_back({talk.client, talk.server, flow.verdict().code(), flow.verdict().confidence,
                   flow.judgement.facts.set});
    FlowSides sides;
    sides.client = talk.client;
    sides.first = talk.first_frame;
    sides.last = talk.last_frame;
    for (const Side side : {Side::Client, Side::Server}) {
      const auto i = static_cast<std::size_t>(side);
      sides.starts[i] = talk.side(side).isn.value + 1;
      sides.sides[i].number = ++streams_;
      const auto& begins = side == Side::Client ? talk.client_tls_at : talk.server_tls_at;
      const bool plaintext = side == Side::Server && talk.server_plaintext.has_value();
      if (begins && !plaintext) sides.sides[i].tls_at = *begins;
    }
    flows[sorted(talk.client, talk.server)].push_back(std::move(sides));
  }
  void end(const Totals&, const FlowCounts&, const CaptureNotes&) override {}

  FlowSides* find(const Endpoint& from, const Endpoint& to, FrameNo frame) {
    const auto found = flows.find(sorted(from, to));
    if (found == flows.end()) return nullptr;
    for (FlowSides& one : found->second)
      if (one.first <= frame && frame <= one.last) return &one;
    return &found->second.back();
  }

  std::vector<Outcome> all;
  std::map<Pair, std::vector<FlowSides>> flows;

 private:
  std::uint64_t streams_{};
};

std::int64_t offset_of(const FlowSides& flow, std::size_t side, std::uint32_t seq) {
  return static_cast<std::int32_t>(seq - flow.starts[side]);
}

/// Puts the streams together; what was sent first counts.
void gather_streams(PacketSpool& spool, Outcomes& known) {
  const auto packets = spool.read_again();
  Decoder decoder;
  Packet packet;
  std::size_t total = 0;
  while (packets->next(packet) == Source::Next::Got) {
    const Decoded decoded = decoder.decode(packet);
    const auto* segment = std::get_if<Segment>(&decoded);
    if (segment == nullptr || segment->payload.empty() || segment->header.flags.rst()) continue;
    FlowSides* flow = known.find(segment->from, segment->to, packet.no);
    if (flow == nullptr) continue;
    const std::size_t side = segment->from == flow->client ? 0 : 1;
    SideBytes& bytes = flow->sides[side];
    const std::int64_t at =
        offset_of(*flow, side, segment->header.seq.value + (segment->header.flags.syn() ? 1U : 0U));
    const std::int64_t end = at + static_cast<std::int64_t>(segment->payload.size());
    if (at < 0 || end > kLongestStream) continue;  // noise will do for it
    if (end > static_cast<std::int64_t>(bytes.bytes.size())) {
      total += static_cast<std::size_t>(end) - bytes.bytes.size();
      if (total > kMostBytes)
        throw CaptureError("too much was sent to anonymize at once: choose a flow with --flow");
      bytes.bytes.resize(static_cast<std::size_t>(end));
      bytes.known.resize(static_cast<std::size_t>(end));
    }
    for (std::size_t i = 0; i < segment->payload.size(); ++i) {
      const std::size_t place = static_cast<std::size_t>(at) + i;
      if (!bytes.known[place]) bytes.bytes[place] = segment->payload[i];
      bytes.known[place] = true;
    }
  }
}

/// In what a flow is judged otherwise than it was; empty: in nothing.
std::string difference(const Outcome& was, const Outcome& is) {
  if (was.code != is.code) return fmt::format("is {}, not {}", is.code, was.code);
  if (was.confidence != is.confidence)
    return fmt::format("is {}, not {}", to_string(is.confidence), to_string(was.confidence));
  for (std::size_t i = 0; i < kNumFacts; ++i) {
    const auto fact = static_cast<Fact>(i);
    if (is.facts.has(fact) != was.facts.has(fact))
      return fmt::format("{} the fact {}", is.facts.has(fact) ? "gains" : "loses", info(fact).id);
  }
  return {};
}

/// Refuses what is not judged as it was, and says how to go on without it.
void expect_same(const std::vector<Outcome>& was, const std::vector<Outcome>& is) {
  if (was.size() != is.size())
    throw CaptureError(
        fmt::format("the anonymized packets make {}, not {}: choose one with --flow; nothing was "
                    "written",
                    counted(is.size(), "flow"), was.size()));
  for (std::size_t i = 0; i < was.size(); ++i)
    if (const std::string what = difference(was[i], is[i]); !what.empty())
      throw CaptureError(fmt::format(
          "{} → {} is not judged anonymized as it was (it {}); nothing was written. Leave it out "
          "with the filter 'not (host {} and port {})' behind --, or give it as it is",
          to_string(was[i].client), to_string(was[i].server), what, to_string(was[i].client.ip),
          was[i].client.port));
}

std::vector<Outcome> outcomes_of(PacketSpool& spool, const JudgedWith& with) {
  Outcomes judged;
  judge_packets(*spool.read_again(), with, {}, judged);
  return std::move(judged.all);
}

}  // namespace

Anonymized anonymize(PacketSpool& spool, const JudgedWith& with, const CaptureNotes& original) {
  Outcomes known;
  judge_packets(*spool.read_again(), with, {}, known);
  gather_streams(spool, known);
  KeyedReplacements keyed;
  for (auto& [pair, flows] : known.flows)
    for (FlowSides& flow : flows)
      for (std::size_t side = 0; side < 2; ++side)
        flow.masks[side] = mask_of(flow.sides[side], keyed);

  std::uint64_t payload_bytes = 0;
  FrameNo frame{};
  const PayloadReplacer replace = [&](const Endpoint& from, const Endpoint& to, std::uint32_t seq,
                                      bool reset, std::uint8_t* bytes, std::size_t size) {
    payload_bytes += size;
    const FlowSides* flow = known.find(from, to, frame);
    if (reset || flow == nullptr) {  // what a reset says is text, or one of the known byte strings
      const std::string text = keyed.text({reinterpret_cast<const char*>(bytes), size});
      std::copy(text.begin(), text.end(), bytes);
      return;
    }
    const std::size_t side = from == flow->client ? 0 : 1;
    const std::int64_t at = offset_of(*flow, side, seq);
    const auto& mask = flow->masks[side];
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t place = at + static_cast<std::int64_t>(i);
      const bool inside = place >= 0 && place < static_cast<std::int64_t>(mask.size());
      bytes[i] ^= inside ? mask[static_cast<std::size_t>(place)]
                         : keyed.noise(flow->sides[side].number, place & 0x7fffffff);
    }
  };

  Anonymized result{std::make_unique<PacketSpool>(), {}};
  FragmentedPayloads fragments;
  for (const bool gathering : {true, false}) {
    if (!gathering) fragments.gathered();
    payload_bytes = 0;
    const auto packets = spool.read_again();
    Packet packet;
    std::vector<std::uint8_t> bytes;
    while (packets->next(packet) == Source::Next::Got) {
      bytes.assign(packet.bytes.begin(), packet.bytes.end());
      frame = packet.no;
      const FrameToRewrite which{packet.link, packet.no, packet.at, packet.interface_id};
      if (!anonymize_frame(which, bytes, keyed, replace, fragments))
        throw CaptureError(
            fmt::format("frame {} cannot be anonymized: its headers are cut or damaged, or it has "
                        "radio headers; nothing was written",
                        number(packet.no)));
      packet.bytes = bytes;
      if (!gathering) result.packets->add(packet, original.interfaces);
    }
  }
  expect_same(known.all, outcomes_of(*result.packets, with));
  result.changes = {
      fmt::format("IP addresses replaced, prefixes kept: {}", keyed.addresses.size()),
      fmt::format("Ethernet addresses replaced: {}", keyed.macs.size()),
      fmt::format("{} of names and text replaced by others of the same length",
                  counted(keyed.words.size(), "word")),
      fmt::format(
          "{} of payload gone through: names, tickets, certificates' contents and text "
          "replaced, everything encrypted replaced by noise; record headers, alerts and the "
          "shape of the handshake kept",
          counted(payload_bytes, "byte")),
      "IP options and padding blanked, checksums updated by what changed under them",
      "TCP options blanked but for MSS, window scale, SACK and timestamps",
      "kept: sizes, times, ports, TTLs, IP-IDs, flags, sequence numbers and windows",
      "kept: TLS randoms, session ids and key shares of the connections",
      "kept in about.json: size and SHA-256 of each input, by which one who has it knows it",
      "the key was random and is kept nowhere; the verdicts and facts are those of the original",
  };
  return result;
}

}  // namespace whohungup
