// Rewriting one frame in place: addresses, payload, and the checksums over them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "capture/packet.h"
#include "cli/anonymize_keyed.h"
#include "dissect/fragments.h"
#include "dissect/segment.h"

namespace whohungup {

/// Replaces the captured payload of a segment; `seq` is that of its first byte.
using PayloadReplacer =
    std::function<void(const Endpoint& from, const Endpoint& to, std::uint32_t seq, bool reset,
                       std::uint8_t* bytes, std::size_t size)>;

struct FrameToRewrite {
  LinkType link{};
  FrameNo no{};
  Time at{};
  std::uint32_t interface_id{};
};

/// Datagrams in fragments are replaced as a whole: every frame is gathered first, and then each
/// fragment gets its part of what became of its datagram.
class FragmentedPayloads {
 public:
  /// Replaces a datagram's payload, false if that cannot be done.
  using Rewrite = std::function<bool(std::vector<std::uint8_t>& payload)>;

  /// Takes a fragment, and calls `rewrite` if it makes its datagram whole. False if the datagram
  /// cannot be replaced.
  bool add(FrameNo, const FragmentKey&, const Fragment&, Time, const Rewrite& rewrite);
  /// From now on fragments are replaced, not gathered.
  void gathered() { gathering_ = false; }
  [[nodiscard]] bool gathering() const { return gathering_; }
  /// What becomes of the fragment in this frame; null if its datagram never was whole.
  [[nodiscard]] const std::vector<std::uint8_t>* replaced(FrameNo) const;

 private:
  struct Waiting {
    FrameNo frame{};
    FragmentKey key;
    std::size_t offset{}, size{};
  };
  // Those of a bundle are at hand already: as much as may be held of streams.
  Fragments store_{{.datagrams = 4096, .bytes = std::size_t{256} << 20U}};
  std::vector<Waiting> waiting_;
  std::map<FrameNo, std::vector<std::uint8_t>> replaced_;
  bool gathering_{true};
};

/// Whether every header was understood and the frame is replaced. A checksum that was right is
/// right again, one that was wrong is wrong by as much.
bool anonymize_frame(const FrameToRewrite&, std::vector<std::uint8_t>& frame, KeyedReplacements&,
                     const PayloadReplacer&, FragmentedPayloads&);

}  // namespace whohungup
