// Questions about the ClientHello, and about the plaintext dialogue before it.
#include <fmt/compile.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "analyze/observe.h"
#include "analyze/sender.h"
#include "analyze/words.h"
#include "dissect/tls_record.h"

namespace whohungup {
namespace {

/// RFC 7685 §4: a hello whose record is 256 to 511 bytes long hangs known implementations.
constexpr std::int64_t kHazardBegins = 256, kHazardEnds = 511;

void ask_about_hello(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  if (!has_hello(talk)) return;
  const std::int64_t size = marks.hello_ends - marks.hello_begins;
  const FrameNo first =
      marks.hello != Landmarks::kNone ? at(talk, marks.hello).frame() : talk.first_frame;
  notes.note(Fact::HelloSent, {first}, [&](std::string& text) {
    put(text, size, size == 1 ? " byte on the wire" : " bytes on the wire",
        marks.hello_complete ? "" : ", not all of it sent or captured");
  });
  if (marks.hello == Landmarks::kNone) return;
  const Placed& hello = at(talk, marks.hello);
  if (hello.end() < marks.hello_ends)
    notes.note(Fact::HelloSplit, {hello.frame(), at(talk, marks.last_hello).frame()},
               [&](std::string& text) {
                 const std::int64_t part = hello.end() - marks.hello_begins;
                 put(text, part, part == 1 ? " byte of " : " bytes of ", size,
                     " in the first segment");
               });
  if (marks.last_hello != Landmarks::kNone && marks.hello_copies > 1)
    notes.note(Fact::HelloResent, {hello.frame(), at(talk, marks.last_hello).frame()}, [&] {
      return fmt::format(FMT_COMPILE("{} in {}"), count(marks.hello_copies, "time"),
                         say(at(talk, marks.last_hello).at() - hello.at()));
    });
  const std::uint16_t mss =
      marks.syn_ack != Landmarks::kNone ? at(talk, marks.syn_ack).header.mss : std::uint16_t{0};
  if (mss != 0 && size > mss)
    notes.note(Fact::HelloBeyondSegment, {hello.frame(), at(talk, marks.syn_ack).frame()},
               [&](std::string& text) { put(text, size, " bytes, MSS ", mss); });
  const std::int64_t record = size - static_cast<std::int64_t>(tls::kHeaderSize);
  if (!talk.sslv2_hello && record >= kHazardBegins && record <= kHazardEnds)
    notes.note(Fact::HelloInHazardZone, {hello.frame()},
               [&](std::string& text) { put(text, "record of ", record, " bytes"); });
}

void ask_for_later_bytes_unacknowledged(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const std::int64_t sent = talk.side(Side::Client).sent_end;
  const std::int64_t acked = talk.side(Side::Server).acked;
  if (marks.hello_ack == Landmarks::kNone || acked >= sent) return;
  for (const Placed& s : talk.segments) {
    const bool repeated = s.where == Placed::Where::Repeat && s.offset >= marks.hello_ends;
    const bool old = s.header.payload_len > 0 && s.offset != Placed::kUnknown && s.end() > acked &&
                     talk.last - s.at() >= kSilence;
    if (!s.is(Side::Client) || (!repeated && !old)) continue;
    return notes.note(Fact::LaterBytesUnacked, {s.frame(), talk.last_frame}, [&] {
      return fmt::format(FMT_COMPILE("sent up to {}, acknowledged up to {}"), sent + 1, acked + 1);
    });
  }
}

void ask_who_acknowledged_it(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Event& event = scene.event;
  if (marks.hello == Landmarks::kNone) return;
  const Placed& sent =
      at(talk, marks.hello_end != Landmarks::kNone ? marks.hello_end : marks.hello);
  if (marks.hello_ack != Landmarks::kNone) {
    const Placed& ack = at(talk, marks.hello_ack);
    notes.note(Fact::HelloAcked, {sent.frame(), ack.frame()}, [&](std::string& text) {
      put(text, piece::Elapsed{ack.at() - sent.at()}, " after it was sent, acknowledgment ",
          ack.ack_offset + 1, " (hello ends at ", marks.hello_ends + 1, ")");
    });
    if (marks.syn_ack != Landmarks::kNone && ack.header.ttl == at(talk, marks.syn_ack).header.ttl)
      notes.note(Fact::HelloAckTtlSame, {at(talk, marks.syn_ack).frame(), ack.frame()},
                 [&](std::string& text) { put(text, "TTL ", ack.header.ttl); });
  } else if (marks.hello_part_ack != Landmarks::kNone) {
    const Placed& ack = at(talk, marks.hello_part_ack);
    notes.note(Fact::HelloPartlyAcked, {sent.frame(), ack.frame()}, [&] {
      return fmt::format(FMT_COMPILE("{} of {} bytes"),
                         bytes_acked(talk, Side::Client) - marks.hello_begins,
                         marks.hello_ends - marks.hello_begins);
    });
  }
  ask_for_later_bytes_unacknowledged(scene, notes);
  const bool silent = event.mechanism == Mechanism::Silence || event.mechanism == Mechanism::Icmp;
  if (silent && event.stage == Stage::ClientHello && event.waited >= kSilence)
    notes.note(Fact::SilenceAfterHello, {sent.frame(), talk.last_frame}, [&] {
      const FrameNo left = event.segment ? talk.segments[*event.segment].frame() : talk.last_frame;
      const bool alerted =
          marks.server_answer != Landmarks::kNone && at(talk, marks.server_answer).frame() <= left;
      return say(event.waited) +
             (alerted ? " without more of an answer" : " without a byte of answer");
    });
}

/// The frame of the first step of one side that holds one of the words.
std::optional<FrameNo> frame_of_step(const Conversation& talk, bool from_client,
                                     std::initializer_list<std::string_view> words) {
  for (const DialogueStep& step : talk.dialogue->steps) {
    const auto holds = [&](std::string_view word) {
      return step.text.find(word) != std::string::npos;
    };
    if (step.from_client != from_client || std::none_of(words.begin(), words.end(), holds))
      continue;
    const FrameNo frame = (from_client ? talk.from_client : talk.from_server).carrier(step.offset);
    if (frame != FrameNo{}) return frame;
  }
  return std::nullopt;
}

/// STARTTLS, STLS, AUTH TLS, SSLRequest …
std::optional<FrameNo> frame_of_request(const Conversation& talk) {
  return frame_of_step(talk, true, {"TLS", "tls", "SSL", "ssl"});
}

std::optional<FrameNo> frame_of_masked_words(const Conversation& talk) {
  return frame_of_step(talk, false, {"XXXX", "****"});
}

void ask_about_proxy_header(const Conversation& talk, auto& notes) {
  if (!talk.proxy_header) return;
  const FrameNo frame = talk.from_client.carrier(0);
  if (frame != FrameNo{})
    notes.note(Fact::ProxyHeaderSent, {frame}, [&] {
      const auto& header = *talk.proxy_header;
      return header.source && header.destination
                 ? fmt::format(FMT_COMPILE("it names {} as the client of {}"),
                               to_string(*header.source), to_string(*header.destination))
                 : std::string("it names no client");
    });
}

void ask_about_dialogue(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  if (!talk.dialogue) return;
  const Dialogue& dialogue = *talk.dialogue;
  const auto protocol = [&] { return std::string(dialogue.protocol); };
  const FrameNo from_client = talk.from_client.carrier(0);
  const FrameNo from_server = talk.from_server.carrier(0);
  const FrameNo request = frame_of_request(talk).value_or(from_client);
  if (dialogue.asked)
    notes.note(Fact::StarttlsAsked, {request != FrameNo{} ? request : from_server}, protocol);
  if (event.refused_starttls) notes.note(Fact::StarttlsRefused, {request, event.frame}, protocol);
  // A dialogue that led to TLS is only a prelude.
  if (has_hello(talk)) return;
  const FrameNo either = from_server != FrameNo{} ? from_server : from_client;
  if (either == FrameNo{}) return;
  if (dialogue.refused && !event.refused_starttls)
    notes.note(Fact::StarttlsRefused, {request, event.frame}, protocol);
  if (dialogue.inspected)
    notes.note(Fact::StarttlsRewritten, {frame_of_masked_words(talk).value_or(either)}, protocol);
  if (dialogue.turned_away)
    notes.note(Fact::GreetingRefused, {talk.from_server.carrier(dialogue.no_at)}, protocol);
  if (!dialogue.refused && !dialogue.turned_away)
    notes.note(Fact::DialogueCutShort, {either, talk.last_frame}, protocol);
  if (dialogue.goodbye_at)
    notes.note(Fact::ClientSaidGoodbye, {talk.from_client.carrier(*dialogue.goodbye_at), either});
}

}  // namespace

template <class Notes>
void observe_hello(const Scene& scene, Notes& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  ask_about_hello(scene, notes);
  ask_who_acknowledged_it(scene, notes);
  ask_about_proxy_header(talk, notes);
  ask_about_dialogue(scene, notes);
  const SideCounts& client = talk.side(Side::Client);
  if (marks.client_payloads == 0 && client.sent_end <= 0 && bytes_acked(talk, Side::Client) <= 0)
    notes.note(Fact::ClientSentNothing, {talk.first_frame});
}

template void observe_hello(const Scene&, Notebook&);
template void observe_hello(const Scene&, Checklist&);

}  // namespace whohungup
