// Hand-made segments of one connection for tests of the flow table: "client says this, server
// says that", with sequence numbers kept and every field open to change.
#pragma once

#include <string_view>
#include <vector>

#include "dissect/flow_table.h"

namespace whohungup::test {

using ByteString = std::vector<std::uint8_t>;

/// A minimal TLS 1.2 ClientHello record, `size` bytes on the wire if that is larger.
ByteString client_hello(std::size_t size = 0);
ByteString server_hello();
/// A record header and `length` bytes of filling.
ByteString record(std::uint8_t type, std::size_t length, std::uint8_t fill = 0xaa);
ByteString text(std::string_view);

/// Keeps the numbers of one connection and makes its segments.
struct Talker {
  Endpoint client{{{192, 0, 2, 1}, false}, 40000};
  Endpoint server{{{198, 51, 100, 2}, false}, 443};
  std::uint32_t client_next{1000}, server_next{5000};
  std::uint32_t frame{0};
  Time now{std::chrono::seconds{1}};
  std::uint16_t ip_id{1};
  ByteString held;  // the payload of the last segment

  Segment client_says(std::uint16_t flags, const ByteString& payload = {});
  Segment server_says(std::uint16_t flags, const ByteString& payload = {});
  /// SYN, SYN+ACK, ACK.
  void open(FlowTable&);

 private:
  Segment make(bool from_client, std::uint16_t flags, const ByteString& payload);
};

constexpr std::uint16_t S = TcpFlags::kSyn, A = TcpFlags::kAck, SA = S | A, F = TcpFlags::kFin,
                        FA = F | A, R = TcpFlags::kRst, RA = R | A, PA = TcpFlags::kPsh | A;

/// Collects what was told.
struct Collector : FlowSink {
  void tell(Conversation& talk) override;
  void completed() override { ++num_completed; }
  std::vector<Conversation> told;
  int num_completed{};
};

}  // namespace whohungup::test
