// See compare_clock.h.
#include "analyze/compare_clock.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace whohungup {
namespace {

// Enough for a bound every few seconds of a working day; the rest say nothing new.
constexpr std::size_t kMostBounds = 2048;

/// Crystals are off by up to 100 ppm, virtual machines and bad ones by a few times that.
constexpr double kMostDrift = 1000e-6;

/// Over a shorter time the jitter of the network is all there is to see.
constexpr double kShortestForDrift = 5;  // seconds
constexpr std::size_t kFewestForDrift = 4;

/// Stamps come in microseconds, and doubles end somewhere: less is no contradiction.
constexpr double kStampStep = 2e-6;

struct Point {
  double at{}, lead{};  // seconds from the reference, seconds
};

/// The bounds without what holds in all of them, so that a double has digits to spare.
std::vector<Point> points(const auto& bounds, Time reference, Duration base) {
  std::vector<Point> all;
  all.reserve(bounds.size());
  for (const auto& [stretch, bound] : bounds)
    all.push_back({std::chrono::duration<double>(bound.at - reference).count(),
                   std::chrono::duration<double>(bound.lead - base).count()});
  return all;
}

struct Room {
  double low{-std::numeric_limits<double>::infinity()};
  double high{std::numeric_limits<double>::infinity()};
  [[nodiscard]] double wide() const { return high - low; }
};

/// Between which leads at the reference a line of this slope may lie.
Room room_at(double slope, const std::vector<Point>& upper, const std::vector<Point>& lower) {
  Room room;
  for (const Point& p : upper) room.high = std::min(room.high, p.lead - slope * p.at);
  for (const Point& p : lower) room.low = std::max(room.low, p.lead - slope * p.at);
  return room;
}

/// The slope that leaves most room. Room is a concave function of the slope.
double widest_slope(const std::vector<Point>& upper, const std::vector<Point>& lower) {
  double low = -kMostDrift, high = kMostDrift;
  for (int i = 0; i < 80; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (room_at(a, upper, lower).wide() < room_at(b, upper, lower).wide() ? low : high) =
        room_at(a, upper, lower).wide() < room_at(b, upper, lower).wide() ? a : b;
  }
  return (low + high) / 2;
}

/// How far the slope may turn either way before no line fits any more.
double slope_margin(double slope, const std::vector<Point>& upper,
                    const std::vector<Point>& lower) {
  const auto reach = [&](double direction) {
    double good = 0, bad = 2 * kMostDrift;
    for (int i = 0; i < 40; ++i) {
      const double middle = (good + bad) / 2;
      (room_at(slope + direction * middle, upper, lower).wide() >= 0 ? good : bad) = middle;
    }
    return good;
  };
  return std::max(reach(1), reach(-1));
}

double span_of(const std::vector<Point>& points) {
  if (points.empty()) return 0;
  const auto [first, last] = std::minmax_element(
      points.begin(), points.end(), [](const Point& a, const Point& b) { return a.at < b.at; });
  return last->at - first->at;
}

Duration nanoseconds(double seconds) {
  return Duration(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

}  // namespace

Duration ClockLine::offset_at(Time client) const {
  const double elapsed = std::chrono::duration<double>(client - reference).count();
  return offset + nanoseconds(elapsed * drift);
}

Time ClockLine::to_client(Time at) const {
  // One step is enough: what drift there is changes the offset by parts in a million.
  return at - offset_at(at - offset);
}

void ClockSync::note(Bounds& bounds, Time at, Duration lead, bool is_upper) {
  const auto [place, fresh] =
      bounds.try_emplace(at.time_since_epoch().count() / stretch_, Bound{at, lead});
  if (!fresh && (is_upper ? lead < place->second.lead : lead > place->second.lead))
    place->second = {at, lead};
  if (bounds.size() <= kMostBounds) return;
  stretch_ *= 2;
  coarsen(upper_, true);
  coarsen(lower_, false);
}

void ClockSync::coarsen(Bounds& bounds, bool is_upper) const {
  Bounds fewer;
  for (const auto& [stretch, bound] : bounds) {
    const auto [place, fresh] =
        fewer.try_emplace(bound.at.time_since_epoch().count() / stretch_, bound);
    if (!fresh && (is_upper ? bound.lead < place->second.lead : bound.lead > place->second.lead))
      place->second = bound;
  }
  bounds.swap(fewer);
}

ClockLine ClockSync::line() const {
  ClockLine line;
  if (empty()) return line;
  line.known = true;
  line.both_ways = !upper_.empty() && !lower_.empty();
  const Bound& first = upper_.empty() ? lower_.begin()->second : upper_.begin()->second;
  line.reference = first.at;
  const auto upper = points(upper_, line.reference, first.lead);
  const auto lower = points(lower_, line.reference, first.lead);
  if (!line.both_ways) {  // a one-sided bound: the way took at least nothing
    const Room room = room_at(0, upper, lower);
    line.offset = first.lead + nanoseconds(upper.empty() ? room.low : room.high);
    return line;
  }
  const bool long_enough = std::min(span_of(upper), span_of(lower)) >= kShortestForDrift &&
                           std::min(upper.size(), lower.size()) >= kFewestForDrift;
  if (long_enough && room_at(0, upper, lower).wide() < kStampStep &&
      room_at(0, upper, lower).wide() > -kStampStep) {
    // One clock made both captures: any slope would be an invention.
  } else if (long_enough) {
    line.drift = widest_slope(upper, lower);
    line.drift_uncertainty = slope_margin(line.drift, upper, lower);
  }
  Room room = room_at(line.drift, upper, lower);
  if (room.wide() < -kStampStep && !long_enough) {  // what little drift there is must explain it
    line.drift = widest_slope(upper, lower);
    room = room_at(line.drift, upper, lower);
  }
  line.contradictory = room.wide() < -kStampStep;
  line.offset = first.lead + nanoseconds((room.low + room.high) / 2);
  line.uncertainty = nanoseconds(std::abs(room.wide()) / 2);
  return line;
}

}  // namespace whohungup
