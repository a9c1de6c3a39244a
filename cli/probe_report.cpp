// See probe_report.h.
#include "cli/probe_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "cli/report/escape.h"
#include "cli/report/words.h"
#include "dissect/icmp_names.h"

namespace whohungup {
namespace {

constexpr std::array<std::string_view, 8> kEnded{"not-connected", "not-granted", "finished",
                                                 "first-answer",  "by-server",   "broken",
                                                 "silent",        "stopped"};

std::string_view word_for(Ended ended) { return kEnded[static_cast<std::size_t>(ended)]; }

std::string errno_name(int error) { return error == 0 ? std::string() : strerrorname_np(error); }

int decisive_error(const SocketView& socket) {
  return socket.connect_error != 0 ? socket.connect_error : socket.error;
}

std::string item(std::string_view text) { return wrapped("  - ", text); }

/// Each message once, with how often it came.
std::string icmp_told(const SocketView& socket) {
  std::map<std::string, unsigned> times;
  for (const SocketIcmp& one : socket.icmp) {
    const bool is_v6 = one.reporter.find(':') != std::string::npos;
    ++times[icmp_text(is_v6, one.type, one.code) + " from " + one.reporter];
  }
  std::string out;
  for (const auto& [message, count] : times)
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", message,
                       count > 1 ? fmt::format(", {} times", count) : std::string());
  return out;
}

std::string socket_text(const AttemptResult& result) {
  const SocketView& socket = result.socket;
  std::string text = fmt::format("from port {}, {} bytes written, {} read", result.local_port,
                                 socket.sent, socket.received);
  if (socket.connect_error == 0)
    text += fmt::format("; rtt {:.2f} ms, {} retransmitted", socket.rtt_us / 1000.0,
                        counted(socket.retransmits, "segment"));
  if (const int error = decisive_error(socket); error != 0)
    text += fmt::format("; {} ({})", errno_name(error), std::strerror(error));
  if (socket.ended) text += "; the server's FIN was read";
  if (const std::string icmp = icmp_told(socket); !icmp.empty()) text += "; " + icmp;
  return text;
}

/// "26 bytes before TLS: 14 + 12, then the hello's 332: written 358"
std::string dialogue_sum(const AttemptResult& result) {
  std::string parts;
  std::uint64_t before = 0;
  for (const Said& said : result.dialogue.said) {
    if (!said.by_us) continue;
    before += said.bytes;
    parts += fmt::format("{}{}", parts.empty() ? "" : " + ", said.bytes);
  }
  if (before == 0) return {};
  if (!result.dialogue.granted) return fmt::format("written {} = {}", before, parts);
  return fmt::format("written {} = {} + {} (the hello){}", result.socket.sent, parts,
                     result.hello_bytes,
                     result.socket.sent > before + result.hello_bytes ? " + what came after" : "");
}

std::string dialogue_text(const AttemptResult& result) {
  std::string out;
  for (const Said& said : result.dialogue.said)
    out += wrapped(fmt::format("  {} {:>4} ", said.by_us ? ">" : "<", said.bytes),
                   ascii_only(said.text));
  if (const std::string sum = dialogue_sum(result); !sum.empty()) out += item(sum);
  if (!result.dialogue.problem.empty()) out += item(ascii_only(result.dialogue.problem));
  return out;
}

std::string tls_text(const TlsView& tls) {
  return item(
      fmt::format("handshake finished: {}, {}{}{}; the server's signature over it ({}) is verified",
                  tls.version, tls.cipher, tls.group.empty() ? "" : ", " + tls.group,
                  tls.alpn.empty() ? "" : ", ALPN " + ascii_only(tls.alpn),
                  tls.signature.empty() ? "none: key transport" : tls.signature));
}

std::string out_of_date(const CertificateView& one) {
  return one.expired ? "has expired" : one.not_yet_valid ? "is not valid yet" : "";
}

std::string certificates_text(const CertificatesView& shown) {
  std::string out;
  for (const CertificateView& one : shown.chain) {
    const std::string date = out_of_date(one);
    out += item(fmt::format("certificate {}, issued by {}, valid {} to {}{}",
                            ascii_only(one.subject), ascii_only(one.issuer), one.not_before,
                            one.not_after, date.empty() ? "" : ": it " + date));
  }
  out += item(shown.chain_problem.empty() ? "the chain leads to a trusted root and is in date"
                                          : "the chain is not trusted: " + shown.chain_problem);
  out += item(shown.name_matches ? "the certificate is for this name"
                                 : "the certificate is for another name");
  if (shown.client_certificate_asked)
    out += item("the server asked for a client certificate; the probe has none");
  return out;
}

/// Why a client that checks certificates leaves where the probe went on; empty if it would not.
std::string refusal_of_certificates(const CertificatesView& shown) {
  std::string why;
  const auto add = [&](const std::string& one) { why += (why.empty() ? "" : ", ") + one; };
  if (!shown.chain.empty()) {
    if (const std::string date = out_of_date(shown.chain.front()); !date.empty()) add("it " + date);
  }
  if (!shown.name_matches) add("it is for another name");
  const bool told = !why.empty() && shown.chain_problem.find("certificate has expired") == 0;
  if (!shown.chain_problem.empty() && !told)
    add(fmt::format("its chain is not trusted here ({})", shown.chain_problem));
  return why;
}

/// What the reset-immune socket and the keep-alive showed (diagnosis.md A2, A3).
std::string proof_text(const JudgedAttempt& told, bool passive) {
  const AttemptResult& result = told.result;
  const bool reset = result.socket.error == ECONNRESET || result.socket.error == EPIPE;
  if (reset && !result.deaf && !passive)
    return item(
        "whether the server lives on after the reset was not asked: this kernel lets only "
        "a process with CAP_NET_ADMIN make its socket deaf to resets");
  if (!told.judged && result.socket.segments_dropped > 0 && !result.reset_ignored)
    return item(
        fmt::format("the socket, deaf to resets, dropped {}: resets or repeats, which only a "
                    "capture tells apart",
                    counted(result.socket.segments_dropped, "segment")));
  if (!result.reset_ignored) return {};
  if (result.finished_after_reset)
    return item(fmt::format(
        "a reset came, the probe's socket did not hear it, and the server finished the handshake, "
        "signed it and went on: whoever holds the certificate's key did not send that reset{}",
        told.confidence == "proven" ? "" : " (another node at its address may have)"));
  if (told.code.find(".rst.") == std::string::npos)
    return result.alive_after_reset
               ? item(
                     "a reset came later, the probe's socket did not hear it, and the server went "
                     "on: a client that hears it is cut off there")
               : std::string();
  if (result.dead_after_reset)
    return item(
        "after the reset the server was asked again and answered with another reset: it "
        "has no such connection any more, as after its own reset. A box that resets both "
        "sides leaves the same, so this excludes little");
  return item(
      "a reset came and the probe's socket did not hear it; nothing conclusive came after "
      "that (a box that resets both sides, or drops what follows, leaves the same)");
}

void write_socket(JsonWriter& json, const AttemptResult& result) {
  const SocketView& socket = result.socket;
  json.key("socket").open_object();
  json.field("local_port", result.local_port);
  json.text_or_null("errno", errno_name(decisive_error(socket)));
  json.field("sent", socket.sent).field("received", socket.received);
  json.field("fin_read", socket.ended).field("rtt_us", socket.rtt_us);
  json.field("bytes_acked", socket.bytes_acked).field("retransmits", socket.retransmits);
  json.key("resets_ignored");
  if (result.resets_ignored)
    json.value(*result.resets_ignored);
  else
    json.value(nullptr);
  json.field("segments_dropped", socket.segments_dropped);
  json.text_or_null("tcp_state", socket.state);
  json.key("icmp").open_array();
  for (const SocketIcmp& one : socket.icmp)
    json.open_object()
        .field("reporter", one.reporter)
        .field("type", one.type)
        .field("code", one.code)
        .close_object();
  json.close_array().close_object();
}

void write_dialogue(JsonWriter& json, const AttemptResult& result) {
  json.key("dialogue");
  if (result.dialogue.said.empty() && result.dialogue.problem.empty()) {
    json.value(nullptr);
    return;
  }
  json.open_object().field("granted", result.dialogue.granted);
  json.text_or_null("problem", result.dialogue.problem);
  json.key("steps").open_array();
  for (const Said& said : result.dialogue.said)
    json.open_object()
        .field("by", said.by_us ? "client" : "server")
        .field("bytes", said.bytes)
        .field("text", said.text)
        .close_object();
  json.close_array().close_object();
}

void write_certificates(JsonWriter& json, const CertificatesView& shown) {
  json.text_or_null("chain_problem", shown.chain_problem);
  json.field("name_matches", shown.name_matches);
  json.field("client_certificate_asked", shown.client_certificate_asked);
  json.key("chain").open_array();
  for (const CertificateView& one : shown.chain)
    json.open_object()
        .field("subject", one.subject)
        .field("issuer", one.issuer)
        .field("not_before", one.not_before)
        .field("not_after", one.not_after)
        .field("expired", one.expired)
        .field("not_yet_valid", one.not_yet_valid)
        .field("names", one.names)
        .close_object();
  json.close_array();
}

void write_tls_view(JsonWriter& json, const AttemptResult& result) {
  json.key("tls");
  if (!result.tls) {
    json.value(nullptr);
    return;
  }
  const TlsView& tls = *result.tls;
  json.open_object().field("version", tls.version).field("cipher", tls.cipher);
  json.text_or_null("group", tls.group).text_or_null("alpn", tls.alpn);
  json.text_or_null("signature", tls.signature);
  write_certificates(json, tls);
  json.close_object();
}

void write_shown(JsonWriter& json, const AttemptResult& result) {
  json.key("certificates_shown");
  if (!result.certificates) {
    json.value(nullptr);
    return;
  }
  json.open_object();
  write_certificates(json, *result.certificates);
  json.close_object();
}

std::string in_words(const JudgedAttempt& told) {
  return told.on_purpose ? "the hello was answered" : describe_code(told.code);
}

std::string who(const JudgedAttempt& told) {
  return fmt::format("{} port {}", told.attempt.to.ip(), told.attempt.to.port());
}

/// What the packets alone do not say and comes first: why the probe left by itself, or what a
/// client that checks certificates does here. Empty elsewhere.
std::string what_comes_first(const JudgedAttempt& told) {
  const AttemptResult& result = told.result;
  if (result.ended == Ended::Stopped)
    return "The probe was stopped before anything was decided; what follows is as far as it got.";
  if (result.tls && told.code.starts_with("nobody.")) {
    const std::string why = refusal_of_certificates(*result.tls);
    if (!why.empty())
      return "The server finished the handshake, but a client that checks its certificate refuses "
             "it: " +
             why + ".";
  }
  if (told.on_purpose || !told.code.starts_with("client.")) return {};
  const std::string after = " The packets show the probe itself leave after that.";
  if (result.ended == Ended::NotGranted)
    return "It did not come to TLS: " + ascii_only(result.dialogue.problem) + "." + after;
  if (result.ended == Ended::Silent)
    return "The server's answer was not complete when the probe's time was up." + after;
  if (!result.tls_error.empty())
    return "OpenSSL could not go on with what the server said: " + ascii_only(result.tls_error) +
           "." + after;
  return {};
}

}  // namespace

