#include "dissect/tls_extensions.h"

#include <algorithm>

namespace whohungup::tls {

std::vector<Extension> read_extensions(ByteReader& block) {
  std::vector<Extension> extensions;
  read_extensions(block, extensions);
  return extensions;
}

void read_extensions(ByteReader& block, std::vector<Extension>& into) {
  constexpr std::size_t kUsual = 16;  // browsers send that many, other programs fewer
  if (block.more()) into.reserve(kUsual);
  std::size_t count = 0;
  while (block.more()) {
    const std::uint16_t type = block.u16();
    const Bytes body = block.vector16().rest();
    if (!block.ok()) break;
    if (count == into.size()) into.emplace_back();
    Extension& one = into[count++];
    one.type = type;
    one.body.assign(body);
  }
  into.resize(count);
}

void write_extensions(ByteWriter& out, const std::vector<Extension>& extensions) {
  out.vector(2, [&](ByteWriter& block) {
    for (const Extension& extension : extensions) {
      block.u16(extension.type);
      block.vector(2, [&](ByteWriter& body) { body.bytes(extension.body); });
    }
  });
}

const Extension* find_extension(const std::vector<Extension>& extensions, std::uint16_t type) {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const Extension& one) { return one.type == type; });
  return found == extensions.end() ? nullptr : &*found;
}

Bytes vector_or_rest(ByteReader& in, std::size_t prefix, bool lenient) {
  const std::size_t length = prefix == 1 ? in.u8() : in.u16();
  const Bytes rest = in.rest();
  const Bytes whole = in.take(length);
  return lenient && !in.ok() ? rest : whole;
}

Numbers read_numbers(Bytes bytes) {
  Numbers numbers;
  ByteReader in(bytes);
  while (in.left() >= 2) numbers.push_back(in.u16());
  return numbers;
}

std::vector<std::string> read_protocol_names(Bytes extension_body) {
  constexpr std::size_t kUsual = 2;  // "h2" and "http/1.1"
  std::vector<std::string> names;
  if (!extension_body.empty()) names.reserve(kUsual);
  for_each_protocol_name(extension_body, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

}  // namespace whohungup::tls
