#include "cli/report/ladder_notes.h"

#include <algorithm>

#include <fmt/core.h>

#include "cli/report/escape.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"
#include "dissect/icmp_names.h"
#include "dissect/tls_names.h"

namespace whohungup {
namespace {

std::string message_name(const Message& message) {
  struct Namer {
    std::string operator()(const tls::ClientHello&) const { return "ClientHello"; }
    std::string operator()(const tls::ServerHello& hello) const {
      return (hello.is_hello_retry_request() ? "HelloRetryRequest, TLS " : "ServerHello, TLS ") +
             tls::version_name(hello.version());
    }
    std::string operator()(const std::vector<tls::Certificate>&) const { return "Certificate"; }
    std::string operator()(tls::Alert alert) const {
      return fmt::format("{} alert {} ({})", alert.fatal() ? "fatal" : "warning", name(alert),
                         alert.description);
    }
    std::string operator()(Message::ChangeCipherSpec) const { return "ChangeCipherSpec"; }
    std::string operator()(Message::Other other) const {
      return tls::handshake_type_name(other.type);
    }
    std::string operator()(Message::Sealed sealed) const {
      return sealed.type == tls::ContentType::Alert ? "encrypted alert" : "encrypted";
    }
  };
  return std::visit(Namer{}, message.what);
}

/// Where a segment stands in its stream, when that is not simply the next place.
std::string placement(const Placed& segment) {
  switch (segment.where) {
    case Placed::Where::InOrder:
      return {};
    case Placed::Where::Ahead:
      return segment.header.payload_len > 0 ? "bytes before it are missing" : "ahead of the stream";
    case Placed::Where::Repeat:
      return "sent again";
    case Placed::Where::Overlap:
      return "partly sent before";
    case Placed::Where::KeepAlive:
      return "keep-alive";
    case Placed::Where::OutsideWindow:
      return "outside every window";
    case Placed::Where::AfterEnd:
      return "data after its own FIN";
    case Placed::Where::Duplicate:
      return fmt::format("captured twice, as #{}", number(segment.duplicate_of));
  }
  return {};
}

void join(std::string& to, std::string_view more) {
  if (more.empty()) return;
  if (!to.empty()) to += ", ";
  to += more;
}

}  // namespace

LadderNotes::LadderNotes(const Conversation& talk) : talk_(talk) {
  if (talk.dialogue)
    for (const DialogueStep& step : talk.dialogue->steps)
      note(talk.stream(step.from_client ? Side::Client : Side::Server).carrier(step.offset),
           '"' + harmless(step.text) + '"');
  if (talk.proxy_header && !talk.dialogue)
    note(talk.from_client.carrier(0), "PROXY header " + proxy_words(*talk.proxy_header));
  if (talk.server_plaintext && !talk.dialogue)
    note(talk.from_server.carrier(talk.server_tls_at.value_or(0)),
         fmt::format("{}: {}", talk.server_plaintext->protocol,
                     harmless(talk.server_plaintext->excerpt)));
  for (const Message& message : talk.messages) note_message(message);

  const Message* hello = find_hello(talk);
  if (hello == nullptr) return;
  for (const Placed& segment : talk.segments)
    if (segment.is(Side::Server) && segment.ack_offset >= hello_end(*hello)) {
      hello_acked_by_ = segment.frame();
      break;
    }
}

std::string LadderNotes::about(const Placed& segment) const {
  std::string text;
  if (segment.header.flags.syn() && segment.header.mss != 0)
    join(text, fmt::format("MSS {}", segment.header.mss));
  if (const auto found = carried_.find(segment.frame()); found != carried_.end())
    join(text, found->second);
  if (is_refused(segment)) {
    join(text, "wrong checksum: no host takes it");
    return text;
  }
  join(text, placement(segment));
  join(text, acknowledgement(segment));
  return text;
}

std::string LadderNotes::about(const IcmpError& error) {
  return icmp_text(error.is_v6, error.type, error.code) + " from " + to_string(error.reporter);
}

void LadderNotes::note(FrameNo frame, const std::string& text) {
  if (frame != FrameNo{}) join(carried_[frame], text);
}

void LadderNotes::note_message(const Message& message) {
  if (message.frames.empty()) return;
  const bool hello = std::holds_alternative<tls::ClientHello>(message.what);
  const std::string what = message_name(message);
  if (message.frames.size() == 1) {
    note(message.frames.front(),
         hello ? fmt::format("{} {}", what, counted(message.wire_bytes, "byte")) : what);
    return;
  }
  for (std::size_t part = 0; part < message.frames.size(); ++part)
    note(message.frames[part],
         fmt::format("{} part {} of {}", what, part + 1, message.frames.size()));
}

bool LadderNotes::is_refused(const Placed& segment) const {
  return std::any_of(talk_.refused.begin(), talk_.refused.end(),
                     [&](const Placed& one) { return one.frame() == segment.frame(); });
}

std::string LadderNotes::acknowledgement(const Placed& segment) const {
  const Message* hello = find_hello(talk_);
  if (hello == nullptr || !segment.is(Side::Server) || segment.ack_offset == Placed::kUnknown)
    return {};
  if (segment.frame() == hello_acked_by_) return "acknowledges the ClientHello";
  // A FIN that bears the number of one of the hello's bytes: the acknowledgement is the FIN's.
  const std::int64_t fin = talk_.side(Side::Client).fin_offset;
  if (fin < hello_end(*hello) && segment.ack_offset == fin + 1) return {};
  if (segment.ack_offset > hello->offset && segment.ack_offset < hello_end(*hello))
    return fmt::format("acknowledges {} of {} bytes of the ClientHello",
                       segment.ack_offset - hello->offset, hello->wire_bytes);
  if (segment.header.flags.has(TcpFlags::kFin | TcpFlags::kRst) &&
      segment.ack_offset <= hello->offset)
    return "acknowledges nothing of the ClientHello";
  return {};
}

}  // namespace whohungup
