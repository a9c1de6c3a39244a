// See diagnosis.h.
#include "analyze/diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "analyze/chance.h"
#include "analyze/particulars.h"

namespace whohungup {
namespace {

using Status = Finding::Status;

Weight one_step_less(Weight weight) {
  return weight == Weight::Decides ? Weight::Points : Weight::Hints;
}

SeenClue seen(const Clue& clue, const Signs& signs) {
  SeenClue out{&clue, clue.weight, 0};
  clue.when.for_each([&](Sign sign) {
    out.chance = std::max(out.chance, signs.chance[static_cast<std::size_t>(sign)]);
  });
  if (out.chance >= kRareEnough) out.weight = one_step_less(out.weight);
  return out;
}

Finding weigh(const Cause& cause, const Signs& signs) {
  Finding finding;
  finding.cause = &cause;
  for (const Clue& clue : cause.supports)
    if (speaks(clue, signs.set)) finding.supports.push_back(seen(clue, signs));
  for (const Clue& clue : cause.refutes)
    if (speaks(clue, signs.set)) finding.refutes.push_back(seen(clue, signs));
  std::stable_sort(finding.supports.begin(), finding.supports.end(),
                   [](const SeenClue& a, const SeenClue& b) { return a.weight > b.weight; });
  if (!finding.supports.empty()) finding.weight = finding.supports.front().weight;
  if (!finding.refutes.empty())
    finding.status = Status::Refuted;
  else if (!finding.supports.empty() && finding.weight >= Weight::Points)
    finding.status = Status::Supported;
  return finding;
}

/// Nobody out there is to be looked for where the packets do not leave this machine, or come no
/// further than its door.
bool is_ours(const Finding& one) { return one.cause->id == "our-side"; }

std::vector<Finding> weigh_all(const Signs& signs) {
  std::vector<Finding> all;
  for (const Cause& cause : causes()) all.push_back(weigh(cause, signs));
  const auto supported = [](const Finding& one) { return one.status == Status::Supported; };
  if (std::any_of(all.begin(), all.end(),
                  [&](const Finding& one) { return is_ours(one) && supported(one); }))
    for (Finding& one : all)
      if (supported(one) && !is_ours(one)) one.status = Status::Open;
  std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
    if (a.status != b.status) return a.status < b.status;
    if (a.status == Status::Refuted) return false;
    if (a.supports.empty() != b.supports.empty()) return b.supports.empty();
    return a.weight > b.weight;
  });
  return all;
}

const Finding* finding_of(const std::vector<Finding>& all, std::string_view id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Finding& one) { return one.cause->id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  if (!out.empty() && out.back() != '.') out += '.';
  return out;
}

TheoryFinding weigh_theory(const CommonTheory& theory, const std::vector<Finding>& all) {
  std::vector<const Finding*> rows;
  for (const std::string_view id : theory.causes)
    if (const Finding* one = id.empty() ? nullptr : finding_of(all, id)) rows.push_back(one);
  const auto with = [&](Status status) {
    return std::find_if(rows.begin(), rows.end(),
                        [&](const Finding* one) { return one->status == status; });
  };
  if (const auto one = with(Status::Supported); one != rows.end())
    return {&theory, Status::Supported,
            fmt::format("{}: {}", (*one)->cause->name, (*one)->supports.front().clue->because)};
  if (const auto one = with(Status::Open); one != rows.end()) {
    // The one something speaks for is the better example.
    const auto hinted = std::find_if(rows.begin(), rows.end(), [](const Finding* row) {
      return row->status == Status::Open && !row->supports.empty();
    });
    const Finding& row = hinted != rows.end() ? **hinted : **one;
    return {
        &theory, Status::Open,
        row.supports.empty()
            ? fmt::format("{}: nothing that was seen speaks for it or excludes it", row.cause->name)
            : fmt::format("{}: {}", row.cause->name, row.supports.front().clue->because)};
  }
  const Finding& row = *rows.front();
  return {&theory, Status::Refuted, std::string(row.refutes.front().clue->because)};
}

