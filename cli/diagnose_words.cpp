// See diagnose_words.h.
#include "cli/diagnose_words.h"

#include <fmt/core.h>

#include "analyze/chance.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

std::string hang_up_text(const Outcome& one) {
  const std::string_view how = one.ending == Ending::Fin ? "FIN" : "reset";
  if (one.warned != 0)
    return fmt::format("warning {}, {}", tls::name(tls::Alert{1, one.warned}), how);
  return fmt::format("{}{}", how, one.untouched ? " at accept" : "");
}

}  // namespace

std::string percent(double chance) {
  if (chance < 0.001) return "under 0.1 %";
  return chance < 0.1 ? fmt::format("{:.1f} %", 100 * chance)
                      : fmt::format("{:.0f} %", 100 * chance);
}

std::string ending_text(const Outcome& one) {
  switch (one.ending) {
    case Ending::Refused:
      return "SYN refused";
    case Ending::Unreachable:
      return one.no_way ? "SYN: no way (ICMP)" : "SYN met by ICMP";
    case Ending::Unanswered:
      return "SYN unanswered";
    case Ending::Greeted:
      return "greeted in plaintext";
    case Ending::Open:
      return "open";
    case Ending::Answered:
      return "answered";
    case Ending::Alert:
      return one.alert == 0 ? std::string("alert")
                            : fmt::format("alert {}", tls::name(tls::Alert{2, one.alert}));
    case Ending::Plaintext:
      return "plaintext";
    case Ending::Fin:
    case Ending::Rst:
      return hang_up_text(one);
    case Ending::Icmp:
      return "ICMP error";
    case Ending::Silent:
      return one.answer_lost ? "silence, answer lost" : "silence";
    case Ending::Unacked:
      return "not acknowledged";
    case Ending::Broken:
      return fmt::format("broken by {}", to_string(one.broke_by));
    case Ending::NoTls:
      return "no TLS granted";
    case Ending::NoGreeting:
      return "no greeting";
    case Ending::Mismatched:
      return "version mismatch";
  }
  return {};
}

std::string shows(Variant variant, const Row& row, const Row& base) {
  const Outcome& first = *row.all().front();
  const auto is = [&](Ending ending) {
    return row.every([&](const Outcome& one) { return one.ending == ending; });
  };
  if (variant == Variant::Connect) return first.connected() ? "accepted" : "not accepted";
  if (variant == Variant::BannerWait) {
    if (is(Ending::Open)) return "waits, as TLS does";
    if (is(Ending::Greeted)) return fmt::format("\"{}\"", keep_begin(first.said, 20));
    return row.every([](const Outcome& one) { return one.hung_up(); }) ? "no hello needed" : "";
  }
  if (variant == Variant::Baseline &&
      row.every([](const Outcome& one) { return one.ending == Ending::Broken; }))
    return "begun, and broken off";
  if (variant == Variant::Baseline)
    return row.answered() == row.tries() ? "answered"
           : row.answered() == 0         ? "the failure itself"
                                         : "the outcome varies";
  if (variant == Variant::Http || variant == Variant::Garbage) {
    if (is(Ending::Plaintext)) return fmt::format("\"{}\"", keep_begin(first.said, 20));
    return row.every([&](const Outcome& one) {
      return base.tries() > 0 && one.alike(*base.all().front());
    })
               ? "like the hello"
               : "unlike the hello";
  }
  if (variant == Variant::Patient)
    return first.answered() ? fmt::format("answered after {}", amount(first.lasted))
                            : "not answered either";
  const double chance = chance_of_difference(row, base);
  const bool differs = (row.answered() > 0) != (base.answered() > 0) ||
                       row.answered() * base.tries() != base.answered() * row.tries();
  if (!differs)
    return row.steady() && base.steady() && first.alike(*base.all().front())
               ? "no difference"
               : "not answered either";
  if (!base.steady() && chance >= kRareEnough)
    return fmt::format("no difference beyond chance ({})", percent(chance));
  return fmt::format(
      "{} (chance {})",
      row.answered() * base.tries() > base.answered() * row.tries() ? "better" : "worse",
      percent(chance));
}

}  // namespace whohungup
