// What common clients print for each ending, so that a log line finds its flow. Measured
// (diagnosis.md §7.1); clients without a measured text stay empty.
#include "analyze/client_texts.h"
#include "analyze/tell.h"

namespace whohungup {
namespace {

/// Every program's text, written where the last flow's was.
void foretell(ClientView& view, PrintedEnding ending, std::string_view error_number = {}) {
  view.openssl = foretold(Program::OpenSsl, ending);
  view.curl = foretold(Program::Curl, ending);
  view.python = foretold(Program::Python, ending);
  view.go = foretold(Program::Go, ending);
  view.java = foretold(Program::Java, ending);
  view.node = foretold(Program::Node, ending);
  if (!error_number.empty()) view.error_number = error_number;
}

void forget(ClientView& view) {
  for (std::string* text :
       {&view.openssl, &view.curl, &view.python, &view.go, &view.java, &view.node})
    text->clear();
  view.error_number.reset();
}

void refused(ClientView& view) { foretell(view, PrintedEnding::Refused, "ECONNREFUSED"); }
void timed_out(ClientView& view) { foretell(view, PrintedEnding::Timeout); }

/// Closed at accept with the hello already on its way: end of file or reset, whichever the client
/// reads first.
void closed_or_reset(ClientView& view) {
  foretell(view, PrintedEnding::Closed);
  for (const auto& [text, program] :
       {std::pair{&view.openssl, Program::OpenSsl}, std::pair{&view.curl, Program::Curl}}) {
    std::string_view other = foretold(program, PrintedEnding::Reset);
    if (program == Program::Curl) other.remove_prefix(std::string_view("curl: (35) ").size());
    text->append(" or ").append(other).append(" (a race)");
  }
}

void alerted(ClientView& view, std::uint8_t description) {
  view.openssl = alert_text(Program::OpenSsl, description);
  view.curl = alert_text(Program::Curl, description);
  view.python = alert_text(Program::Python, description);
  view.go = alert_text(Program::Go, description);
  view.java = alert_text(Program::Java, description);
  view.node = alert_text(Program::Node, description);
}

/// A warning before the close is hidden by most: they report the close alone.
void warned(ClientView& view) {
  foretell(view, PrintedEnding::Closed);
  view.java = foretold(Program::Java, PrintedEnding::Warned);
}

/// Of a TLS close s_client prints nothing; Go and Node report the close alone.
void close_notify(ClientView& view) {
  foretell(view, PrintedEnding::Closed);
  view.openssl.clear();
  view.curl = foretold(Program::Curl, PrintedEnding::CloseNotify);
  view.python = foretold(Program::Python, PrintedEnding::CloseNotify);
  view.java = foretold(Program::Java, PrintedEnding::CloseNotify);
}

void after_rst(ClientView& view, const Scene& scene) {
  foretell(view, PrintedEnding::Reset, "ECONNRESET");
  // s_client prints no error of a STARTTLS dialogue that is reset before TLS.
  if (scene.talk.dialogue && !has_hello(scene.talk)) view.openssl.clear();
}

void after_fin(ClientView& view, const Scene& scene, const Observations& facts) {
  if (facts.has(Fact::ServerWarningAlert)) return warned(view);
  if (facts.has(Fact::ServerCloseNotify)) return close_notify(view);
  const bool hello_on_its_way = scene.event.stage == Stage::Accepted && has_hello(scene.talk);
  hello_on_its_way ? closed_or_reset(view) : foretell(view, PrintedEnding::Closed);
}

void after_icmp(ClientView& view, const Scene& scene) {
  // Once connected, the kernel takes every ICMP error for a soft one: the client times out.
  if (scene.event.stage != Stage::Syn) return timed_out(view);
  const IcmpError& error = scene.talk.icmp[*scene.event.icmp];
  const bool port =
      error.is_v6 ? error.type == 1 && error.code == 4 : error.type == 3 && error.code == 3;
  port ? refused(view) : foretell(view, PrintedEnding::Unreachable, "EHOSTUNREACH");
}

}  // namespace

void foretell_client_view(const Scene& scene, Judgement& judgement) {
  ClientView& view = judgement.verdict.client_view;
  forget(view);
  const Event& event = scene.event;
  // What a client did itself it reports in words of its own.
  if (event.claims == Side::Client && event.mechanism != Mechanism::Icmp) return;
  switch (event.mechanism) {
    case Mechanism::Fin:
      return after_fin(view, scene, judgement.facts);
    case Mechanism::Rst:
      return event.stage == Stage::Syn ? refused(view) : after_rst(view, scene);
    case Mechanism::Alert:
      if (!event.sealed) alerted(view, event.alert_description);
      return;
    case Mechanism::Plaintext:
      if (!event.refused_starttls && !event.turned_away) foretell(view, PrintedEnding::NotTls);
      return;
    case Mechanism::Icmp:
      return after_icmp(view, scene);
    case Mechanism::Silence:
      if (event.stage != Stage::Syn) return timed_out(view);
      return foretell(view, PrintedEnding::ConnectTimeout, "ETIMEDOUT");
    case Mechanism::None:
      return;
  }
}

}  // namespace whohungup
