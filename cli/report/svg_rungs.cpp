#include "cli/report/svg_rungs.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/report/escape.h"
#include "cli/report/ladder_notes.h"
#include "cli/report/words.h"
#include "dissect/tls_names.h"

namespace whohungup {
namespace {

// A drawing of more rows is scrolled, not read: of a long flow the beginning, what is cited and
// the end.
constexpr std::size_t kDrawAll = 40;
constexpr std::size_t kDrawFirst = 14;
constexpr std::size_t kDrawLast = 10;
/// A pause that deserves a row of its own.
constexpr Duration kPause = std::chrono::seconds{1};

std::string flag_words(TcpFlags flags) {
  constexpr std::pair<std::uint16_t, std::string_view> kNames[] = {
      {TcpFlags::kSyn, "SYN"}, {TcpFlags::kFin, "FIN"}, {TcpFlags::kRst, "RST"},
      {TcpFlags::kPsh, "PSH"}, {TcpFlags::kAck, "ACK"}, {TcpFlags::kUrg, "URG"},
      {TcpFlags::kEce, "ECE"}, {TcpFlags::kCwr, "CWR"}};
  std::string words;
  for (const auto& [bit, name] : kNames)
    if (flags.has(bit)) words += fmt::format("{}{}", words.empty() ? "" : " ", name);
  if (flags.has(TcpFlags::kReserved)) words += " reserved bits";
  return words.empty() ? "no flags" : words;
}

std::string_view type_name(tls::ContentType type) {
  switch (type) {
    case tls::ContentType::ChangeCipherSpec:
      return "CCS";
    case tls::ContentType::Alert:
      return "alert";
    case tls::ContentType::Handshake:
      return "handshake";
    case tls::ContentType::ApplicationData:
      return "encrypted";
    case tls::ContentType::Heartbeat:
      return "heartbeat";
  }
  return "record";
}

std::string message_label(const Message& message) {
  if (std::holds_alternative<tls::ClientHello>(message.what)) return "ClientHello";
  if (const auto* hello = std::get_if<tls::ServerHello>(&message.what))
    return hello->is_hello_retry_request() ? "HelloRetryRequest" : "ServerHello";
  if (std::holds_alternative<std::vector<tls::Certificate>>(message.what)) return "Certificate";
  if (const auto* alert = std::get_if<tls::Alert>(&message.what))
    return fmt::format("{} alert: {}", alert->fatal() ? "fatal" : "warning", name(*alert));
  if (const auto* other = std::get_if<Message::Other>(&message.what))
    return tls::handshake_type_name(other->type);
  return {};
}

/// The messages that begin in a record, or what its header says.
std::string record_label(const Conversation& talk, const RecordSeen& record) {
  std::string label;
  for (const Message& message : talk.messages)
    if (message.claims == record.claims && message.offset == record.offset)
      if (const std::string one = message_label(message); !one.empty())
        label += fmt::format("{}{}", label.empty() ? "" : ", ", one);
  if (!label.empty()) return label;
  if (record.sealed && record.type != tls::ContentType::ApplicationData)
    return fmt::format("{}, encrypted", type_name(record.type));
  return std::string(type_name(record.type));
}

/// What bytes are in which no record was found.
std::string clear_label(const Conversation& talk, const Placed& segment) {
  const bool client = segment.is(Side::Client);
  if (client && talk.proxy_header && segment.offset == 0 &&
      segment.end() <= static_cast<std::int64_t>(talk.proxy_header->bytes))
    return "PROXY header";
  const auto& instead = client ? talk.client_plaintext : talk.server_plaintext;
  const auto& tls_at = client ? talk.client_tls_at : talk.server_tls_at;
  const bool clear = talk.dialogue || !tls_at || segment.offset < *tls_at;
  return clear && (talk.dialogue || instead) ? "plaintext" : "not examined";
}

std::vector<RecordPart> records_in(const Conversation& talk, const Placed& segment) {
  std::vector<RecordPart> parts;
  if (segment.header.payload_len == 0 || segment.offset == Placed::kUnknown) return parts;
  std::int64_t covered = segment.offset;
  const auto cover = [&](std::int64_t until, std::string label) {
    if (until > covered) parts.push_back({std::move(label), until - covered, false, false, false});
    covered = std::max(covered, until);
  };
  for (const RecordSeen& record : talk.records) {
    const std::int64_t begin = record.offset;
    const std::int64_t end = begin + static_cast<std::int64_t>(tls::kHeaderSize) + record.length;
    if (record.claims != segment.claims || end <= segment.offset || begin >= segment.end())
      continue;
    cover(std::min(begin, segment.end()), "plaintext");
    const std::int64_t from = std::max(begin, segment.offset), to = std::min(end, segment.end());
    if (to <= covered && to < end) continue;
    parts.push_back(
        {record_label(talk, record), to - from, begin<segment.offset, end> segment.end(), true});
    covered = std::max(covered, to);
  }
  cover(segment.end(), parts.empty() ? clear_label(talk, segment) : "not examined");
  return parts;
}

std::string relative(std::int64_t offset) {
  return offset == Placed::kUnknown ? "?" : std::to_string(offset + 1);
}

std::string segment_detail(const Placed& segment) {
  const SegmentHeader& header = segment.header;
  std::string text = fmt::format("TTL {} · win {}", header.ttl, header.window);
  if (!header.is_v6) text += fmt::format(" · id {:04x}", header.ip_id);
  text += fmt::format(" · seq {}", relative(segment.offset));
  if (header.flags.ack()) text += fmt::format(" ack {}", relative(segment.ack_offset));
  return text;
}

class Collector {
 public:
  explicit Collector(const JudgedFlow& flow)
      : flow_(flow), talk_(flow.talk), verdict_(flow.verdict()), notes_(flow.talk) {}

