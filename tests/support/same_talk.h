// Whether two ways through the flow table recorded the same.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dissect/flow_table.h"

namespace whohungup::test {

/// What was recorded of a conversation, in words; what converse() adds is left out.
std::string recorded(const Conversation&);

/// What the table tells of these packets if they are taken as they come and decoded only where
/// that is asked for, as `read` does: each conversation recorded(), in the order of their telling,
/// and the counts.
std::vector<std::string> take_packets(std::span<const Packet>, const FlowTable::Options&,
                                      const CaptureQuality&);

/// The same if every packet is decoded and added.
std::vector<std::string> add_packets(std::span<const Packet>, const FlowTable::Options&,
                                     const CaptureQuality&);

}  // namespace whohungup::test
