// Says what a file that is no capture looks like, so that its owner knows what to do.
#pragma once

#include <string>

#include "capture/packet.h"

namespace whohungup {

/// A clause that ends a message: what these first bytes of it look like and what to do about it.
std::string foreign_file(Bytes bytes, const std::string& path);

}  // namespace whohungup
