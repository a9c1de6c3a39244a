// Which FIN or reset ended the connection at the TCP level, and which ended nothing.
#include <algorithm>

#include "analyze/event_finder.h"

namespace whohungup {

using Where = Placed::Where;

std::int32_t EventFinder::first_tcp_ending() const {
  if (marks_.first_close == Landmarks::kNone) return Landmarks::kNone;
  const auto count = static_cast<std::int32_t>(talk_.segments.size());
  // What comes before the SYN is the rest of an earlier connection.
  for (std::int32_t i = std::max(marks_.syn, marks_.first_close); i < count; ++i) {
    const Placed& s = at(talk_, i);
    const TcpFlags flags = s.header.flags;
    if (!flags.has(TcpFlags::kFin | TcpFlags::kRst) || s.where == Where::Duplicate) continue;
    if (flags.rst() ? !reset_ends(i) : !fin_ends(i)) continue;
    // Packets may be captured in the wrong order, the other's FIN even before the SYN; one that
    // acknowledges it came after it.
    const std::int32_t fin = marks_.fin(other(s.claims));
    return fin != Landmarks::kNone && acknowledges_fin(s) ? fin : i;
  }
  return Landmarks::kNone;
}

bool EventFinder::acknowledges_fin(const Placed& s) const {
  const std::int64_t fin = talk_.side(other(s.claims)).fin_offset;
  return fin != Placed::kUnknown && s.ack_offset != Placed::kUnknown && s.ack_offset > fin;
}

bool EventFinder::reset_ends(std::int32_t i) const {
  const bool connected_before = marks_.connected != Landmarks::kNone && marks_.connected < i;
  const bool data_before =
      marks_.client_payloads + marks_.server_payloads > 0 && marks_.first_payload < i;
  if (!connected_before && !data_before && marks_.syn != Landmarks::kNone) {
    // Something stray was refused, and the connection was made after all.
    const bool made_later = marks_.connected > i;
    const bool tried_again = marks_.last_syn > i && marks_.syn_ack > i;
    return !made_later && !tried_again;
  }
  // Mostly nothing comes behind it, and its number need not be looked at.
  const bool last = static_cast<std::size_t>(i) + 1 == talk_.segments.size();
  return last || !goes_on_after(i) || is_exact(i);
}

bool EventFinder::is_exact(std::int32_t i) const {
  const Placed& reset = at(talk_, i);
  if (reset.offset == Placed::kUnknown) return true;
  std::int64_t acked = Placed::kUnknown;
  std::int64_t sent = 0;
  for (std::int32_t j = 0; j < i; ++j) {
    const Placed& s = at(talk_, j);
    if (s.header.flags.rst() || s.where == Where::OutsideWindow) continue;
    if (s.claims == reset.claims) {
      if (s.offset == Placed::kUnknown) continue;
      sent = std::max(sent, s.end() + (s.header.flags.fin() ? 1 : 0));
    } else if (s.ack_offset != Placed::kUnknown) {
      acked = std::max(acked, s.ack_offset);
    }
  }
  return reset.offset == acked || reset.offset == sent;
}

bool EventFinder::goes_on_after(std::int32_t i) const {
  const Side claims = at(talk_, i).claims;
  for (auto j = static_cast<std::size_t>(i) + 1; j < talk_.segments.size(); ++j) {
    const Placed& s = talk_.segments[j];
    if (s.header.flags.rst() || s.where == Where::Duplicate) continue;
    const bool news =
        s.header.payload_len > 0 && s.where != Where::Repeat && s.where != Where::OutsideWindow;
    if (news || (s.claims != claims && s.header.flags.fin())) return true;
  }
  return false;
}

bool EventFinder::fin_ends(std::int32_t i) const {
  const Placed& fin = at(talk_, i);
  if (fin.offset == Placed::kUnknown || fin.where != Where::Ahead) return true;
  if (talk_.side(other(fin.claims)).acked >= fin.end()) return true;
  for (auto j = static_cast<std::size_t>(i) + 1; j < talk_.segments.size(); ++j) {
    const Placed& s = talk_.segments[j];
    if (s.claims != fin.claims && !s.header.flags.rst() && s.ack_offset != Placed::kUnknown)
      return false;
  }
  return true;
}

}  // namespace whohungup
