// The section that puts the two endpoints' headers side by side, one class of packet a row: one
// host's packets look alike, and a stranger's stand out.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "cli/report/html_sections.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

enum class Class : std::uint8_t { Syn, Ack, Data, Fin, Rst };
constexpr std::array<std::string_view, 5> kClassNames{"SYN", "ACK", "Data", "FIN", "RST"};

Class class_of(const SegmentHeader& header) {
  if (header.flags.rst()) return Class::Rst;
  if (header.flags.syn()) return Class::Syn;
  if (header.flags.fin()) return Class::Fin;
  return header.payload_len > 0 ? Class::Data : Class::Ack;
}

std::string option_name(std::uint8_t kind) {
  switch (kind) {
    case 1:
      return "NOP";
    case 2:
      return "MSS";
    case 3:
      return "window scale";
    case 4:
      return "SACK permitted";
    case 5:
      return "SACK";
    case 8:
      return "timestamps";
    case 34:
      return "fast open";
    default:
      return fmt::format("option {}", kind);
  }
}

std::string option_list(const SegmentHeader& header) {
  std::string list;
  for (const std::uint8_t kind : header.option_kinds)
    if (kind > 1) list += fmt::format("{}{}", list.empty() ? "" : ", ", option_name(kind));
  return list.empty() ? "none" : list;
}

/// "0x2100", "0x2100 to 0x2105", "0x2100, 0x7fff …" in the order of the packets.
std::string id_list(const std::vector<std::uint16_t>& ids) {
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(ids.size(), 4); ++i)
    list += fmt::format("{}0x{:04x}", i == 0 ? "" : ", ", ids[i]);
  return ids.size() > 4 ? list + fmt::format(" … 0x{:04x}", ids.back()) : list;
}

template <class Number>
std::string number_list(const std::set<Number>& numbers) {
  std::string list;
  std::size_t shown = 0;
  for (const Number one : numbers) {
    if (shown++ == 4) return list + " …";
    list += fmt::format("{}{}", list.empty() ? "" : ", ", one);
  }
  return list;
}

/// What the packets of one class and side say about their maker.
struct Look {
  std::size_t packets{};
  std::set<unsigned> ttls, windows, flow_labels;
  std::set<bool> dont_fragment;
  std::set<std::string> options;
  std::vector<std::uint16_t> ip_ids;
  bool v6{};

  void take(const SegmentHeader& header) {
    ++packets;
    ttls.insert(header.ttl);
    windows.insert(header.window);
    options.insert(option_list(header));
    v6 = header.is_v6;
    if (v6) return;
    dont_fragment.insert(header.dont_fragment);
    ip_ids.push_back(header.ip_id);
  }
};

std::string cell(const Look& look, std::string_view side, bool ttl_differs) {
  if (look.packets == 0)
    return fmt::format("<td data-label=\"{}\"><span class=\"meta\">none</span></td>", side);
  std::string text =
      fmt::format("{}<br>TTL <b>{}</b>{}", counted(look.packets, "packet"), number_list(look.ttls),
                  ttl_differs ? " <span class=\"badge possible\">unlike the rest</span>" : "");
  if (!look.v6) {
    text += fmt::format("<br>IP-ID {}", id_list(look.ip_ids));
    text += look.dont_fragment.size() > 1 ? "<br>DF on some"
            : *look.dont_fragment.begin() ? "<br>DF set"
                                          : "<br>DF not set";
  }
  text += fmt::format("<br>window {}<br>options ", number_list(look.windows));
  std::string options;
  for (const std::string& one : look.options)
    options += fmt::format("{}{}", options.empty() ? "" : "; or ", one);
  return fmt::format("<td data-label=\"{}\">{}{}</td>", side, text, options);
}

using Looks = std::array<Look, kClassNames.size()>;

Looks looks_of(const Conversation& talk, Side side) {
  Looks looks;
  for (const Placed& segment : talk.segments)
    if (segment.is(side) && segment.where != Placed::Where::Duplicate)
      looks[static_cast<std::size_t>(class_of(segment.header))].take(segment.header);
  return looks;
}

/// Whether this class bears a TTL that no packet of the side's other classes bears.
bool differs(const Looks& looks, std::size_t which) {
  std::set<unsigned> others;
  for (std::size_t i = 0; i < looks.size(); ++i)
    if (i != which) others.insert(looks[i].ttls.begin(), looks[i].ttls.end());
  return !others.empty() && std::any_of(looks[which].ttls.begin(), looks[which].ttls.end(),
                                        [&](unsigned ttl) { return others.count(ttl) == 0; });
}

}  // namespace

std::string html_fingerprints(const JudgedFlow& flow) {
  const Looks client = looks_of(flow.talk, Side::Client),
              server = looks_of(flow.talk, Side::Server);
  constexpr auto kRst = static_cast<std::size_t>(Class::Rst);
  std::string rows;
  for (std::size_t i = 0; i < kClassNames.size(); ++i) {
    if (client[i].packets + server[i].packets == 0) continue;
    rows += fmt::format("<tr><th scope=\"row\">{}</th>{}{}</tr>\n", kClassNames[i],
                        cell(client[i], "client's address", i == kRst && differs(client, i)),
                        cell(server[i], "server's address", i == kRst && differs(server, i)));
  }
  return html_heading("fingerprints", "Fingerprints, side by side") +
         "<p>One host's packets resemble each other: the TTL has come down by the same hops, the "
         "IP-ID counts on, the options repeat. Resets of many systems are plain (window 0, no "
         "options, IP-ID 0), so only the TTL is marked here.</p>\n"
         "<table class=\"cards\"><thead><tr><th scope=\"col\">Packets</th><th "
         "scope=\"col\">bearing the "
         "client's address</th><th scope=\"col\">bearing the server's "
         "address</th></tr></thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

}  // namespace whohungup
