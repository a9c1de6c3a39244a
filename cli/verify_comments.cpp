// The part of `verify` that holds what a bundle's capture says beside its packets against what
// follows from them, and against about.json.

#include <fmt/core.h>

#include <algorithm>

#include "cli/report/escape.h"
#include "cli/report/words.h"
#include "cli/verify.h"

namespace whohungup {
namespace {

constexpr std::size_t kMostNamed = 40;

std::string quoted(const std::string& comment) {
  return fmt::format("\"{}\"", harmless(keep_begin(comment, 160)));
}

/// Those of the one that are not among the other, each as often as it is missing there.
std::vector<std::string> without(std::vector<std::string> all,
                                 const std::vector<std::string>& other) {
  for (const std::string& one : other)
    if (const auto found = std::find(all.begin(), all.end(), one); found != all.end())
      all.erase(found);
  return all;
}

/// What differs on one frame.
std::vector<std::string> comment_differences(const std::vector<std::string>& written,
                                             const std::vector<std::string>& judged) {
  const auto extra = without(written, judged), missing = without(judged, written);
  if (extra.empty() && missing.empty() && written != judged)
    return {"the comments are in another order"};
  if (extra.size() == 1 && missing.size() == 1)
    return {
        fmt::format("the comment is {}, judged again {}", quoted(extra[0]), quoted(missing[0]))};
  std::vector<std::string> found;
  found.reserve(extra.size() + missing.size());
  for (const std::string& one : extra)
    found.push_back(fmt::format("the comment {} does not follow from the packets", quoted(one)));
  for (const std::string& one : missing)
    found.push_back(
        fmt::format("the comment {} is missing, which follows from the packets", quoted(one)));
  return found;
}

bool same(const InterfaceNotes& one, const InterfaceNotes& other) {
  return harmless(one.name) == harmless(other.name) &&
         harmless(one.description) == harmless(other.description) && one.link == other.link &&
         one.snaplen == other.snaplen && one.received == other.received &&
         one.dropped == other.dropped;
}

}  // namespace

std::vector<std::string> capture_differences(Source& packets, const CitedComments& expected,
                                             const AboutRead& about) {
  std::vector<std::string> found;
  Packet packet;
  Source::Next next{};
  while ((next = packets.next(packet)) != Source::Next::End) {
    if (next != Source::Next::Got) continue;
    const auto written = packets.comments();
    for (const std::string& one :
         comment_differences({written.begin(), written.end()}, expected.on(packet.no)))
      if (found.size() < kMostNamed)
        found.push_back(fmt::format("flow.pcapng: frame {}: {}", number(packet.no), one));
  }
  const CaptureNotes& notes = packets.notes();
  if (about.packets != notes.packets)
    found.push_back(fmt::format("about.json tells of {}, flow.pcapng holds {}",
                                counted(about.packets, "packet"), notes.packets));
  if (about.original_frames && about.original_frames->size() != notes.packets)
    found.push_back(fmt::format("about.json numbers {} of the input, flow.pcapng holds {}",
                                counted(about.original_frames->size(), "frame"), notes.packets));
  found.insert(found.end(), about.contradictions.begin(), about.contradictions.end());
  if (about.interfaces.size() != notes.interfaces.size())
    found.push_back(fmt::format("about.json describes {}, flow.pcapng {}",
                                counted(about.interfaces.size(), "interface"),
                                notes.interfaces.size()));
  for (std::size_t i = 0; i < std::min(about.interfaces.size(), notes.interfaces.size()); ++i)
    if (!same(about.interfaces[i], notes.interfaces[i]))
      found.push_back(
          fmt::format("about.json and flow.pcapng do not describe interface {} alike", i));
  return found;
}

}  // namespace whohungup
