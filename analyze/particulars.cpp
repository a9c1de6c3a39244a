// See particulars.h.
#include "analyze/particulars.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "analyze/chance.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

/// So many texts are told, and no more.
constexpr std::size_t kMostTexts = 3;

std::string by_frequency(const std::map<std::string_view, std::size_t>& times,
                         std::string_view between) {
  std::vector<std::pair<std::string_view, std::size_t>> sorted(times.begin(), times.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMostTexts); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : between, sorted[i].first);
  return out;
}

/// The different texts of the trials, the most frequent first.
std::string texts(std::span<const Trial> trials, std::string Outcome::*member) {
  std::map<std::string_view, std::size_t> times;
  for (const Trial& trial : trials)
    if (const std::string& text = trial.outcome.*member; trial.address == 0 && !text.empty())
      ++times[text];
  return by_frequency(times, "; ");
}

std::string who_sent_icmp(std::span<const Trial> trials) {
  const std::string senders = texts(trials, &Outcome::icmp);
  return senders.empty() ? "" : fmt::format("The ICMP errors bear the address {}.", senders);
}

std::string what_it_said(std::span<const Trial> trials) {
  const std::string said = texts(trials, &Outcome::refusal);
  return said.empty() ? "" : fmt::format("It said: \"{}\".", said);
}

std::string which_rule(const Circumstances& around) {
  return around.local_rule.empty() ? "" : fmt::format("The rule: \"{}\".", around.local_rule);
}

std::string seconds_of(Duration time) {
  return fmt::format("{:.0f} s", std::chrono::duration<double>(time).count());
}

/// How long the answer took, and how long a client should wait for it.
std::string how_late(std::span<const Trial> trials) {
  Duration longest{0};
  for (const Trial& trial : trials)
    if (trial.variant == Variant::Patient && trial.outcome.answered())
      longest = std::max(longest, trial.outcome.lasted);
  const double advised = std::ceil(2 * std::chrono::duration<double>(longest).count());
  return fmt::format("It took about {}; --timeout {:.0f} waits long enough.", seconds_of(longest),
                     advised);
}

/// A silence may be slowness: how long was waited.
std::string how_long_waited(std::span<const Trial> trials) {
  Duration longest{0};
  for (const Trial& trial : trials)
    if (trial.address == 0 && trial.outcome.ending == Ending::Silent)
      longest = std::max(longest, trial.outcome.lasted);
  return fmt::format(
      "Nothing came within {}; that it comes later is not excluded, --timeout 60 "
      "would wait for it.",
      seconds_of(longest));
}

/// "fin", or "fin or rst", the most frequent first.
std::string how_it_failed(const Row& row) {
  std::map<std::string_view, std::size_t> times;
  for (const Outcome* one : row.all())
    if (!one->answered()) ++times[to_string(one->ending)];
  return by_frequency(times, " or ");
}

struct Share {
  std::size_t failed{}, tries{};
  void add(const Row& row) {
    tries += row.tries();
    failed += row.tries() - row.answered();
  }
};

/// What share failed of the hello as asked for and of all, and whether that goes by what they say.
/// The baseline was tried, so the sum is of one at least.
std::string what_share(const Matrix& matrix) {
  Share baseline, all;
  baseline.add(matrix[Variant::Baseline]);
  std::size_t kinds = 0;
  const auto counts = [&](std::size_t i) {
    const auto variant = static_cast<Variant>(i);
    const auto in_tls = [](const Outcome& one) { return one.ending == Ending::Alert; };
    return variant == Variant::Baseline || (info(variant).hello && matrix[variant].tries() > 0 &&
                                            matrix[variant].count(in_tls) == 0);
  };
  for (std::size_t i = 0; i < kNumVariants; ++i)
    if (counts(i)) {
      ++kinds;
      all.add(matrix[static_cast<Variant>(i)]);
    }
  double rarest = 1;
  for (std::size_t i = 0; i < kNumVariants; ++i)
    if (counts(i)) {
      Share row;
      row.add(matrix[static_cast<Variant>(i)]);
      rarest = std::min(rarest, chance_of_difference(row.failed, row.tries, all.failed - row.failed,
                                                     all.tries - row.tries));
    }
  std::string out = fmt::format(
      "The hello as asked for failed {} of {} ({}), hellos of all kinds {} of {} ({:.0f} %)",
      baseline.failed, count(baseline.tries, "time"), how_it_failed(matrix[Variant::Baseline]),
      all.failed, all.tries,
      100.0 * static_cast<double>(all.failed) / static_cast<double>(all.tries));
  // As many kinds, as many chances to differ.
  out += rarest * static_cast<double>(kinds) >= kRareEnough
             ? "; no kind fails more or less often than chance allows, so it does not go by what "
               "they say."
             : "; some kinds fail more or less often than chance allows, so it may go by what they "
               "say, too.";
  return out;
}

}  // namespace

std::string particulars(const Cause& cause, const Signs& signs, std::span<const Trial> trials,
                        const Circumstances& around) {
  if (cause.id == "our-side") return which_rule(around);
  if (cause.id == "slow-server") return how_late(trials);
  if (cause.id == "starttls-not-offered") return what_it_said(trials);
  if (cause.id == "connection-limit" && signs.has(Sign::TurnedAway)) return what_it_said(trials);
  if (cause.id == "allow-list" && signs.has(Sign::Denied)) return what_it_said(trials);
  if (cause.id == "ban" && signs.has(Sign::RefusedSinceHello))
    return "The last thing before was a hello that got no answer: a service that died of it "
           "refuses connections just so.";
  if (cause.id == "hangs-up-on-hellos" && !signs.has(Sign::KnownNameTried))
    return "No name that the server is known to serve was tried, though: one that hangs up on "
           "every other name looks the same.";
  if (cause.id == "intermittent" && signs.has(Sign::BaselineVaries))
    return what_share(Matrix(trials));
  if (cause.id == "server-fault" && signs.has(Sign::BaselineSilent)) return how_long_waited(trials);
  return who_sent_icmp(trials);
}

}  // namespace whohungup