  Rungs collect() {
    find_box();
    std::vector<Packet> all = packets();
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!drawn(all, i)) {
        ++left_out;
        continue;
      }
      if (left_out > 0)
        row(Rung::Kind::LeftOut, fmt::format("{} not drawn", counted(left_out, "packet")));
      left_out = 0;
      pause_before(all, i);
      rungs_.rows.push_back(all[i].segment != nullptr ? segment(*all[i].segment)
                                                      : error(*all[i].icmp));
      if (all[i].frame == verdict_.event.frame && i + 1 < all.size()) end_marker();
    }
    if (talk_.segments_left_out > 0)
      row(Rung::Kind::LeftOut, fmt::format("{} behind the handshake not drawn",
                                           counted(talk_.segments_left_out, "packet")));
    last_silence();
    return std::move(rungs_);
  }

 private:
  struct Packet {
    FrameNo frame{};
    Time at{};
    const Placed* segment{};
    const IcmpError* icmp{};
  };

  std::vector<Packet> packets() const {
    std::vector<Packet> all;
    for (const Placed* one : all_segments(talk_))
      all.push_back({one->frame(), one->at(), one, nullptr});
    for (const IcmpError& one : talk_.icmp) all.push_back({one.frame, one.at, nullptr, &one});
    std::stable_sort(all.begin(), all.end(),
                     [](const Packet& a, const Packet& b) { return a.frame < b.frame; });
    return all;
  }

  bool drawn(const std::vector<Packet>& all, std::size_t i) const {
    if (all.size() <= kDrawAll || i < kDrawFirst || i + kDrawLast >= all.size()) return true;
    const Packet& packet = all[i];
    return packet.icmp != nullptr || mark(packet.frame) != Rung::Mark::None ||
           packet.segment->header.flags.has(TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst);
  }

  /// A middlebox that is accused, or a router that reported an error.
  void find_box() {
    if (verdict_.actor == Actor::Middlebox) {
      rungs_.box = true;
      rungs_.box_name = "something between";
    }
    for (const IcmpError& one : talk_.icmp)
      if (one.reporter != talk_.server.ip && one.reporter != talk_.client.ip && !rungs_.box) {
        rungs_.box = true;
        rungs_.box_name = to_string(one.reporter);
      }
  }

  [[nodiscard]] Rung::Mark mark(FrameNo frame) const {
    if (verdict_.event.mechanism != Mechanism::None && among(verdict_.event.frames, frame))
      return Rung::Mark::Ended;
    return among(verdict_.cited, frame) ? Rung::Mark::Cited : Rung::Mark::None;
  }

  /// Whether the accused made it: the packet that ended it, and resets that look the same.
  [[nodiscard]] bool made_by_box(const Placed& segment) const {
    if (verdict_.actor != Actor::Middlebox || !verdict_.event.segment) return false;
    const Placed& ended = talk_.segments[*verdict_.event.segment];
    if (segment.claims != ended.claims) return false;
    return segment.frame() == ended.frame() ||
           (segment.header.flags.rst() && ended.header.flags.rst() &&
            segment.header.ttl == ended.header.ttl) ||
           (mark(segment.frame()) == Rung::Mark::Ended);
  }

  [[nodiscard]] std::string since_begin(Time at) const {
    return fmt::format("{:.6f}", std::chrono::duration<double>(at - talk_.begin).count());
  }