std::string purpose_text(const JudgedAttempt& told) {
  if (const std::string why = what_comes_first(told); !why.empty()) return wrapped("", why) + "\n";
  if (!told.on_purpose) return {};
  const std::string& why = told.result.unfinished;
  return wrapped("",
                 "The hello was answered, and the probe left on purpose: " +
                     (why.empty() ? "it was told to stop at the first answer" : why) +
                     ". Nobody hung up on it; who reads the packets alone sees the client close "
                     "a handshake that had begun.") +
         "\n";
}

std::string probe_text(const JudgedAttempt& told, const Style& style, bool passive) {
  const AttemptResult& result = told.result;
  std::string out = "\n" + style.bold("What the probe saw") + "\n" + item(socket_text(result));
  out += dialogue_text(result);
  if (result.tls) out += tls_text(*result.tls) + certificates_text(*result.tls);
  if (result.certificates)
    out += item("the handshake was not finished; before it ended the server had shown this:") +
           certificates_text(*result.certificates);
  if (!result.tls_error.empty()) out += item("OpenSSL: " + ascii_only(result.tls_error));
  return out + proof_text(told, passive);
}

std::string probe_line(JsonWriter& json, const JudgedAttempt& told) {
  const AttemptResult& result = told.result;
  json.open_object().field("schema", "whohungup/1").field("type", "probe");
  json.field("target", told.attempt.target.text);
  json.key("server")
      .open_object()
      .field("ip", told.attempt.to.ip())
      .field("port", told.attempt.to.port())
      .close_object();
  json.text_or_null("starttls", told.attempt.starttls);
  json.field("captured", told.judged).field("packets", result.packets.size());
  json.text_or_null("problem", result.problem);
  json.key("verdict").open_object().field("code", told.code).field("confidence", told.confidence);
  json.field("summary", told.summary).field("from", told.judged ? "packets" : "socket");
  json.field("hung_up", told.failed).field("left_on_purpose", told.on_purpose);
  json.close_object();
  json.field("ended", word_for(result.ended)).field("hello_bytes", result.hello_bytes);
  json.text_or_null("unfinished_because", result.unfinished);
  json.text_or_null("tls_error", result.tls_error);
  json.key("proof").open_object().field("deaf_to_resets", result.deaf);
  json.field("reset_ignored", result.reset_ignored);
  json.field("finished_after_reset", result.finished_after_reset);
  json.field("dead_after_reset", result.dead_after_reset).close_object();
  write_socket(json, result);
  write_dialogue(json, result);
  write_tls_view(json, result);
  write_shown(json, result);
  return json.close_object().line();
}

