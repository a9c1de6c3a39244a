// The decoder's front: one frame in, one answer out. The layers are in decode_*.cpp.
#include "dissect/decode.h"

#include <fmt/format.h>

#include "dissect/decode_walk.h"
#include "dissect/fragments.h"

namespace whohungup {

struct Decoder::State {
  explicit State(FragmentLimits limits) : fragments(limits) {}
  Fragments fragments;
  decoding::Path path;
  // What every answer starts from. Copied, because GCC clears a record of this size with `rep stos`
  // at a third of all the time that decoding takes.
  Segment blank;
};

Decoder::Decoder(FragmentLimits limits) : state_(std::make_unique<State>(limits)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Decoded Decoder::decode(const Packet& packet) {
  Decoded result{state_->blank};
  state_->fragments.release_delivered();
  state_->path.size = 0;
  if (decoding::plain_segment(packet, *std::get_if<Segment>(&result))) [[likely]]
    return result;
  decoding::Walk walk{packet, result, state_->fragments, state_->path};
  decoding::link(walk, packet.link);
  return result;
}

std::string Decoder::outer_path() const { return state_->path.text(); }

namespace decoding {
namespace {

std::string_view name(Hop::Kind kind) {
  switch (kind) {
    case Hop::Kind::IpInIp:
      return "ip-in-ip";
    case Hop::Kind::Gre:
      return "gre";
    case Hop::Kind::Nvgre:
      return "nvgre";
    case Hop::Kind::Erspan:
      return "erspan";
    case Hop::Kind::Vxlan:
      return "vxlan";
    case Hop::Kind::Geneve:
      return "geneve";
    case Hop::Kind::Gtp:
      return "gtp";
    case Hop::Kind::Teredo:
      return "teredo";
    case Hop::Kind::Mpls:
      return "mpls";
    case Hop::Kind::Pptp:
      return "pptp";
    case Hop::Kind::L2tp:
      return "l2tp";
  }
  return "tunnel";
}

}  // namespace

std::string Path::text() const {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    const Hop& hop = hops[i];
    if (i > 0) text += ", ";
    text += name(hop.kind);
    if (hop.has_id) text += fmt::format(" {}", hop.id);
    text += fmt::format(" {} > {}", to_string(hop.from), to_string(hop.to));
  }
  return text;
}

}  // namespace decoding
}  // namespace whohungup
