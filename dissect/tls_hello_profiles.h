// What known clients put into their hellos, as data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dissect/tls_hello_build.h"

namespace whohungup::tls {

struct ProfileData {
  std::vector<std::uint16_t> ciphers;
  std::vector<std::uint16_t> extensions;  // in wire order
  std::vector<std::uint16_t> groups, shares, signatures, versions;
  std::vector<std::string> alpn;
  std::vector<std::uint8_t> point_formats{0};
  std::size_t pad_to{};  // on the wire; 0: not padded
  bool grease{};         // RFC 8701 values first and last, as Chrome has them
};

const ProfileData& profile_data(Profile);

}  // namespace whohungup::tls
