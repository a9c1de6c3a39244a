// A BPF filter (pcap-filter(7)) over frames of any link type, as tcpdump would apply it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "capture/packet.h"

namespace whohungup {

/// Compiled once for every link type it meets. libpcap does the compiling and the matching.
class Filter {
 public:
  /// The empty expression wants every frame.
  explicit Filter(std::string expression);
  ~Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;

  /// Why the expression makes no sense on any link type; empty if it does on one at least.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Whether it wants every frame.
  [[nodiscard]] bool wants_all() const { return expression_.empty(); }
  /// Whether the filter wants this frame. A link type the expression makes no sense on ("ether
  /// host" on a raw IP link) yields no frames.
  [[nodiscard]] bool wants(const Packet& packet) { return wants_all() || matches(packet); }

 private:
  struct Program;
  bool matches(const Packet&);
  /// The program for a link type, or null if the expression cannot be compiled for it.
  const Program* program_for(LinkType);

  std::string expression_;
  std::string problem_;
  std::map<LinkType, std::unique_ptr<Program>> programs_;
};

}  // namespace whohungup
