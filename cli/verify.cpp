#include "cli/verify.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "cli/bundle_about.h"
#include "cli/bundle_folder.h"
#include "cli/bundle_judge.h"
#include "cli/bundle_report.h"
#include "cli/bundle_sign.h"
#include "cli/compare_bundle.h"
#include "cli/compare_halves.h"
#include "cli/output.h"
#include "cli/report/escape.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::string_view kSums = "SHA256SUMS";
// What a bundle always holds; pages of single flows come on top.
constexpr const char* kAlways[] = {"about.json", "flow.pcapng", "report.html", "report.json",
                                   "summary.txt"};

// What a probe's or a diagnosis' own sockets saw; it follows from no packet.
constexpr const char* kSocketFiles[] = {"probe.json", "diagnosis.json"};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CaptureError(path + ": cannot be read; is this an evidence bundle?");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What was found, told line by line.
class Findings {
 public:
  Findings(Output& out, bool quiet) : out_(out), quiet_(quiet) {}
  void good(std::string_view what) {
    if (!quiet_) out_.write(fmt::format("ok       {}\n", what));
  }
  /// What nothing in the bundle can confirm or refute.
  void unchecked(std::string_view what) {
    if (!quiet_) out_.write(fmt::format("on trust {}\n", what));
  }
  void bad(std::string_view what) {
    ++bad_;
    out_.write(fmt::format("DIFFERS  {}\n", what));
  }
  [[nodiscard]] std::uint64_t number_bad() const { return bad_; }

 private:
  Output& out_;
  bool quiet_;
  std::uint64_t bad_{};
};

/// The sums by file name. A line that is not "64 digits, two spaces, a name" counts as changed, and
/// so does a second one of the same name.
std::map<std::string, std::string> read_sums(const std::string& text, Findings& findings) {
  constexpr std::size_t kDigits = 64;
  std::map<std::string, std::string> sums;
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string one = text.substr(at, end - at);
    ++line;
    if (!one.empty() && one.back() == '\r') {
      one.pop_back();
      if (line == 1)
        findings.bad(
            fmt::format("{}: its lines end as on Windows, which sha256sum does not take: "
                        "an editor or a transfer changed it",
                        kSums));
    }
    const std::string digits = one.substr(0, kDigits);
    const bool whole = end != std::string::npos && one.size() > kDigits + 2 &&
                       digits.find_first_not_of("0123456789abcdef") == std::string::npos &&
                       one.compare(kDigits, 2, "  ") == 0;
    if (!whole)
      findings.bad(
          fmt::format("{}: line {} is not 64 digits and small letters, two spaces and a "
                      "name, as sha256sum writes it",
                      kSums, line));
    else if (!sums.emplace(one.substr(kDigits + 2), digits).second)
      findings.bad(fmt::format("{}: line {} names a file again", kSums, line));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return sums;
}

/// All that lies below the folder but folders with something in them, by names relative to it.
std::set<std::string> files_below(const std::string& folder, Findings& findings) {
  namespace fs = std::filesystem;
  std::set<std::string> files;
  std::error_code error, not_known;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    if (it->is_symlink(not_known) || !it->is_directory(not_known) ||
        fs::is_empty(it->path(), not_known))
      files.insert(it->path().lexically_relative(folder).string());
  if (error) findings.bad(fmt::format("the folder cannot be listed: {}", error.message()));
  return files;
}

/// What is wrong with the kind of file: links may lead anywhere, and a pipe would never end.
const char* wrong_kind(const std::string& path) {
  std::error_code error;
  const auto kind = std::filesystem::symlink_status(path, error).type();
  if (kind == std::filesystem::file_type::symlink) return "is a link, not a file";
  return kind == std::filesystem::file_type::regular ? nullptr : "is no file";
}

bool opens_as_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool is_inside(const std::string& name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string::npos;
}

