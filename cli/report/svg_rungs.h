// What the ladder diagram draws, before it has a place: packets, pauses and the moment after which
// nothing should have come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report/report.h"

namespace whohungup {

/// A TLS record, or the part of it that one segment carries.
struct RecordPart {
  std::string label;
  std::int64_t bytes{};
  bool begun_before{}, goes_on{};  // in another segment
  bool tls{true};
};

/// One row of the ladder.
struct Rung {
  enum class Kind : std::uint8_t { Packet, Pause, LeftOut, After };
  enum class Rail : std::uint8_t { Client, Box, Server };
  enum class Mark : std::uint8_t { None, Cited, Ended };

  Kind kind{};
  FrameNo frame{};
  std::string time;    // seconds since the flow began
  std::string flags;   // "PSH ACK", "ICMP"
  std::string detail;  // TTL, window, IP-ID, sequence
  std::string note;    // what it carries and does; for other kinds the text of the row
  std::vector<RecordPart> records;
  Rail from{}, to{};
  Mark mark{};
  std::string_view tag{"ended it"};  // what the mark Ended says
  bool reset{}, swallowed{};
  bool too_late{};  // it bears the address of the side that had ended the connection before
};

/// The rows of a flow, and whether something on the path needs a rail.
struct Rungs {
  std::vector<Rung> rows;
  bool box{};
  std::string box_name;  // "something between", or the router that reported an error
};

Rungs collect_rungs(const JudgedFlow&);

}  // namespace whohungup
