// Reads what was said out of a recorded conversation: TLS messages (opened with the session's
// secrets where there are any), the plaintext dialogue before them, and the plaintext instead.
#include <algorithm>
#include <utility>

#include "dissect/conversation.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {
namespace {

using tls::ContentType;

/// Handshake messages of one side, put together from the fragments of its records.
class HandshakeReader {
 public:
  HandshakeReader(Conversation& talk, Side side, tls::CertificateMemory* memory,
                  bool opened = false, bool tls13 = false)
      : talk_(talk), memory_(memory), side_(side), opened_(opened), tls13_(tls13) {}

  /// Adds the handshake bytes of a record and emits every message they complete.
  void add(const RecordSeen& record, Bytes fragment) {
    if (pending_.empty()) {
      begin_ = record.offset;
      const Bytes rest = emit_whole(record, fragment);
      pending_.assign(rest.begin(), rest.end());
      return;
    }
    pending_.insert(pending_.end(), fragment.begin(), fragment.end());
    const std::size_t left = emit_whole(record, pending_).size();
    pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(left));
  }

  /// A hello that nobody needs any more: the first is written over it, for its memory.
  void write_over(tls::ClientHello& spare) { spare_ = &spare; }

  /// A hello that was never completed, or not captured whole, still says what it says, and its
  /// record's header how long it is on the wire.
  void add_unfinished(std::int64_t offset, std::uint16_t length, Bytes fragment, Time at) {
    RecordSeen record;
    record.offset = begin_ = pending_.empty() ? offset : begin_;
    record.at = at;
    pending_.insert(pending_.end(), fragment.begin(), fragment.end());
    ByteReader reader{Bytes(pending_)};
    const std::uint8_t type = reader.u8();
    reader.skip(3);
    if (reader.ok() && type <= 2) emit(type, reader.rest(), record, end_of(offset, length), true);
  }

 private:
  static std::int64_t end_of(std::int64_t record, std::uint16_t length) {
    return record + static_cast<std::int64_t>(tls::kHeaderSize) + length;
  }

  /// Emits the messages that are whole in `bytes`, and returns what is left of them. `record`
  /// brought the last of the bytes.
  Bytes emit_whole(const RecordSeen& record, Bytes bytes) {
    while (true) {
      ByteReader reader(bytes);
      const std::uint8_t type = reader.u8();
      const ByteReader body = reader.vector24();
      if (!reader.ok()) return bytes;
      emit(type, body.rest(), record, end_of(record.offset, record.length), false);
      bytes = bytes.last(reader.left());
      begin_ = record.offset;
    }
  }

  /// `end` is that of the message's last record.
  void emit(std::uint8_t type, Bytes body, const RecordSeen& record, std::int64_t end,
            bool unfinished) {
    Message& message = talk_.messages.emplace_back();
    message.at = record.at;
    message.claims = side_;
    message.offset = begin_;
    message.opened = opened_;
    message.wire_bytes = static_cast<std::uint32_t>(end - begin_);
    message.frames = talk_.stream(side_).carriers(begin_, end);
    if (message.frames.empty()) message.frames.push_back(record.last);
    if (type == 1)
      read_hello(message.what.emplace<tls::ClientHello>(), body, unfinished);
    else if (type == 2)
      message.what = read_server_hello(body, unfinished);
    else if (type == 11)
      message.what = tls::read_certificates(body, tls13_, memory_);
    else
      message.what = Message::Other{type};
  }

  // A whole hello whose fields contradict each other is a hello all the same: what can be read of
  // it is, and it is marked as cut.
  void read_hello(tls::ClientHello& hello, Bytes body, bool unfinished) {
    if (spare_ != nullptr) hello = std::move(*std::exchange(spare_, nullptr));
    if (!tls::ClientHello::read_into(hello, body, unfinished))
      tls::ClientHello::read_into(hello, body, true);
  }
  static tls::ServerHello read_server_hello(Bytes body, bool unfinished) {
    auto hello = tls::ServerHello::read(body, unfinished);
    return hello ? std::move(*hello) : *tls::ServerHello::read(body, true);
  }

  Conversation& talk_;
  tls::CertificateMemory* memory_;
  Side side_;
  bool opened_, tls13_;
  tls::ClientHello* spare_{};
  std::int64_t begin_{};
  std::vector<std::uint8_t> pending_;
};

/// The fragment of a record as far as it was captured.
Bytes fragment_of(const Conversation& talk, const RecordSeen& record) {
  const Bytes bytes = talk.stream(record.claims).from(record.offset);
  if (bytes.size() <= tls::kHeaderSize) return {};
  return bytes.subspan(tls::kHeaderSize,
                       std::min<std::size_t>(record.length, bytes.size() - tls::kHeaderSize));
}

