// The report as one self-contained HTML page: nothing is fetched, no script runs, and everything
// that came out of packets is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/bundle_summary.h"
#include "cli/report/report.h"

namespace whohungup {

/// What a page says beside the flow.
struct HtmlContext {
  std::string folder;                // from the page to the bundle's folder: "" or "../"
  std::string index_page;            // the page this one is listed on; empty: none
  std::vector<std::string> sources;  // the inputs, with their sums: "a.pcap, SHA-256 …"
  bool anonymized{};
  /// By frame of flow.pcapng, the frame of the input it was; empty where they are the same.
  std::vector<FrameNo> original_frames;
};

/// The whole page about one flow.
std::string html_page(const JudgedFlow&, const HtmlContext&);

/// The page about many: counts by verdict, a timeline and a list that links their pages.
std::string html_index(const std::vector<FlowEntry>&, const Totals&, const HtmlContext&);

/// Hostile text as HTML text or attribute value: markup is escaped, controls and direction marks
/// become visible.
std::string html_text(std::string_view hostile);

}  // namespace whohungup