/// Returns the names of the files that have the sums they should have.
std::set<std::string> check_sums(const VerifyOptions& ask, Findings& findings) {
  const std::string folder = ask.directory + "/";
  if (!opens_as_file(folder + std::string(kSums)))
    throw CaptureError(folder + std::string(kSums) +
                       ": cannot be read; is this an evidence bundle?");
  const auto sums = read_sums(read_file(folder + std::string(kSums)), findings);
  std::set<std::string> files = files_below(ask.directory, findings);
  std::set<std::string> right;
  for (const auto& [name, sum] : sums) {
    const std::string shown = harmless(name);
    if (!is_inside(name) || files.erase(name) == 0)
      findings.bad(fmt::format("{}: is not there", shown));
    else if (const char* wrong = wrong_kind(folder + name))
      findings.bad(fmt::format("{}: {}", shown, wrong));
    else if (sha256_of_file(folder + name) != sum)
      findings.bad(fmt::format("{}: was changed since the bundle was written", shown));
    else
      right.insert(name);
  }
  for (const char* name : kAlways)
    if (sums.count(name) == 0) findings.bad(fmt::format("{}: {} has no sum of it", name, kSums));
  for (const std::string& name : {std::string(kSums), std::string(kSums) + ".sig"})
    if (files.erase(name) != 0)
      if (const char* wrong = wrong_kind(folder + name))
        findings.bad(fmt::format("{}: {}", name, wrong));
  for (const std::string& name : files)
    findings.bad(fmt::format("{}: does not belong to the bundle", harmless(name)));
  if (findings.number_bad() == 0)
    findings.good(fmt::format("{} have the sums of {}", counted(right.size(), "file"), kSums));
  return right;
}

/// Which of the files that a judgement needs is not what was written; empty: none.
std::string changed_among_judged(const std::set<std::string>& right) {
  for (const char* name : {"about.json", "flow.pcapng"})
    if (right.count(name) == 0) return name;
  return {};
}

void check_signed(const VerifyOptions& ask, Findings& findings) {
  const std::string sums = ask.directory + "/" + std::string(kSums);
  if (!opens_as_file(sums + ".sig")) {
    if (ask.signers.empty())
      findings.good("no signature (nobody vouches for the sums)");
    else
      findings.bad("SHA256SUMS.sig: is not there");
    return;
  }
  const SignatureCheck check = check_signature(sums, ask.signers);
  const std::string told = fmt::format("SHA256SUMS.sig: {}", check.text);
  check.good ? findings.good(told) : findings.bad(told);
}

/// What the bundle's writer would write, held against what is there.
class WrittenAgain : public BundleFiles {
 public:
  explicit WrittenAgain(const std::string& directory) : directory_(directory) {}
  std::unique_ptr<ByteOutput> create(const std::string&) override { return write_to_memory(json_); }
  void write(const std::string& name, std::string_view text) override {
    names.insert(name);
    const std::string path = directory_ + "/" + name;
    if (!opens_as_file(path) || read_file(path) != text) others.push_back(name);
  }
  [[nodiscard]] std::string report() const { return {json_.begin(), json_.end()}; }
  std::set<std::string> names;      // of pages and summaries
  std::vector<std::string> others;  // those that say something else

 private:
  std::string directory_;
  std::vector<std::uint8_t> json_;
};

/// Whether the pages, too, are what follows from the capture, and there are no others.
void check_pages(const WrittenAgain& again, const std::set<std::string>& summed,
                 Findings& findings) {
  for (const std::string& name : again.others)
    findings.bad(fmt::format("{}: does not say what follows from flow.pcapng", harmless(name)));
  if (again.others.empty()) findings.good("report.html and summary.txt say the same");
  std::set<std::string> others{"about.json", "flow.pcapng", "report.json"};
  if (summed.count(kHalvesFile) != 0)
    others.insert({kHalvesFile, kTraceFile});
  else
    others.insert(std::begin(kSocketFiles), std::end(kSocketFiles));
  for (const std::string& name : summed)
    if (again.names.count(name) == 0 && others.count(name) == 0)
      findings.bad(fmt::format("{}: is no part of a bundle, though it has a sum", harmless(name)));
}

