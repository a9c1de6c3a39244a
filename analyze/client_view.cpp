// What common clients print for each ending, so that a log line finds its flow. Measured
// (diagnosis.md §7.1); clients without a measured text stay empty.
#include "analyze/client_texts.h"
#include "analyze/tell.h"

namespace whohungup {
namespace {

ClientView foretold(PrintedEnding ending, std::optional<std::string> error_number = std::nullopt) {
  const auto text = [&](Program program) { return std::string(foretold(program, ending)); };
  return {text(Program::OpenSsl), text(Program::Curl), text(Program::Python),  text(Program::Go),
          text(Program::Java),    text(Program::Node), std::move(error_number)};
}

ClientView closed() { return foretold(PrintedEnding::Closed); }
ClientView reset() { return foretold(PrintedEnding::Reset, "ECONNRESET"); }
ClientView refused() { return foretold(PrintedEnding::Refused, "ECONNREFUSED"); }
ClientView unreachable() { return foretold(PrintedEnding::Unreachable, "EHOSTUNREACH"); }
ClientView not_tls() { return foretold(PrintedEnding::NotTls); }

ClientView timed_out(bool connecting) {
  return connecting ? foretold(PrintedEnding::ConnectTimeout, "ETIMEDOUT")
                    : foretold(PrintedEnding::Timeout);
}

/// Closed at accept with the hello already on its way: end of file or reset, whichever the client
/// reads first.
ClientView closed_or_reset() {
  ClientView view = closed();
  for (const auto& [text, program] :
       {std::pair{&view.openssl, Program::OpenSsl}, std::pair{&view.curl, Program::Curl}}) {
    std::string_view other = foretold(program, PrintedEnding::Reset);
    if (program == Program::Curl) other.remove_prefix(std::string_view("curl: (35) ").size());
    text->append(" or ").append(other).append(" (a race)");
  }
  return view;
}

ClientView alert(std::uint8_t description) {
  ClientView view;
  view.openssl = alert_text(Program::OpenSsl, description);
  view.curl = alert_text(Program::Curl, description);
  view.python = alert_text(Program::Python, description);
  view.go = alert_text(Program::Go, description);
  view.java = alert_text(Program::Java, description);
  view.node = alert_text(Program::Node, description);
  return view;
}

/// A warning before the close is hidden by most: they report the close alone.
ClientView warned() {
  ClientView view = closed();
  view.java = foretold(Program::Java, PrintedEnding::Warned);
  return view;
}

/// Of a TLS close s_client prints nothing; Go and Node report the close alone.
ClientView close_notify() {
  ClientView view = closed();
  view.openssl.clear();
  view.curl = foretold(Program::Curl, PrintedEnding::CloseNotify);
  view.python = foretold(Program::Python, PrintedEnding::CloseNotify);
  view.java = foretold(Program::Java, PrintedEnding::CloseNotify);
  return view;
}

ClientView after_rst(const Scene& scene) {
  ClientView view = reset();
  // s_client prints no error of a STARTTLS dialogue that is reset before TLS.
  if (scene.talk.dialogue && !has_hello(scene.talk)) view.openssl.clear();
  return view;
}

ClientView after_fin(const Scene& scene, const Observations& facts) {
  if (facts.has(Fact::ServerWarningAlert)) return warned();
  if (facts.has(Fact::ServerCloseNotify)) return close_notify();
  const bool hello_on_its_way = scene.event.stage == Stage::Accepted && has_hello(scene.talk);
  return hello_on_its_way ? closed_or_reset() : closed();
}

}  // namespace

ClientView client_view(const Scene& scene, const Observations& facts) {
  const Event& event = scene.event;
  // What a client did itself it reports in words of its own.
  if (event.claims == Side::Client && event.mechanism != Mechanism::Icmp) return {};
  switch (event.mechanism) {
    case Mechanism::Fin:
      return after_fin(scene, facts);
    case Mechanism::Rst:
      return event.stage == Stage::Syn ? refused() : after_rst(scene);
    case Mechanism::Alert:
      return event.sealed ? ClientView{} : alert(event.alert_description);
    case Mechanism::Plaintext:
      return event.refused_starttls || event.turned_away ? ClientView{} : not_tls();
    case Mechanism::Icmp: {
      // Once connected, the kernel takes every ICMP error for a soft one: the client times out.
      if (event.stage != Stage::Syn) return timed_out(false);
      const IcmpError& error = scene.talk.icmp[*event.icmp];
      const bool port =
          error.is_v6 ? error.type == 1 && error.code == 4 : error.type == 3 && error.code == 3;
      return port ? refused() : unreachable();
    }
    case Mechanism::Silence:
      return timed_out(event.stage == Stage::Syn);
    case Mechanism::None:
      break;
  }
  return {};
}

}  // namespace whohungup
