#include "capture/filter.h"

#include <pcap/pcap.h>

#include <array>
#include <utility>

namespace whohungup {
namespace {

/// The data link number libpcap has for a saved file's link type; they differ for raw IP only
/// (LINKTYPE_RAW is 101, DLT_RAW the number the system at hand has).
int data_link(LinkType link) {
  switch (link) {
    case LinkType::Raw:
    case LinkType::RawBsd12:
    case LinkType::RawBsd14:
      return DLT_RAW;
    default:
      return static_cast<int>(link);
  }
}

}  // namespace

struct Filter::Program {
  bpf_program code{};

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(&code); }

  /// The program, or null and the reason.
  static std::unique_ptr<Program> compile(const std::string& expression, LinkType link,
                                          std::string& problem) {
    // The snap length only bounds what the program may return.
    constexpr int kSnapLength = 262144;
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
        pcap_open_dead(data_link(link), kSnapLength), &pcap_close);
    auto program = std::make_unique<Program>();
    if (pcap_compile(handle.get(), &program->code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) ==
        0)
      return program;
    problem = pcap_geterr(handle.get());
    return nullptr;
  }
};

Filter::Filter(std::string expression) : expression_(std::move(expression)) {
  if (expression_.empty()) return;
  // Some words make sense on one kind of link only; the message is about the most usual one.
  constexpr std::array kTried{LinkType::LinuxSll2, LinkType::LinuxSll, LinkType::Raw,
                              LinkType::Ethernet};
  bool makes_sense = false;
  for (const LinkType link : kTried)
    makes_sense = Program::compile(expression_, link, problem_) != nullptr || makes_sense;
  if (makes_sense) problem_.clear();
}

Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

bool Filter::matches(const Packet& packet) {
  const Program* program = program_for(packet.link);
  if (program == nullptr) return false;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = packet.wire_len;
  return pcap_offline_filter(&program->code, &header, packet.bytes.data()) != 0;
}

const Filter::Program* Filter::program_for(LinkType link) {
  const auto known = programs_.find(link);
  if (known != programs_.end()) return known->second.get();
  std::string ignored;
  return (programs_[link] = Program::compile(expression_, link, ignored)).get();
}

}  // namespace whohungup