/// `whole_comment` is that on the whole file; empty: any will do.
void check_capture(const std::string& capture, const CitedComments& comments,
                   std::string_view whole_comment, const AboutRead& about, Findings& findings) {
  const auto packets = open_saved(std::vector{capture});
  const auto found = capture_differences(*packets, comments, about);
  for (const Damage& damage : packets->notes().damage) findings.bad(describe(damage));
  for (const std::string& difference : found) findings.bad(difference);
  const auto foreign = foreign_blocks(read_file(capture), whole_comment);
  for (const std::string& block : foreign) findings.bad(block);
  if (found.empty() && foreign.empty()) findings.good("the comments in flow.pcapng say the same");
}

void judge_again(const VerifyOptions& ask, const std::set<std::string>& summed,
                 Findings& findings) {
  AboutRead about = read_about(ask.directory + "/about.json");
  const std::string capture = ask.directory + "/flow.pcapng";
  about.with.key_log = ask.key_log.empty() ? std::string() : read_file(ask.key_log);
  WrittenAgain again(ask.directory);
  CitedComments comments;
  const bool compared = is_compare_bundle(ask.directory);
  if (compared) {
    compare_bundle_again(ask.directory, *about.order, about.with.key_log, again, comments);
  } else {
    BundleReport report(again, *about.order, comments);
    judge_packets(*open_saved(std::vector{capture}), about.with, "flow.pcapng", report);
  }
  const std::uint64_t bad_before = findings.number_bad();
  const auto found = differences(read_file(ask.directory + "/report.json"), again.report());
  for (const std::string& difference : found) findings.bad(difference);
  if (found.empty()) findings.good("the verdict and every fact follow from flow.pcapng again");
  check_capture(capture, comments, compared ? "" : capture_comment(about.order->anonymize), about,
                findings);
  check_pages(again, summed, findings);
  if (findings.number_bad() == bad_before) return;
  if (about.secrets == "withheld" && ask.key_log.empty())
    findings.bad(
        "it was judged with TLS secrets that are not in the bundle; give them with --keylog");
  if (about.version != WHOHUNGUP_VERSION)
    findings.bad(fmt::format("it was written by version {}, this is " WHOHUNGUP_VERSION,
                             harmless(about.version)));
}

/// Packets cannot be asked about these.
void tell_what_cannot_be_checked(const std::set<std::string>& right, Findings& findings) {
  findings.unchecked(
      "about.json: command line, version, ports and secrets it was judged with, machine, clock and "
      "the sums of the inputs");
  findings.unchecked("flow.pcapng: names of addresses");
  for (const char* name : kSocketFiles)
    if (right.count(name) != 0)
      findings.unchecked(fmt::format("{}: what the sender's sockets saw", name));
  findings.unchecked("that the packets are what was on the wire: a signature says who vouches");
}

}  // namespace

Exit verify_bundle(const VerifyOptions& ask) {
  Output out(false);
  Findings findings(out, ask.quiet);
  if (!std::filesystem::is_directory(ask.directory))
    throw CaptureError(ask.directory + ": there is no such directory");
  if (!ask.signers.empty() && ::access(ask.signers.c_str(), R_OK) != 0)
    throw CaptureError(fmt::format("{}: cannot be read: {}", ask.signers, std::strerror(errno)));
  const std::set<std::string> right = check_sums(ask, findings);
  check_signed(ask, findings);
  const std::string changed = changed_among_judged(right);
  if (changed.empty() && wrong_kind(ask.directory + "/report.json") == nullptr)
    judge_again(ask, right, findings);
  else if (!changed.empty())
    findings.bad(fmt::format("flow.pcapng was not judged again, since {} was changed", changed));
  tell_what_cannot_be_checked(right, findings);
  out.flush();
  return findings.number_bad() == 0 ? Exit::Completed : Exit::HungUp;
}

}  // namespace whohungup
