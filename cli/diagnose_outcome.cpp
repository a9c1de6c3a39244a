// See diagnose_outcome.h. The verdict comes first; where a connection bore no hello and none was
// judged, the socket says what it saw.
#include "cli/diagnose_outcome.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "cli/passage.h"
#include "cli/report/escape.h"
#include "dissect/icmp_meaning.h"

namespace whohungup {
namespace {

/// A verdict's code, taken apart.
struct Words {
  std::string_view actor, mechanism, stage;
  explicit Words(std::string_view code) {
    const std::size_t first = code.find('.'), last = code.rfind('.');
    if (first == std::string_view::npos || first == last) return;
    actor = code.substr(0, first);
    mechanism = code.substr(first + 1, last - first - 1);
    stage = code.substr(last + 1);
  }
};

std::string first_line(const std::vector<std::uint8_t>& bytes) {
  std::string text(bytes.begin(), bytes.end());
  text = text.substr(0, text.find_first_of("\r\n"));
  return ascii_only(text);
}

bool contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool contains_any(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return contains(text, word); });
}

bool speaks_of_a_limit(std::string_view reply) {
  constexpr std::array<std::string_view, 4> kWords{"too many", "try again later",
                                                   "connection limit", "service not available"};
  return contains_any(reply, kWords);
}

/// A reply for good (SMTP's 5xx, IMAP's BYE, POP3's -ERR) that calls the client blocked or denied:
/// "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using …". Not one about STARTTLS.
bool denies(std::string_view reply) {
  const bool for_good =
      reply.starts_with("5") || reply.starts_with("* BYE") || reply.starts_with("-ERR");
  constexpr std::array<std::string_view, 11> kWords{
      "blocked",   "denied",     "access",     "block list", "blocklist", "block-list",
      "blacklist", "allow list", "allow-list", "banned",     "rejected"};
  return for_good && contains_any(reply, kWords) && !contains(reply, "TLS") &&
         !speaks_of_a_limit(reply);
}

/// A greeting that sends the client away for now: SMTP's 421 and 450, IMAP's BYE, POP3's -ERR, or
/// words to that effect.
bool turns_away(std::string_view greeting) {
  if (speaks_of_a_limit(greeting)) return true;
  constexpr std::array<std::string_view, 5> kCodes{"421", "450", "120", "* BYE", "-ERR"};
  return !denies(greeting) && std::any_of(kCodes.begin(), kCodes.end(), [&](std::string_view code) {
    return greeting.starts_with(code);
  });
}

Certificate certificate_of(const TlsView& tls, bool for_our_name) {
  if (tls.chain.empty()) return Certificate::Unseen;
  if (contains(tls.chain_problem, "expired")) return Certificate::Expired;
  if (contains(tls.chain_problem, "not yet valid")) return Certificate::NotYetValid;
  if (for_our_name && !tls.name_matches) return Certificate::OtherName;
  return tls.chain_problem.empty() ? Certificate::Fine : Certificate::Untrusted;
}

/// OpenSSL's name of a version as its number.
std::uint16_t version_of(std::string_view name) {
  if (name == "TLSv1.3") return 0x0304;
  if (name == "TLSv1.2") return 0x0303;
  if (name == "TLSv1.1") return 0x0302;
  return name == "TLSv1" ? 0x0301 : 0x0300;
}

bool changes_the_name(Variant variant) {
  return variant == Variant::NoName || variant == Variant::OtherName ||
         variant == Variant::ForeignName;
}

Mechanism mechanism_named(std::string_view word) {
  for (const Mechanism one : {Mechanism::Fin, Mechanism::Rst, Mechanism::Alert,
                              Mechanism::Plaintext, Mechanism::Icmp, Mechanism::Silence})
    if (to_string(one) == word) return one;
  return Mechanism::None;
}

class Reading {
 public:
  Reading(Variant variant, const JudgedAttempt& one, bool named)
      : variant_(variant), one_(one), result_(one.result), words_(one.code), named_(named) {}