/// Adds the message that a whole record is.
Message& add_plain_message(Conversation& talk, const RecordSeen& record) {
  Message& message = talk.messages.emplace_back();
  message.at = record.at;
  message.claims = record.claims;
  message.offset = record.offset;
  message.wire_bytes = static_cast<std::uint32_t>(tls::kHeaderSize) + record.length;
  message.frames =
      talk.stream(record.claims).carriers(record.offset, record.offset + message.wire_bytes);
  if (message.frames.empty()) message.frames.push_back(record.last);
  return message;
}

void read_clear_record(Conversation& talk, const RecordSeen& record, HandshakeReader& handshake) {
  const Bytes fragment = fragment_of(talk, record);
  if (record.sealed) {
    add_plain_message(talk, record).what = Message::Sealed{record.type};
  } else if (record.type == ContentType::Handshake) {
    if (fragment.size() == record.length)
      handshake.add(record, fragment);
    else
      handshake.add_unfinished(record.offset, record.length, fragment, record.at);
  } else if (record.type == ContentType::ChangeCipherSpec) {
    add_plain_message(talk, record).what = Message::ChangeCipherSpec{};
  } else if (record.type == ContentType::Alert && fragment.size() >= 2) {
    add_plain_message(talk, record).what = tls::Alert{fragment[0], fragment[1]};
  }
}

/// What began at `next` and was not completed: a hello cut short by the capture or by whoever hung
/// up.
void read_unfinished(Conversation& talk, Side side, std::int64_t next, HandshakeReader& handshake) {
  const Bytes rest = talk.stream(side).from(next);
  const auto header = tls::read_record_header(rest);
  const auto* record = std::get_if<tls::RecordHeader>(&header);
  const bool begun =
      record != nullptr && record->type == ContentType::Handshake && rest.size() > tls::kHeaderSize;
  const bool in_clear =
      std::none_of(talk.messages.begin(), talk.messages.end(), [&](const Message& m) {
        return m.claims == side && std::holds_alternative<Message::ChangeCipherSpec>(m.what);
      });
  if (begun && in_clear)
    handshake.add_unfinished(next, record->length, rest.subspan(tls::kHeaderSize), talk.last);
}

/// The records of both sides as they were captured, so that the messages need seldom be sorted.
void read_clear_records(Conversation& talk, tls::CertificateMemory* memory,
                        tls::ClientHello& spare) {
  HandshakeReader readers[2] = {{talk, Side::Client, memory}, {talk, Side::Server, memory}};
  readers[0].write_over(spare);
  std::int64_t next[2] = {talk.client_tls_at.value_or(0), talk.server_answer_at};
  for (const RecordSeen& record : talk.records) {
    const auto side = static_cast<std::size_t>(record.claims);
    if (record.claims == Side::Client && !talk.client_tls_at) continue;
    next[side] = record.offset + static_cast<std::int64_t>(tls::kHeaderSize) + record.length;
    read_clear_record(talk, record, readers[side]);
  }
  if (talk.client_tls_at) read_unfinished(talk, Side::Client, next[0], readers[0]);
  read_unfinished(talk, Side::Server, next[1], readers[1]);
}

void read_sslv2_hello(Conversation& talk) {
  const Bytes bytes = talk.from_client.from(*talk.client_tls_at);
  auto hello = tls::ClientHello::read_sslv2(bytes);
  if (!hello || bytes.size() < 2) return;
  Message message;
  message.claims = Side::Client;
  message.offset = *talk.client_tls_at;
  message.wire_bytes = 2U + ((bytes[0] & 0x7fU) << 8U) + bytes[1];
  message.frames = talk.from_client.carriers(message.offset, message.offset + message.wire_bytes);
  for (const Placed& segment : talk.segments)
    if (!message.frames.empty() && segment.frame() == message.frames.back())
      message.at = segment.at();
  message.what = std::move(*hello);
  talk.messages.push_back(std::move(message));
}

