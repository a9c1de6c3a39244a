#include "cli/bundle_summary.h"

#include <fmt/core.h>

#include <algorithm>

#include "analyze/rules.h"
#include "cli/report/community_id.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/landmarks.h"
#include "cli/report/story.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

// A sentence of ours takes up to two or three lines of 100 columns: three reasons for, two against
// and two steps keep the whole under 40.
constexpr std::size_t kMostReasons = 3;
constexpr std::size_t kMostDissent = 2;
constexpr std::size_t kMostSteps = 2;
constexpr std::size_t kMostOfPath = 2;
constexpr std::size_t kLongestReason = 190;
constexpr std::ptrdiff_t kMostFlowLines = 15;
constexpr std::size_t kMostCodes = 10;

/// Of both captures, where there are two: they are frames of one file in the bundle.
Frames all_frames(const Reason& reason) {
  Frames frames = reason.frames;
  frames.append(reason.other_frames);
  std::sort(frames.begin(), frames.end());
  return frames;
}

std::string reasons(std::string_view title, const std::vector<Reason>& all, std::size_t most) {
  if (all.empty()) return {};
  std::string out = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
    out += wrapped("  - ", keep_begin(fmt::format("{} [{}]", harmless(all[i].text),
                                                  frame_list(all_frames(all[i]))),
                                      kLongestReason));
  if (all.size() > most) out += fmt::format("  - and {} more\n", all.size() - most);
  return out;
}

std::string possible_look_alikes(const std::vector<LookAlike>& all) {
  std::string possible;
  for (const LookAlike& one : all)
    if (one.status == LookAlike::Status::Possible)
      possible += fmt::format("{}{}", possible.empty() ? "" : ", ", one.id);
  return possible.empty() ? std::string() : wrapped("Not excluded: ", possible);
}

/// What the second capture adds: where the flow was seen, and what lies between.
std::string both_ends(const ComparedFlow& flow) {
  if (!flow.both)
    return wrapped("both ends     ", fmt::format("seen at the {} only", word_for(flow.from)));
  std::string out =
      wrapped("both ends     ", clock_sentence(flow.ends->clock, flow.ends->client.begin));
  std::vector<std::string> path = path_sentences(flow);
  path.resize(std::min(path.size(), kMostOfPath));
  // Where it happened is what the ticket is about.
  for (const auto& more : {place_sentences(flow), apart_sentences(flow)})
    path.insert(path.end(), more.begin(), more.end());
  for (const std::string& one : path)
    out += wrapped("              ", keep_begin(one, kLongestReason));
  return out;
}

/// Of one among many; with long addresses it takes two lines.
std::string flow_line(const FlowEntry& flow) {
  return wrapped("",
                 fmt::format("{}Z {} {} {} ({})", rfc3339(flow.begin).substr(0, 19), flow.client,
                             keep_end(flow.name.empty() ? flow.server : flow.name, 30), flow.code,
                             flow.confidence));
}

constexpr std::string_view kFooter =
    "\nThe whole report is report.html, the packets are flow.pcapng (Wireshark shows comments on\n"
    "those cited), and `sha256sum -c SHA256SUMS` checks that nothing was changed.\n";
constexpr std::string_view kAnonymized =
    "Addresses, names and payload are replaced, and may happen to be somebody else's: aim nothing\n"
    "at them. Sizes, times, TTLs and sequence are the original ones.\n";

std::string footer(const SummaryMarks& marks) {
  std::string out(kFooter);
  if (marks.anonymized) out += kAnonymized;
  if (marks.stopped_early) out += fmt::format("{}.\n", kStoppedEarly);
  return out;
}

}  // namespace

FlowEntry flow_entry(const JudgedFlow& flow) {
  FlowEntry entry;
  entry.index = flow.index;
  entry.begin = flow.talk.begin;
  entry.client = to_string(flow.talk.client);
  entry.server = to_string(flow.talk.server);
  if (const auto name = claimed_name(flow.talk)) entry.name = ascii_only(*name);
  entry.code = flow.verdict().code();
  entry.confidence = to_string(flow.verdict().confidence);
  entry.summary = harmless(flow.verdict().summary);
  entry.failed = flow.verdict().failed();
  return entry;
}

std::string flow_summary(const JudgedFlow& flow, const SummaryMarks& marks) {
  const Verdict& verdict = flow.verdict();
  const FlowEntry entry = flow_entry(flow);
  std::string out = wrapped("", keep_begin(entry.summary, 280));
  out += fmt::format("{} ({})\n\n", entry.code, entry.confidence);
  out += fmt::format("client        {}\nserver        {}\n", entry.client, entry.server);
  if (flow.talk.proxy_header)
    out += wrapped("PROXY header  ", "the client speaks " + proxy_words(*flow.talk.proxy_header));
  if (!entry.name.empty()) out += fmt::format("name asked    {}\n", keep_end(entry.name, 80));
  out += fmt::format("when          {} to\n              {}\n", rfc3339(flow.talk.begin),
                     rfc3339(flow.talk.last));
  out += fmt::format("community id  {}\n", community_id(flow.talk.client, flow.talk.server));
  if (flow.compared != nullptr) out += both_ends(*flow.compared);
  out += reasons("Because", verdict.evidence, kMostReasons);
  out += reasons("Against", verdict.dissent, kMostDissent);
  out += possible_look_alikes(verdict.look_alikes);
  if (!verdict.next.empty())
    out += marks.anonymized ? "\nNext, with the true addresses and names in place of these\n"
                            : "\nNext\n";
  for (std::size_t i = 0; i < std::min(verdict.next.size(), kMostSteps); ++i)
    out += wrapped("  - ", keep_begin(harmless(verdict.next[i]), kLongestReason));
  return out + footer(marks);
}

std::string flows_summary(const std::vector<FlowEntry>& flows, const Totals& totals,
                          const SummaryMarks& marks) {
  std::string out =
      fmt::format("{}, {} hung up on\n\n", counted(totals.judged, "TLS handshake"), totals.hung_up);
  std::vector<std::pair<std::string, std::uint64_t>> codes(totals.by_code.begin(),
                                                           totals.by_code.end());
  std::stable_sort(codes.begin(), codes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (std::size_t i = 0; i < std::min(codes.size(), kMostCodes); ++i)
    out += fmt::format("{:>7}  {}: {}\n", codes[i].second, codes[i].first,
                       describe_code(codes[i].first));
  if (codes.size() > kMostCodes)
    out += fmt::format("{:>7}  other verdicts\n", codes.size() - kMostCodes);
  out += '\n';
  std::size_t listed = 0;
  for (std::ptrdiff_t lines = 0; listed < flows.size(); ++listed) {
    const std::string line = flow_line(flows[listed]);
    lines += std::count(line.begin(), line.end(), '\n');
    if (lines > kMostFlowLines) break;
    out += line;
  }
  if (listed < flows.size()) out += fmt::format("… and {} more\n", flows.size() - listed);
  return out + footer(marks);
}

}  // namespace whohungup