  Rung segment(const Placed& one) const {
    Rung rung;
    rung.frame = one.frame();
    rung.time = since_begin(one.at());
    rung.flags = flag_words(one.header.flags);
    if (one.header.payload_len > 0)
      rung.flags += fmt::format(" · {}", counted(one.header.payload_len, "byte"));
    rung.detail = segment_detail(one);
    rung.note = notes_.about(one);
    rung.records = records_in(talk_, one);
    rung.mark = mark(one.frame());
    rung.reset = one.header.flags.rst();
    if (rung.mark == Rung::Mark::Ended) rung.tag = ending_tag(one);
    const bool client = one.is(Side::Client);
    rung.from = client ? Rung::Rail::Client : Rung::Rail::Server;
    rung.to = client ? Rung::Rail::Server : Rung::Rail::Client;
    if (made_by_box(one)) rung.from = Rung::Rail::Box;
    rung.swallowed = verdict_.actor == Actor::Middlebox && client &&
                     verdict_.event.mechanism == Mechanism::Silence &&
                     rung.mark == Rung::Mark::Ended;
    if (rung.swallowed) rung.to = Rung::Rail::Box;
    rung.too_late = ended_by(one.claims) && one.frame() > verdict_.event.frame && !rung.reset &&
                    rung.from != Rung::Rail::Box;
    return rung;
  }

  /// Whether that side's address had ended the connection with a reset.
  [[nodiscard]] bool ended_by(Side side) const {
    return verdict_.event.mechanism == Mechanism::Rst && verdict_.event.claims == side;
  }

  /// Of a silence no packet is to blame: some were not answered, and one may have given up.
  [[nodiscard]] std::string_view ending_tag(const Placed& one) const {
    if (verdict_.event.mechanism != Mechanism::Silence) return "ended it";
    return one.header.flags.has(TcpFlags::kFin | TcpFlags::kRst) ? "gave up" : "unanswered";
  }

  Rung error(const IcmpError& one) const {
    Rung rung;
    rung.frame = one.frame;
    rung.time = since_begin(one.at);
    rung.flags = one.is_v6 ? "ICMPv6" : "ICMP";
    rung.detail = fmt::format("TTL {}", one.ttl);
    rung.note = LadderNotes::about(one);
    rung.mark = mark(one.frame);
    rung.from =
        one.reporter == talk_.server.ip || !rungs_.box ? Rung::Rail::Server : Rung::Rail::Box;
    const bool about_client = one.from == talk_.client;
    rung.to = about_client ? Rung::Rail::Client : Rung::Rail::Server;
    if (rung.from == rung.to) rung.from = Rung::Rail::Client;
    return rung;
  }

  void row(Rung::Kind kind, std::string text) {
    Rung rung;
    rung.kind = kind;
    rung.note = std::move(text);
    rungs_.rows.push_back(std::move(rung));
  }

  void pause_before(const std::vector<Packet>& all, std::size_t i) {
    if (i == 0 || all[i].at - all[i - 1].at < kPause) return;
    row(Rung::Kind::Pause, fmt::format("nothing for {}", amount(all[i].at - all[i - 1].at)));
  }

  void end_marker() {
    const Mechanism how = verdict_.event.mechanism;
    if (how == Mechanism::None || how == Mechanism::Silence || !verdict_.event.segment) return;
    const FactSet ignored{Fact::ServerBytesBeyondRst, Fact::ServerAcksAfterRst,
                          Fact::ClientBytesBeyondRst, Fact::FinishedAfterRst};
    if (how == Mechanism::Rst && flow_.judgement.facts.set.has_any(ignored))
      row(Rung::Kind::After, verdict_.event.claims == Side::Client
                                 ? "after the reset: the client goes on as if it had sent none"
                                 : "after the reset: the server goes on as if it had sent none");
    else
      row(Rung::Kind::After, how == Mechanism::Rst   ? "after the reset"
                             : how == Mechanism::Fin ? "after the close"
                                                     : "after the end");
  }

  void last_silence() {
    if (verdict_.event.mechanism == Mechanism::Silence && verdict_.event.waited >= kPause)
      row(Rung::Kind::Pause,
          fmt::format("no answer: {} passed since frame {}", amount(verdict_.event.waited),
                      number(verdict_.event.frame)));
  }

  const JudgedFlow& flow_;
  const Conversation& talk_;
  const Verdict& verdict_;
  LadderNotes notes_;
  Rungs rungs_;
};

}  // namespace

Rungs collect_rungs(const JudgedFlow& flow) { return Collector(flow).collect(); }

}  // namespace whohungup
