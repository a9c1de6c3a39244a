// Saved captures as one stream of frames.
#pragma once

#include <memory>
#include <string>

#include "capture/source.h"

namespace whohungup {

/// Reads a capture that lies in memory, as open_saved() reads a file; `bytes` must outlive the
/// source. `name` stands for the path in notes and messages.
std::unique_ptr<Source> open_saved_bytes(Bytes bytes, const std::string& name);

}  // namespace whohungup
