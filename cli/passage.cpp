// See passage.h.
#include "cli/passage.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "dissect/decode.h"

namespace whohungup {
namespace {

/// Linux acknowledges within 200 ms at the latest (TCP_DELACK_MAX) and asks for a connection again
/// after a second: what it has not taken by then it was not given.
constexpr Duration kTaken = std::chrono::milliseconds{500};

class Reader {
 public:
  Reader(const AttemptResult& result, std::uint16_t server_port)
      : result_(result), server_port_(server_port), left_(result.socket.sent) {}

  Passage read() {
    Decoder decoder;
    std::uint32_t number = 0;
    for (const Caught& one : result_.packets) {
      const Packet packet{one.at, one.bytes, FrameNo{++number}, one.wire_len, 0, one.link};
      const Decoded decoded = decoder.decode(packet);
      const auto* segment = std::get_if<Segment>(&decoded);
      if (segment == nullptr) continue;
      if (segment->from.port == result_.local_port && segment->to.port == server_port_)
        ours(segment->header);
      else if (segment->from.port == server_port_ && segment->to.port == result_.local_port)
        theirs(segment->header);
    }
    const bool connected = result_.socket.connect_error == 0;
    if (!first_) return {.never_left = !connected && !answered_, .beside = connected};
    return {.never_left = connected && never_left(),
            .not_let_in = connected ? not_let_in() : handshake_not_let_in(),
            .beside = false};
  }

 private:
  struct Came {
    Seq begin, end;
    Time at{};
  };

  void ours(const SegmentHeader& header) {
    if (!over_) take_notice(header);
    if (header.flags.syn()) first_ = header.seq + 1;
    if (!first_ || header.flags.syn()) return;
    const std::int64_t begin = header.seq - *first_;
    for (std::int64_t at = std::max<std::int64_t>(begin, 0);
         at < begin + header.payload_len && at < static_cast<std::int64_t>(left_.size()); ++at)
      left_[static_cast<std::size_t>(at)] = true;
  }

  void take_notice(const SegmentHeader& header) {
    last_ = header.at;
    // A socket that is neither closed nor reset sends no reset: a firewall refused in its name.
    if (header.flags.rst()) refused_ = refused_ || (!closed_ && next_came());
    closed_ = closed_ || header.flags.fin();
    if (header.flags.ack() && !header.flags.rst() && (!taken_ || header.ack - *taken_ > 0))
      taken_ = header.ack;
  }

  void theirs(const SegmentHeader& header) {
    answered_ = true;
    over_ = over_ || header.flags.rst();  // what comes then is answered by the kernel alone
    const bool no_answer = header.flags.syn() && (!first_ || !(header.ack == *first_));
    if (over_ || no_answer || header.tcp_checksum == ChecksumState::Bad) return;
    window_ = header.window;
    if (first_ && header.flags.ack()) acked_ = std::max<std::int64_t>(acked_, header.ack - *first_);
    const std::uint32_t length =
        header.payload_len + (header.flags.syn() ? 1U : 0U) + (header.flags.fin() ? 1U : 0U);
    if (length > 0) came_.push_back({header.seq, header.seq + length, header.at});
  }

  /// Where a part is missing the kernel must have sent it: either it sent what lies behind it, or
  /// all before it was acknowledged and there was room for more. After a reset it sends nothing.
  [[nodiscard]] bool never_left() const {
    if (over_) return false;
    const auto missing = std::find(left_.begin(), left_.end(), false);
    if (missing == left_.end()) return false;
    const bool later_left = std::find(missing, left_.end(), true) != left_.end();
    return later_left || (missing - left_.begin() <= acked_ && window_ > 0);
  }

  /// The next bytes in turn came, so long ago or longer, and are not acknowledged.
  [[nodiscard]] bool next_came(Duration ago = {}) const {
    return taken_ && std::any_of(came_.begin(), came_.end(), [&](const Came& one) {
             return one.begin - *taken_ <= 0 && one.end - *taken_ > 0 && last_ - one.at >= ago;
           });
  }
  [[nodiscard]] bool not_let_in() const { return refused_ || next_came(kTaken); }

  /// A SYN+ACK came, and SYNs were sent on.
  [[nodiscard]] bool handshake_not_let_in() const {
    return std::any_of(came_.begin(), came_.end(),
                       [&](const Came& one) { return last_ - one.at > kTaken; });
  }

  const AttemptResult& result_;
  std::uint16_t server_port_;
  std::vector<bool> left_;            // each byte the socket sent, and whether it was seen to leave
  std::optional<Seq> first_, taken_;  // our first byte; the highest acknowledgement of ours
  std::int64_t acked_{};              // of our bytes, by the other side
  std::uint16_t window_{1};           // as it said last
  bool answered_{}, refused_{}, closed_{}, over_{};
  Time last_{};  // of our own
  std::vector<Came> came_;
};

}  // namespace

Passage passage_of(const AttemptResult& result, std::uint16_t server_port) {
  return Reader(result, server_port).read();
}

}  // namespace whohungup
