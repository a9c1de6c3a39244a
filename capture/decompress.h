// gzip and zstd, unpacked as they stream by. Which of them it is, the first bytes say.
#pragma once

#include <memory>

#include "capture/byte_input.h"

namespace whohungup {

enum class Packing : std::uint8_t { None, Gzip, Zstd };

/// What the first 4 bytes of a file say.
Packing packing_of(const std::uint8_t* magic);

/// The unpacked bytes of what `packed` still holds, all members or frames of it.
std::unique_ptr<ByteInput> unpack(Packing packing, Window packed);

}  // namespace whohungup