  Outcome read() {
    out_.code = one_.code;
    passage();
    out_.ending = ending();
    out_.lasted =
        std::max(Duration{0}, result_.took - std::chrono::microseconds(result_.socket.rtt_us));
    out_.finished_after_reset = result_.finished_after_reset;
    out_.reset_seen = result_.reset_ignored || words_.mechanism == "rst";
    // A socket alone cannot tell a reset at accept from one that answers what it sent.
    out_.untouched = words_.stage == "accepted" && (one_.judgement || result_.socket.sent == 0);
    out_.answer_lost = out_.ending == Ending::Silent && result_.first_answer.empty() &&
                       has(Fact::ServerStreamHole) && !has(Fact::CaptureDroppedFrames);
    out_.taken_in = taken_in();
    blame();
    plaintext();
    handshake();
    icmp();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool has(Fact fact) const {
    return one_.judgement && one_.judgement->facts.has(fact);
  }
  [[nodiscard]] bool spoke_tls() const {
    return !result_.first_answer.empty() && result_.first_answer[0] == 22;
  }

  /// By an acknowledgement with the SYN+ACK's own hop limit, captured before what ended it.
  [[nodiscard]] bool taken_in() const {
    if (!has(Fact::HelloAcked) || !has(Fact::HelloAckTtlSame)) return false;
    const Observation* const acked = one_.judgement->facts.find(Fact::HelloAcked);
    return acked != nullptr && acked->frames.back() < one_.judgement->verdict.event.frame;
  }

  Ending ending() {
    if (words_.stage == "syn") return refusal();
    if (result_.finished_after_reset) return Ending::Answered;
    if (!info(variant_).hello && result_.ended != Ended::NotGranted) return without_hello();
    if (result_.ended == Ended::NotGranted) return dialogue();
    if (result_.ended == Ended::FirstAnswer && spoke_tls()) return Ending::Answered;
    if (words_.mechanism == "none") return Ending::Answered;
    if (words_.stage == "server_hello" || words_.stage == "established") return behind_hello();
    if (heard_nothing()) return silence();
    if (words_.mechanism == "alert") return alert();
    if (words_.mechanism == "plaintext") return Ending::Plaintext;
    return hang_up();
  }

  [[nodiscard]] Ending refusal() const {
    if (words_.mechanism == "rst") return Ending::Refused;
    return words_.mechanism == "icmp" ? Ending::Unreachable : Ending::Unanswered;
  }

  /// Nothing was said, or no hello: the socket knows.
  [[nodiscard]] Ending without_hello() const {
    const bool mute = variant_ == Variant::Connect || variant_ == Variant::BannerWait;
    if (!result_.first_answer.empty()) {
      if (mute) return Ending::Greeted;
      const std::uint8_t type = result_.first_answer[0];
      return type >= 20 && type <= 23 ? Ending::Alert : Ending::Plaintext;
    }
    if (result_.ended == Ended::ByServer) return Ending::Fin;
    if (result_.ended == Ended::Broken) return Ending::Rst;
    // Packets know more than a socket that is deaf to resets, or has left before one came.
    if (mute && one_.judgement && words_.actor != "client") {
      if (words_.mechanism == "fin") return Ending::Fin;
      if (words_.mechanism == "rst") return Ending::Rst;
    }
    if (mute) return Ending::Open;
    if (!result_.socket.icmp.empty() && !acknowledged()) return Ending::Icmp;
    return acknowledged() ? Ending::Silent : Ending::Unacked;
  }
  /// TCP_INFO counts the SYN as one byte.
  [[nodiscard]] bool acknowledged() const {
    return result_.socket.bytes_acked > result_.socket.sent;
  }

  [[nodiscard]] Ending dialogue() const {
    const auto& said = result_.dialogue.said;
    const bool greeted =
        std::any_of(said.begin(), said.end(), [](const Said& one) { return !one.by_us; });
    if (greeted) {
      if (words_.mechanism == "rst" && words_.actor != "client") return Ending::Rst;
      return words_.mechanism == "silence" ? Ending::Silent : Ending::NoTls;
    }
    // We left ourselves after a wait in vain.
    if (words_.actor == "client") return Ending::NoGreeting;
    if (words_.mechanism == "fin") return Ending::Fin;
    if (words_.mechanism == "rst") return Ending::Rst;
    if (words_.mechanism == "plaintext") return Ending::NoTls;
    return said.empty() ? Ending::NoGreeting : hang_up();
  }

  /// The packets tell it only where all of them were captured.
  void passage() {
    const bool captured = result_.resets_ignored.has_value();
    if (!captured || has(Fact::CaptureDroppedFrames)) return;
    const Passage passage = passage_of(result_, one_.attempt.to.port());
    out_.never_left = passage.never_left;
    out_.not_let_in = passage.not_let_in;
    out_.beside = passage.beside;
  }

  /// What came as far as this machine and no further is no answer; then it was we who left.
  [[nodiscard]] bool heard_nothing() const {
    return out_.not_let_in && result_.first_answer.empty();
  }

  Ending behind_hello() {
    if (heard_nothing()) return Ending::Silent;
    const bool ours = words_.actor == "client" && words_.mechanism == "alert";
    const bool version = contains(result_.tls_error, "protocol version") ||
                         contains(result_.tls_error, "unsupported protocol") ||
                         contains(result_.tls_error, "wrong version");
    if (ours && version) return Ending::Mismatched;
    // A client that leaves when its time is over was met by silence.
    const bool left = words_.actor == "client" && result_.ended == Ended::Silent;
    out_.broke_by = left ? Mechanism::Silence : mechanism_named(words_.mechanism);
    return Ending::Broken;
  }

  Ending alert() {
    if (one_.judgement) out_.alert = one_.judgement->verdict.event.alert_description;
    if (out_.alert == 0 && result_.first_answer.size() > 6) out_.alert = result_.first_answer[6];
    return Ending::Alert;
  }

  [[nodiscard]] Ending hang_up() const {
    if (words_.actor == "client") return silence();
    if (words_.mechanism == "fin") return Ending::Fin;
    if (words_.mechanism == "rst") return Ending::Rst;
    if (words_.mechanism == "icmp") return Ending::Icmp;
    return silence();
  }
  [[nodiscard]] Ending silence() const {
    if (one_.judgement) return has(Fact::HelloAcked) ? Ending::Silent : Ending::Unacked;
    return acknowledged() ? Ending::Silent : Ending::Unacked;
  }

  void blame() {
    if (!one_.judgement) return;
    out_.actor = one_.judgement->verdict.actor;
    out_.confidence = one_.judgement->verdict.confidence;
  }

  void plaintext() {
    const auto& said = result_.dialogue.said;
    const auto greeting =
        std::find_if(said.begin(), said.end(), [](const Said& one) { return !one.by_us; });
    if (greeting != said.end()) out_.said = greeting->text;
    if (out_.ending == Ending::Greeted || out_.ending == Ending::Plaintext)
      out_.said = first_line(result_.first_answer);
    if (out_.ending == Ending::NoTls) {
      const auto last =
          std::find_if(said.rbegin(), said.rend(), [](const Said& one) { return !one.by_us; });
      if (last != said.rend()) out_.refusal = ascii_only(last->text);
    }
    const bool later =
        turns_away(out_.said) || out_.refusal.starts_with("421") || speaks_of_a_limit(out_.refusal);
    out_.turned_away = later && out_.ending != Ending::Answered;
    out_.denied = out_.ending != Ending::Answered && (denies(out_.said) || denies(out_.refusal));
    out_.rewritten = has(Fact::StarttlsRewritten);
    out_.tls_offered = result_.dialogue.granted;
  }

  void handshake() {
    if (result_.tls) {
      out_.version = version_of(result_.tls->version);
      out_.certificate_asked = result_.tls->client_certificate_asked;
      if (!changes_the_name(variant_)) out_.certificate = certificate_of(*result_.tls, named_);
    }
    if (!one_.talk) return;
    for (const Message& message : one_.talk->messages) {
      if (message.claims != Side::Server) continue;
      if (const auto* alert = std::get_if<tls::Alert>(&message.what);
          alert != nullptr && !alert->fatal() && out_.hung_up())
        out_.warned = alert->description;
      if (const auto* hello = std::get_if<tls::ServerHello>(&message.what);
          hello != nullptr && !hello->is_hello_retry_request())
        out_.version = hello->version();
      const auto* other = std::get_if<Message::Other>(&message.what);
      constexpr std::uint8_t kCertificateRequest = 13;  // RFC 5246 §7.4.4, RFC 8446 §4.3.2
      if (other != nullptr && other->type == kCertificateRequest) out_.certificate_asked = true;
    }
  }

  void icmp() {
    const std::string target = one_.attempt.to.ip();
    const auto& all = result_.socket.icmp;
    out_.icmp_from_target = (one_.judgement && has(Fact::IcmpFromServer)) ||
                            std::any_of(all.begin(), all.end(), [&](const SocketIcmp& one) {
                              return one.reporter == target;
                            });
    if (!all.empty())
      out_.icmp = describe(all.front().reporter, all.front().type, all.front().code);
    else if (one_.talk && !one_.talk->icmp.empty())
      out_.icmp = describe(to_string(one_.talk->icmp.front().reporter),
                           one_.talk->icmp.front().type, one_.talk->icmp.front().code);
    out_.no_way = out_.ending == Ending::Unreachable && !all.empty() &&
                  std::all_of(all.begin(), all.end(), [&](const SocketIcmp& one) {
                    return icmp_no_way(one.type, one.code, one_.attempt.to.is_v6());
                  });
  }

  static std::string describe(const std::string& reporter, unsigned type, unsigned code) {
    return fmt::format("{} (type {}, code {})", reporter, type, code);
  }

  Variant variant_;
  const JudgedAttempt& one_;
  const AttemptResult& result_;
  Words words_;
  bool named_;
  Outcome out_;
};

}  // namespace

Outcome outcome_of(Variant variant, const JudgedAttempt& one, bool named) {
  return Reading(variant, one, named).read();
}

std::string protocol_of_greeting(std::string_view greeting, std::uint16_t port) {
  if (greeting.starts_with("* OK")) return "imap";
  if (greeting.starts_with("+OK")) return "pop3";
  if (greeting.starts_with("220")) {
    if (port == 21 || contains(greeting, "ftp")) return "ftp";
    return port == 24 || contains(greeting, "lmtp") ? "lmtp" : "smtp";
  }
  if (greeting.starts_with("200") || greeting.starts_with("201")) return "nntp";
  if (contains(greeting, "\"SIEVE\"") || contains(greeting, "\"IMPLEMENTATION\"")) return "sieve";
  return {};
}

}  // namespace whohungup