namespace {

/// What a table of codes leaves out: why the probe itself left, for each reason once.
std::string purposes_text(const std::vector<JudgedAttempt>& all) {
  std::map<std::string, std::set<std::string>> places;
  for (const JudgedAttempt& told : all)
    if (const std::string why = purpose_text(told); !why.empty()) places[why].insert(who(told));
  std::string out;
  for (const auto& [why, at] : places)
    out += "\n" + wrapped("", fmt::format("At {}:", fmt::join(at, ", "))) + why;
  return out;
}

}  // namespace

std::string difference_text(const std::vector<JudgedAttempt>& all) {
  std::map<std::string, std::vector<const JudgedAttempt*>> by_code;
  for (const JudgedAttempt& told : all) by_code[told.code].push_back(&told);
  if (all.size() < 2) return {};
  const std::string why = purposes_text(all);
  if (by_code.size() == 1)
    return wrapped("", fmt::format("All {} attempts ended alike: {} ({})", all.size(),
                                   in_words(all.front()), all.front().code)) +
           why;
  std::string out;
  for (const auto& [code, group] : by_code) {
    std::map<std::string, unsigned> at;
    for (const JudgedAttempt* told : group) ++at[who(*told)];
    std::string places;
    for (const auto& [place, times] : at)
      places += fmt::format("{}{}{}", places.empty() ? "" : ", ", place,
                            times > 1 ? fmt::format(" ({}x)", times) : "");
    out += fmt::format("{}{} of {}: {} at {}", out.empty() ? "They differ. " : "; ", group.size(),
                       all.size(), code.empty() ? "nothing could be sent" : code, places);
  }
  return wrapped("", out) + why;
}

}  // namespace whohungup
