// See probe_conclude.h.
#include "cli/probe_conclude.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "cli/report/words.h"

namespace whohungup {
namespace {

enum class Answer : std::uint8_t { Nothing, Handshake, Alert, Plaintext };
Answer answer_of(const AttemptResult& result) {
  if (result.first_answer.empty()) return Answer::Nothing;
  const std::uint8_t type = result.first_answer[0];
  return type == 22 ? Answer::Handshake : type == 21 ? Answer::Alert : Answer::Plaintext;
}

/// A closed port's reset and a firewall's "port unreachable" are the same errno to connect().
bool refused_by_icmp(const SocketView& socket) {
  return std::any_of(socket.icmp.begin(), socket.icmp.end(),
                     [](const SocketIcmp& one) { return one.error == ECONNREFUSED; });
}

std::string mechanism_of(const AttemptResult& result) {
  const SocketView& socket = result.socket;
  switch (socket.connect_error) {
    case 0:
      break;
    case ECONNREFUSED:
      return refused_by_icmp(socket) ? "icmp" : "rst";
    case ETIMEDOUT:
    case ECANCELED:
      return "silence";
    default:
      return "icmp";
  }
  // What came once we had given up and left answers our own FIN.
  const bool icmp = !socket.icmp.empty() || socket.told_of_icmp;
  if (result.ended == Ended::Silent) return icmp ? "icmp" : "silence";
  if (result.ended == Ended::Finished || result.ended == Ended::FirstAnswer) return "none";
  if (result.reset_ignored) return "rst";
  if (answer_of(result) == Answer::Alert) return "alert";
  if (answer_of(result) == Answer::Plaintext) return "plaintext";
  if (result.ended == Ended::NotGranted &&
      result.dialogue.problem.find("refused") != std::string::npos)
    return "plaintext";
  if (socket.error == ECONNRESET || socket.error == EPIPE) return "rst";
  if (socket.ended) return "fin";
  return icmp ? "icmp" : "silence";
}

std::string stage_of(const AttemptResult& result) {
  const SocketView& socket = result.socket;
  if (socket.connect_error != 0) return "syn";
  if (result.tls) return "established";
  if (answer_of(result) == Answer::Handshake) return "server_hello";
  if (result.ended == Ended::NotGranted) return "accepted";
  // TCP_INFO counts SYN and FIN as a byte each.
  return (socket.sent > 0 && socket.bytes_acked > 1) || answer_of(result) != Answer::Nothing
             ? "client_hello"
             : "accepted";
}

/// Nothing was said and nothing came: the client left by itself.
bool only_looked(const AttemptResult& result, const std::string& mechanism) {
  return mechanism == "silence" && result.ended == Ended::Silent && result.socket.sent == 0;
}

/// Why no packets were judged.
std::string why_alone(const AttemptResult& result) {
  if (!result.resets_ignored) return "no packets were captured";
  if (result.packets.empty())
    return "no packet of this connection passed the interface that was captured on";
  return "its packets hold no TLS and no dialogue that asks for it";
}

}  // namespace

ReadOptions judging_options(const std::vector<Attempt>& attempts) {
  ReadOptions options;
  for (const Attempt& attempt : attempts) options.ports.push_back(attempt.to.port());
  options.all = true;
  options.verbose = true;
  options.quiet = true;
  options.interruptible = false;
  return options;
}

bool is_flow_of(const JudgedAttempt& one, const Conversation& talk) {
  return talk.client.port == one.result.local_port && talk.server.port == one.attempt.to.port();
}

void take(JudgedAttempt& one, const JudgedFlow& flow) {
  one.judged = true;
  one.judgement = flow.judgement;
  one.talk = flow.talk;
  one.code = flow.verdict().code();
  one.confidence = to_string(flow.verdict().confidence);
  one.summary = flow.verdict().summary;
  // A hello that was answered and left alone on purpose was not hung up on. A dialogue that did not
  // come to TLS looks like a health probe where nothing was said; but this client wanted more.
  // The handshake is verified by OpenSSL; that the server took part after the reset is a fact.
  one.result.finished_after_reset =
      one.result.tls && flow.judgement.facts.has(Fact::FinishedAfterRst);
  one.on_purpose =
      one.result.ended == Ended::FirstAnswer && flow.verdict().event.claims != Side::Server;
  one.failed =
      (flow.verdict().failed() && !one.on_purpose) || one.result.ended == Ended::NotGranted;
}

void conclude_from_socket(JudgedAttempt& told) {
  const AttemptResult& result = told.result;
  std::string mechanism = mechanism_of(result);
  const std::string stage = stage_of(result);
  std::string actor = "unknown";
  told.confidence = "undetermined";
  if (mechanism == "none") {
    actor = "nobody";
    // What a deaf socket dropped may have been the reset that ends it for everybody else.
    if (!result.deaf || result.socket.segments_dropped == 0) told.confidence = "suggested";
  } else if (only_looked(result, mechanism)) {
    actor = "client";
    mechanism = "fin";
    told.confidence = "suggested";
  } else if (mechanism == "fin" || mechanism == "alert" || mechanism == "plaintext") {
    actor = "server";
    told.confidence = "suggested";
  }
  told.code = fmt::format("{}.{}.{}", actor, mechanism, stage);
  told.on_purpose = result.ended == Ended::FirstAnswer;
  told.failed = mechanism != "none";
  told.summary =
      fmt::format("{} (by the socket alone: {})", describe_code(told.code), why_alone(result));
  told.summary.front() = static_cast<char>(std::toupper(told.summary.front()));
}

}  // namespace whohungup
