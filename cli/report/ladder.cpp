#include "cli/report/ladder.h"

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "cli/report/escape.h"
#include "cli/report/ladder_notes.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

// A handshake has 10 to 40 packets. All of a short flow is shown; of a long one the beginning,
// what ended it, and what is cited.
constexpr std::size_t kShowAll = 32;
constexpr std::size_t kShowFirst = 12;
constexpr std::size_t kShowLast = 8;
constexpr std::size_t kNoteColumns = 31;
// Where a note stands that has no room beside its packet.
constexpr std::size_t kNoteIndent = 20;

/// One packet: a segment or an ICMP error.
struct Rung {
  FrameNo frame{};
  Time at{};
  const Placed* segment{};
  const IcmpError* icmp{};
};

std::vector<Rung> rungs(const Conversation& talk) {
  std::vector<Rung> all;
  for (const Placed* segment : all_segments(talk))
    all.push_back({segment->frame(), segment->at(), segment, nullptr});
  for (const IcmpError& error : talk.icmp) all.push_back({error.frame, error.at, nullptr, &error});
  std::stable_sort(all.begin(), all.end(),
                   [](const Rung& a, const Rung& b) { return a.frame < b.frame; });
  return all;
}

char mark(const Verdict& verdict, FrameNo frame) {
  if (among(verdict.event.frames, frame)) return '*';
  return among(verdict.cited, frame) ? '+' : ' ';
}

bool matters(const Rung& rung, const Verdict& verdict) {
  if (rung.icmp != nullptr || mark(verdict, rung.frame) != ' ') return true;
  return rung.segment->header.flags.has(TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst);
}

std::string relative(std::int64_t offset) {
  return offset == Placed::kUnknown ? "-" : std::to_string(offset + 1);
}

std::string columns(std::string_view frame, std::string_view time, std::string_view from,
                    std::string_view flags, std::string_view seq, std::string_view ack,
                    std::string_view len, std::string_view ttl, std::string_view ip_id,
                    std::string_view window) {
  return fmt::format("{:>6} {:>10} {:<1} {:<4} {:>7} {:>7} {:>5} {:>3} {:>6} {:>5}", frame, time,
                     from, flags, seq, ack, len, ttl, ip_id, window);
}

std::string since(Time begin, Time at) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(at - begin).count());
}

std::string rung_text(const Rung& rung, Time begin) {
  const std::string frame = std::to_string(number(rung.frame));
  if (rung.icmp != nullptr)
    return columns(frame, since(begin, rung.at), "!", "ICMP", "-", "-", "-",
                   std::to_string(rung.icmp->ttl), "-", "-");
  const SegmentHeader& header = rung.segment->header;
  return columns(frame, since(begin, rung.at), rung.segment->is(Side::Client) ? ">" : "<",
                 to_string(header.flags), relative(rung.segment->offset),
                 header.flags.ack() ? relative(rung.segment->ack_offset) : "-",
                 std::to_string(header.payload_len), std::to_string(header.ttl),
                 header.is_v6 ? "-" : fmt::format("0x{:04x}", header.ip_id),
                 std::to_string(header.window));
}

std::string note_on(const Rung& rung, const LadderNotes& notes) {
  return rung.icmp != nullptr ? LadderNotes::about(*rung.icmp) : notes.about(*rung.segment);
}

std::string left_out(std::size_t packets) {
  return fmt::format("{:>6} … {} left out\n", "", counted(packets, "packet"));
}

/// A rung with its mark and its note, which goes on below where it does not fit.
std::string rung_lines(const Rung& rung, const JudgedFlow& flow, const LadderNotes& notes,
                       const Style& style) {
  const char marked = mark(flow.verdict(), rung.frame);
  const std::string front = fmt::format("{}{}  ", marked, rung_text(rung, flow.talk.begin));
  const std::string note = note_on(rung, notes);
  const bool beside = style.columns() >= width(front) + kNoteColumns;
  std::string text = wrapped(front, beside ? note : "", width(front) + kNoteColumns);
  if (!beside && !note.empty())
    text += wrapped(std::string(kNoteIndent, ' '), note, style.columns());
  while (text.size() > 1 && text[text.size() - 2] == ' ') text.erase(text.size() - 2, 1);
  if (marked != '*') return text;
  text.pop_back();
  return style.bold(text) + '\n';
}

}  // namespace

std::string ladder(const JudgedFlow& flow, const Style& style) {
  const std::vector<Rung> all = rungs(flow.talk);
  const LadderNotes notes(flow.talk);
  std::string out = style.dim(' ' + columns("frame", "seconds", " ", "flag", "seq", "ack", "len",
                                            "ttl", "ip id", "win")) +
                    '\n';
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool shown = all.size() <= kShowAll || i < kShowFirst || i + kShowLast >= all.size() ||
                       matters(all[i], flow.verdict());
    if (!shown) {
      ++skipped;
      continue;
    }
    if (skipped > 0) out += left_out(skipped);
    skipped = 0;
    out += rung_lines(all[i], flow, notes, style);
  }
  std::string legend =
      wrapped("", "> from the client's address, < from the server's; * ended it, + cited below",
              style.columns());
  legend.pop_back();
  return out + style.dim(legend) + '\n';
}

}  // namespace whohungup