/// Replaces sealed messages by what they held, where the key log has this session.
void open_records(Conversation& talk, const tls::KeyLog& secrets, tls::CertificateMemory* memory) {
  const Message* client = talk.first<tls::ClientHello>(Side::Client);
  const Message* server = talk.first<tls::ServerHello>(Side::Server);
  while (server != nullptr && std::get<tls::ServerHello>(server->what).is_hello_retry_request())
    server = talk.first<tls::ServerHello>(Side::Server, server);
  if (client == nullptr || server == nullptr) return;
  const auto& hello = std::get<tls::ServerHello>(server->what);
  auto opener = tls::RecordOpener::create(secrets, std::get<tls::ClientHello>(client->what).random,
                                          hello.random, hello.version(), hello.cipher_suite);
  if (!opener) return;
  const bool tls13 = hello.version() >= 0x0304;
  HandshakeReader readers[2] = {{talk, Side::Client, memory, true, tls13},
                                {talk, Side::Server, memory, true, tls13}};
  for (const RecordSeen& record : talk.records) {
    const Bytes fragment = fragment_of(talk, record);
    if (!record.sealed || fragment.size() != record.length) continue;
    const tls::RecordHeader header{record.type, record.version, record.length};
    const auto opened = opener->open(record.claims == Side::Client, header, fragment);
    if (!opened) continue;
    ++talk.records_opened;
    std::erase_if(talk.messages, [&](const Message& m) {
      return m.claims == record.claims && m.offset == record.offset &&
             std::holds_alternative<Message::Sealed>(m.what);
    });
    if (opened->type == ContentType::Handshake) {
      readers[static_cast<std::size_t>(record.claims)].add(record, opened->plaintext);
      continue;
    }
    Message& message = add_plain_message(talk, record);
    message.opened = true;
    if (opened->type == ContentType::Alert && opened->plaintext.size() >= 2)
      message.what = tls::Alert{opened->plaintext[0], opened->plaintext[1]};
    else
      message.what = Message::Sealed{opened->type};
  }
}

/// The client's first where frame and time are the same.
void sort_by_time(std::vector<Message>& messages) {
  const auto earlier = [](const Message& a, const Message& b) {
    if (a.frames.back() != b.frames.back()) return a.frames.back() < b.frames.back();
    return a.at != b.at ? a.at < b.at : a.claims < b.claims;
  };
  if (!std::is_sorted(messages.begin(), messages.end(), earlier))
    std::stable_sort(messages.begin(), messages.end(), earlier);
}

/// The first hello of messages that are read anew or were another conversation's.
tls::ClientHello take_first_hello(std::vector<Message>& messages) {
  for (Message& message : messages)
    if (auto* hello = std::get_if<tls::ClientHello>(&message.what)) return std::move(*hello);
  return {};
}

void read_plaintext(Conversation& talk) {
  const auto clear_until = [](const Stream& stream, std::optional<std::int64_t> tls_at) {
    const Bytes bytes = stream.prefix();
    return tls_at ? bytes.first(std::min(bytes.size(), static_cast<std::size_t>(*tls_at))) : bytes;
  };
  const Bytes client = clear_until(talk.from_client, talk.client_tls_at);
  const Bytes server = talk.client_tls_at ? clear_until(talk.from_server, talk.server_answer_at)
                                          : talk.from_server.prefix();
  // The flow table may have asked already, about the same bytes.
  if (!talk.dialogue && (!client.empty() || !server.empty()))
    talk.dialogue = recognise_dialogue(client, server);
  talk.proxy_header = read_proxy_header(client);
  if (!client.empty()) talk.client_plaintext = recognise_client_plaintext(client);

  const Bytes answer = talk.from_server.from(talk.client_tls_at ? talk.server_answer_at : 0);
  if (!talk.server_tls_at && !answer.empty())
    talk.server_plaintext = recognise_server_plaintext(answer);
}

}  // namespace

bool tls_still_possible(const Dialogue& dialogue) {
  if (dialogue.asked || dialogue.turned_away) return true;
  return !dialogue.went_on_without_tls && !dialogue.goodbye_at;
}

std::vector<const Placed*> all_segments(const Conversation& talk) {
  std::vector<const Placed*> all;
  all.reserve(talk.segments.size() + talk.refused.size());
  for (const Placed& segment : talk.segments) all.push_back(&segment);
  for (const Placed& segment : talk.refused) all.push_back(&segment);
  if (!talk.refused.empty())
    std::stable_sort(all.begin(), all.end(),
                     [](const Placed* a, const Placed* b) { return a->frame() < b->frame(); });
  return all;
}

void converse(Conversation& talk, const tls::KeyLog* secrets, tls::CertificateMemory* memory) {
  constexpr std::size_t kUsual = 16;  // of a whole handshake
  tls::ClientHello spare = take_first_hello(talk.messages);
  talk.messages.clear();
  talk.messages.reserve(std::min(talk.records.size() + 1, kUsual));
  talk.records_opened = 0;
  if (talk.client_tls_at || talk.server_tls_at) {
    if (talk.sslv2_hello) read_sslv2_hello(talk);
    read_clear_records(talk, memory, spare);
    sort_by_time(talk.messages);
    if (secrets != nullptr && !secrets->empty()) {
      open_records(talk, *secrets, memory);
      sort_by_time(talk.messages);
    }
  }
  read_plaintext(talk);
}

}  // namespace whohungup