Decider decider_of(const Signs& signs) {
  if (signs.has(Sign::ProvenBetween) || signs.has(Sign::FinishedAfterReset))
    return Decider::Between;
  if (signs.has(Sign::ServerNamed)) return Decider::Server;
  return Decider::Unknown;
}

std::string place_of(Decider decider, bool silent) {
  if (decider == Decider::Server && silent)
    return "By their headers, the acknowledgements that come are the server's own, or those of a "
           "balancer in its place.";
  switch (decider) {
    case Decider::Between:
      return "It is proven that something other than the server's end of the connection made or "
             "swallowed packets; where it stands, `whohungup trace` tells.";
    case Decider::Server:
      return "By its headers, what ends these connections is the server's own, or that of a "
             "balancer in its place.";
    default:
      return "Whether the server or something before it decides so, these packets do not tell; "
             "`whohungup trace` may.";
  }
}

/// What is favoured and what is excluded of the cases of a wider cause.
std::string cases_of(const Cause& wider, const std::vector<Finding>& all) {
  std::string likely, excluded;
  for (const Finding& one : all) {
    if (one.cause->within != wider.id) continue;
    if (one.status == Status::Supported)
      likely += fmt::format("{}{} ({})", likely.empty() ? "" : "; ", one.cause->name,
                            one.supports.front().clue->because);
    if (one.status == Status::Refuted)
      excluded += fmt::format("{}{} ({})", excluded.empty() ? "" : "; ", one.cause->name,
                              one.refutes.front().clue->because);
  }
  std::string out;
  if (!likely.empty()) out += fmt::format(" Most likely: {}.", likely);
  if (!excluded.empty()) out += fmt::format(" Excluded: {}.", excluded);
  return out;
}

/// What becomes of a client that checks certificates, where every hello is answered.
std::string who_checks(const Signs& signs) {
  std::string why;
  if (signs.has(Sign::CertificateUntrusted)) why = "its chain leads to no root this machine trusts";
  if (signs.has(Sign::CertificateNotYetValid)) why = "by this machine's clock it is not valid yet";
  return why.empty() ? why
                     : fmt::format(
                           " But a client that checks the server's certificate would "
                           "refuse it: {}.",
                           why);
}

std::string nothing_named(const Diagnosis& diagnosis) {
  if (!diagnosis.fails)
    return "Nothing fails here: every hello that was asked for is answered." +
           who_checks(diagnosis.signs);
  std::string hinted;
  for (const Finding& one : diagnosis.findings)
    if (one.status == Status::Open && !one.supports.empty())
      hinted += fmt::format("{}{}", hinted.empty() ? "" : "; ", one.cause->name);
  if (hinted.empty())
    return "The hello fails, and none of the known causes explains what was seen.";
  return fmt::format("No cause stands out. What was seen would fit: {}.", hinted);
}

void add_asks(const Cause& cause, std::vector<Ask>& all) {
  for (const Ask& one : cause.asks)
    if (!one.whom.empty()) all.push_back(one);
}

std::vector<Ask> asks_of(const Diagnosis& diagnosis) {
  std::vector<Ask> all;
  const Finding* named = diagnosis.named();
  if (named == nullptr && diagnosis.fails) {
    all.push_back({"yourself",
                   "`whohungup trace`, as the command below has it: which hop answers, drops or "
                   "resets the hello"});
    all.push_back({"who runs the server",
                   "a capture made there during the next attempt: `whohungup compare` then says "
                   "what was lost, made or changed on the way"});
  }
  if (named == nullptr) return all;
  if (named->cause->id == "hangs-up-on-hellos" && named->weight < Weight::Decides &&
      diagnosis.signs.has(Sign::NoHelloAnswered) && !diagnosis.signs.has(Sign::KnownNameTried))
    all.push_back({"yourself",
                   "the same with --other-name and a name that the server surely serves: whether "
                   "it hangs up on all others"});
  add_asks(*named->cause, all);
  for (const Finding& one : diagnosis.findings)
    if (one.cause->within == named->cause->id && one.status == Status::Supported)
      add_asks(*one.cause, all);
  return all;
}

