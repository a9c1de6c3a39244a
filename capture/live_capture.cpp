// See live_capture.h.
#include "capture/live_capture.h"

#include <fmt/core.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <tins/exceptions.h>
#include <tins/sniffer.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "capture/capture_file.h"
#include "capture/source.h"

namespace whohungup {
namespace {

constexpr unsigned kSnapLength = 262144;  // the longest frame libpcap knows: nothing is cut
/// A handshake is some 20 kB; this holds hundreds that nobody has fetched yet.
constexpr unsigned kBuffer = 4U << 20U;

LinkType link_type(int data_link) {
  return data_link == DLT_RAW ? LinkType::Raw : static_cast<LinkType>(data_link);
}

Tins::SnifferConfiguration configuration() {
  Tins::SnifferConfiguration wanted;
  wanted.set_snap_len(kSnapLength);
  wanted.set_buffer_size(kBuffer);
  wanted.set_promisc_mode(false);  // our own packets come here anyway
  wanted.set_immediate_mode(true);
  wanted.set_timestamp_precision(PCAP_TSTAMP_PRECISION_NANO);
  return wanted;
}

}  // namespace

struct LiveCapture::State {
  State(const std::string& name) : device(name), sniffer(name, configuration()) {}

  std::string device;
  Tins::Sniffer sniffer;
  bool nanoseconds{};

  [[nodiscard]] pcap_t* handle() const {
    return const_cast<Tins::Sniffer&>(sniffer).get_pcap_handle();
  }
};

bool LiveCapture::permitted() {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

LiveCapture::LiveCapture(std::unique_ptr<State> state) : state_(std::move(state)) {}
LiveCapture::~LiveCapture() = default;

std::unique_ptr<LiveCapture> LiveCapture::open(const std::string& device) {
  if (device != "any" && if_nametoindex(device.c_str()) == 0)
    throw CaptureError(
        fmt::format("there is no interface {}; `ip -brief link` lists those there are", device));
  try {
    auto state = std::make_unique<State>(device);
    pcap_t* handle = state->handle();
    state->nanoseconds = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO;
    std::array<char, PCAP_ERRBUF_SIZE> why{};
    if (pcap_setnonblock(handle, 1, why.data()) != 0)
      throw CaptureError(fmt::format("cannot capture on {}: {}", device, why.data()));
    return std::unique_ptr<LiveCapture>(new LiveCapture(std::move(state)));
  } catch (const Tins::exception_base& error) {
    throw CaptureError(fmt::format("cannot capture on {}: {}", device, error.what()));
  }
}

void LiveCapture::aim(const std::string& filter) {
  pcap_t* handle = state_->handle();
  bpf_program program{};
  if (pcap_compile(handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0 ||
      pcap_setfilter(handle, &program) != 0) {
    const std::string why = pcap_geterr(handle);
    pcap_freecode(&program);
    throw CaptureError(fmt::format("cannot capture \"{}\" on {}: {}", filter, device(), why));
  }
  pcap_freecode(&program);
  Packet old;
  while (next(old)) {
  }
}

bool LiveCapture::next(Packet& packet) {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int got = pcap_next_ex(state_->handle(), &header, &bytes);
  if (got == PCAP_ERROR)
    throw CaptureError(
        fmt::format("the capture on {} broke off: {}", device(), pcap_geterr(state_->handle())));
  if (got != 1) return false;
  const std::int64_t fraction = header->ts.tv_usec;
  packet.at = time_from(header->ts.tv_sec, state_->nanoseconds ? fraction : fraction * 1000);
  packet.bytes = Bytes(bytes, header->caplen);
  packet.wire_len = header->len;
  packet.link = link();
  return true;
}

LiveCapture::Losses LiveCapture::losses() const {
  pcap_stat stat{};
  if (pcap_stats(state_->handle(), &stat) != 0) return {};
  return {stat.ps_recv, stat.ps_drop, stat.ps_ifdrop};
}

LinkType LiveCapture::link() const { return link_type(pcap_datalink(state_->handle())); }
const std::string& LiveCapture::device() const { return state_->device; }

std::string offloads_of(const std::string& device) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  struct Offload {
    std::uint32_t command;
    const char* name;
  };
  constexpr std::array<Offload, 3> kAsked{
      {{ETHTOOL_GTSO, "tso"}, {ETHTOOL_GGSO, "gso"}, {ETHTOOL_GGRO, "gro"}}};
  std::string told;
  for (const Offload& offload : kAsked) {
    ethtool_value value{};
    value.cmd = offload.command;
    ifreq request{};
    std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(fd, SIOCETHTOOL, &request) != 0) continue;
    told += fmt::format("{}{} {}", told.empty() ? "" : ", ", offload.name,
                        value.data != 0 ? "on" : "off");
  }
  ::close(fd);
  return told;
}

}  // namespace whohungup
