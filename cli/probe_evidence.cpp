// See probe_evidence.h.
#include "cli/probe_evidence.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include "capture/source.h"
#include "cli/report/story.h"

namespace whohungup {
namespace {

PcapngSection section() {
  utsname system{};
  uname(&system);
  return {.hardware = system.machine,
          .os = fmt::format("{} {}", system.sysname, system.release),
          .application = "whohungup " WHOHUNGUP_VERSION " probe"};
}

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

Evidence::Evidence(const std::string& path, const std::string& copy)
    : path_(path),
      copy_(copy),
      memory_(write_to_memory(bytes_)),
      writer_(*memory_, section()),
      began_(now()) {
  if (!path.empty()) file_ = create_file(path);
}

Evidence::~Evidence() = default;

void Evidence::add(const std::vector<Caught>& packets, const std::string& key_log,
                   const std::string& filter, const LiveCapture& capture) {
  writer_.add_key_log(key_log);
  key_log_ += key_log;
  const std::uint32_t interface = interface_of(capture, filter);
  for (const Caught& one : packets) {
    Packet packet;
    packet.at = one.at;
    packet.bytes = one.bytes;
    packet.wire_len = one.wire_len;
    packet.link = one.link;
    writer_.add_packet(packet, interface);
  }
  packets_ += static_cast<std::uint32_t>(packets.size());
  add_statistics(capture);
  keep();
}

void Evidence::name(const std::string& address, const std::string& name) {
  const KnownName known{address, name};
  writer_.add_names({&known, 1});
}

std::string Evidence::title() const {
  if (!path_.empty()) return path_;
  return copy_.empty() ? kNotSaved : copy_;
}

void Evidence::close() {
  keep();  // where nothing was caught, an empty pcapng and no empty file
  if (file_) file_->flush();
}

// Running totals behind every connection: a flow is judged knowing what was lost by then.
void Evidence::add_statistics(const LiveCapture& capture) {
  const LiveCapture::Losses losses = capture.losses();
  PcapngStatistics statistics;
  statistics.at = now();
  statistics.begin = began_;
  statistics.end = statistics.at;
  statistics.received = losses.received;
  statistics.dropped = losses.dropped_by_interface;
  statistics.dropped_by_os = losses.dropped_by_os;
  writer_.add_statistics(interfaces_.at(&capture), statistics);
}

std::uint32_t Evidence::interface_of(const LiveCapture& capture, const std::string& filter) {
  if (const auto known = interfaces_.find(&capture); known != interfaces_.end())
    return known->second;
  const std::string offloads = offloads_of(capture.device());
  const std::uint32_t number =
      writer_.add_interface({.link = capture.link(),
                             .name = capture.device(),
                             .description = offloads.empty() ? "" : "offloads: " + offloads,
                             .filter = filter});
  interfaces_[&capture] = number;
  return number;
}

void Evidence::keep() {
  if (!file_) return;
  file_->write(Bytes(bytes_).subspan(written_));
  written_ = bytes_.size();
}

}  // namespace whohungup