std::string conclude(const Diagnosis& diagnosis, std::span<const Trial> trials,
                     const Circumstances& around) {
  const Finding* named = diagnosis.named();
  if (named == nullptr) return nothing_named(diagnosis);
  std::string out(named->cause->says);
  if (named->weight < Weight::Decides) out = fmt::format("Probably: {}", out);
  out += " " + sentence(named->supports.front().clue->because);
  out += cases_of(*named->cause, diagnosis.findings);
  const auto add = [&](const Cause& cause) {
    const std::string more = particulars(cause, diagnosis.signs, trials, around);
    if (!more.empty()) out += " " + more;
  };
  add(*named->cause);
  for (const Finding& one : diagnosis.findings)
    if (one.cause->within == named->cause->id && one.status == Status::Supported) add(*one.cause);
  return out;
}

}  // namespace

std::string_view to_string(Status status) {
  constexpr std::array<std::string_view, 3> kWords{"supported", "open", "refuted"};
  return kWords[static_cast<std::size_t>(status)];
}

std::string_view to_string(Decider decider) {
  constexpr std::array<std::string_view, 3> kWords{"unknown", "server", "between"};
  return kWords[static_cast<std::size_t>(decider)];
}

Diagnosis diagnose(std::span<const Trial> trials, const Circumstances& around) {
  Diagnosis diagnosis;
  diagnosis.signs = signs_of(trials, around);
  diagnosis.findings = weigh_all(diagnosis.signs);
  const Signs& signs = diagnosis.signs;
  diagnosis.fails = !signs.has(Sign::BaselineAnswered) || signs.has(Sign::BaselineBroken) ||
                    signs.has(Sign::StoppedConnecting) || signs.has(Sign::SomeNotConnected);
  const Finding* const named = diagnosis.named();
  const bool at_home = named != nullptr && is_ours(*named);
  for (const CommonTheory& theory : common_theories()) {
    TheoryFinding one = weigh_theory(theory, diagnosis.findings);
    if (at_home && one.status == Status::Open)
      one.why = "it cannot be told while this machine itself keeps packets back";
    one.why = sentence(one.why);
    diagnosis.theories.push_back(std::move(one));
  }
  diagnosis.decider = decider_of(diagnosis.signs);
  diagnosis.conclusion = conclude(diagnosis, trials, around);
  if (diagnosis.fails && !at_home)
    diagnosis.place = place_of(diagnosis.decider, signs.has(Sign::BaselineSilent));
  diagnosis.asks = asks_of(diagnosis);
  return diagnosis;
}

bool settled_early(std::span<const Trial> trials, const Circumstances& around) {
  const Signs signs = signs_of(trials, around);
  const Matrix matrix(trials);
  // Five of five by chance, were every second connection refused: 1 in 32.
  constexpr std::size_t kEnough = 5;
  const auto tries = [&](Variant variant) { return matrix[variant].tries(); };
  const std::size_t all =
      tries(Variant::Connect) + tries(Variant::BannerWait) + tries(Variant::Baseline);
  if (signs.has(Sign::SynRefused) || signs.has(Sign::SynUnreachable) ||
      signs.has(Sign::SynUnanswered) || (signs.has(Sign::NeverLeft) && !signs.has(Sign::Accepted)))
    return all >= kEnough;
  if (signs.has(Sign::PatientAnswered)) return true;
  const bool twice = tries(Variant::BannerWait) >= 2 && tries(Variant::Baseline) >= 2;
  if (signs.has(Sign::GreetedInPlaintext) && signs.has(Sign::BaselineFailed)) return twice;
  if (signs.has(Sign::StarttlsRefused) || signs.has(Sign::NoGreeting)) return twice;
  return signs.has(Sign::ClosedUntouched) && signs.has(Sign::BaselineFailed) &&
         tries(Variant::BannerWait) >= 2 && tries(Variant::Baseline) >= 3;
}

}  // namespace whohungup
