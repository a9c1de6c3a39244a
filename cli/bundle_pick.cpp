#include "cli/bundle_pick.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "capture/saved.h"

namespace whohungup {
namespace {

// Fragments of datagrams in flight at the same time: as many as the decoder holds datagrams.
constexpr std::size_t kMostHeld = 512;

std::pair<Endpoint, Endpoint> sorted(const Endpoint& a, const Endpoint& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

/// Whether the frame holds an IP header with these addresses: source and destination stand side by
/// side in IPv4 (RFC 791 §3.1) as in IPv6 (RFC 8200 §3).
bool bears(Bytes frame, const IpAddress& from, const IpAddress& to) {
  const std::size_t size = from.is_v6 ? 16 : 4;
  std::vector<std::uint8_t> both(from.octets.begin(),
                                 from.octets.begin() + static_cast<std::ptrdiff_t>(size));
  both.insert(both.end(), to.octets.begin(), to.octets.begin() + static_cast<std::ptrdiff_t>(size));
  return std::search(frame.begin(), frame.end(), both.begin(), both.end()) != frame.end();
}

using AddressPair = std::pair<IpAddress, IpAddress>;

/// The tunnels' ends, as Decoder::outer_path() writes them: "gre 203.0.113.1 > 203.0.113.2".
void add_outer_pairs(std::string_view path, std::vector<AddressPair>& pairs) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find_first_of(" ,", at), path.size());
    if (end > at) words.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  const auto address = [](const std::string& text) -> std::optional<IpAddress> {
    IpAddress ip;
    ip.is_v6 = text.find(':') != std::string::npos;
    if (::inet_pton(ip.is_v6 ? AF_INET6 : AF_INET, text.c_str(), ip.octets.data()) != 1)
      return std::nullopt;
    return ip;
  };
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != ">") continue;
    const auto from = address(words[i - 1]), to = address(words[i + 1]);
    if (from && to) pairs.emplace_back(*from, *to);
  }
}

/// A capture in a file that has no name any more. Mapped, for one that gave up root cannot open
/// its own files anew through /proc.
class MappedSource : public Source {
 public:
  MappedSource(int file, std::size_t size)
      : size_(size), at_(::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0)) {
    if (at_ == MAP_FAILED)
      throw CaptureError(fmt::format("cannot read packets put aside: {}", std::strerror(errno)));
    source_ = open_saved_bytes({static_cast<const std::uint8_t*>(at_), size}, "packets put aside");
  }
  MappedSource(const MappedSource&) = delete;
  MappedSource& operator=(const MappedSource&) = delete;
  ~MappedSource() override {
    source_.reset();
    ::munmap(at_, size_);
  }
  Next next(Packet& packet) override { return source_->next(packet); }
  [[nodiscard]] const CaptureNotes& notes() const override { return source_->notes(); }

 private:
  std::size_t size_;
  void* at_;
  std::unique_ptr<Source> source_;
};

}  // namespace

void FlowPick::add(const Conversation& talk) {
  Span span{talk.first_frame, talk.last_frame};
  for (const Placed* segment : all_segments(talk)) {
    span.first = std::min(span.first, segment->frame());
    span.last = std::max(span.last, segment->frame());
  }
  for (const IcmpError& error : talk.icmp) span.last = std::max(span.last, error.frame);
  flows_[sorted(talk.client, talk.server)].push_back(span);
}

bool FlowPick::has(const Endpoint& from, const Endpoint& to, FrameNo frame) const {
  const auto found = flows_.find(sorted(from, to));
  return found != flows_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const Span& span) { return span.first <= frame && frame <= span.last; });
}

Source::Next PickedPackets::next(Packet& packet) {
  while (true) {
    if (waited_for_ < waiting_.size()) {
      Held& one = waiting_[waited_for_++];
      one.packet.bytes = one.bytes;
      return deliver(packet, one.packet);
    }
    waiting_.clear();
    waited_for_ = 0;

    Packet found;
    const Next next = again_.next(found);
    if (next == Next::End) return Next::End;
    if (next == Next::Idle || !filter_.wants(found)) continue;
    const Decoded decoded = decoder_.decode(found);
    if (const auto* segment = std::get_if<Segment>(&decoded)) {
      if (!pick_.has(segment->from, segment->to, found.no)) continue;
      if (!segment->header.from_fragments) return deliver(packet, found);
      release_fragments(*segment);
      waiting_.push_back({found, {found.bytes.begin(), found.bytes.end()}});
    } else if (const auto* error = std::get_if<IcmpError>(&decoded)) {
      if (pick_.has(error->from, error->to, found.no)) return deliver(packet, found);
    } else if (std::get<Skipped>(decoded).why == Skipped::Why::FragmentHeld) {
      hold(found);
    }
  }
}

Source::Next PickedPackets::deliver(Packet& packet, const Packet& found) {
  packet = found;
  original_.push_back(found.no);
  packet.no = FrameNo{static_cast<std::uint32_t>(original_.size())};
  return Next::Got;
}

void PickedPackets::hold(const Packet& fragment) {
  if (held_.size() == kMostHeld) held_.erase(held_.begin());
  held_.push_back({fragment, {fragment.bytes.begin(), fragment.bytes.end()}});
}

void PickedPackets::release_fragments(const Segment& segment) {
  std::vector<AddressPair> pairs{{segment.from.ip, segment.to.ip}};
  if (segment.header.tunnelled) add_outer_pairs(decoder_.outer_path(), pairs);
  const auto others = std::stable_partition(held_.begin(), held_.end(), [&](const Held& held) {
    return std::none_of(pairs.begin(), pairs.end(), [&](const AddressPair& pair) {
      return bears(held.bytes, pair.first, pair.second);
    });
  });
  waiting_.insert(waiting_.end(), std::make_move_iterator(others),
                  std::make_move_iterator(held_.end()));
  held_.erase(others, held_.end());
}

PacketSpool::PacketSpool() {
  const char* folder = std::getenv("TMPDIR");
  std::string name = fmt::format("{}/whohungup-XXXXXX", folder != nullptr ? folder : "/tmp");
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0)
    throw CaptureError(
        fmt::format("cannot put packets aside in {}: {}", name, std::strerror(errno)));
  ::unlink(name.c_str());
  out_ = write_to_descriptor(file_, name + " (packets put aside)");
  writer_ = std::make_unique<PcapngWriter>(*out_, PcapngSection{});
}

PacketSpool::~PacketSpool() {
  if (file_ >= 0) ::close(file_);
}

void PacketSpool::add(const Packet& packet, const std::vector<InterfaceNotes>& interfaces) {
  for (; interfaces_ <= packet.interface_id; ++interfaces_) {
    PcapngInterface interface;
    interface.link = packet.link;
    if (interfaces_ < interfaces.size()) interface.link = interfaces[interfaces_].link;
    writer_->add_interface(interface);
  }
  bytes_ += packet.bytes.size();
  if (bytes_ > kMost)
    throw CaptureError(
        "standard input is too long to be kept for a bundle: save it to a file and read that");
  writer_->add_packet(packet, packet.interface_id);
}

std::unique_ptr<Source> PacketSpool::read_again() {
  out_->flush();
  struct stat is {};
  if (::fstat(file_, &is) != 0)
    throw CaptureError(fmt::format("cannot read packets put aside: {}", std::strerror(errno)));
  return std::make_unique<MappedSource>(file_, static_cast<std::size_t>(is.st_size));
}

}  // namespace whohungup
