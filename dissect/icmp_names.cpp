// See icmp_names.h.
#include "dissect/icmp_names.h"

#include <fmt/core.h>

#include <string_view>

namespace whohungup {
namespace {

struct Name {
  bool is_v6;
  std::uint8_t type, code;
  std::string_view words;
};

// RFC 792, its codes 6 to 12 from RFC 1122 §3.2.2.1, 13 to 15 from RFC 1812 §5.2.7.1.
constexpr std::uint8_t kUnreachable = 3, kTimeExceeded = 11, kParameterProblem = 12;
// RFC 4443 §3.
constexpr std::uint8_t kUnreachable6 = 1, kTooBig6 = 2, kTimeExceeded6 = 3, kParameterProblem6 = 4;

constexpr Name kNames[] = {
    {false, kUnreachable, 0, "network unreachable"},
    {false, kUnreachable, 1, "host unreachable"},
    {false, kUnreachable, 2, "protocol unreachable"},
    {false, kUnreachable, 3, "port unreachable"},
    {false, kUnreachable, 4, "fragmentation needed and DF set"},
    {false, kUnreachable, 5, "source route failed"},
    {false, kUnreachable, 6, "destination network unknown"},
    {false, kUnreachable, 7, "destination host unknown"},
    {false, kUnreachable, 8, "source host isolated"},
    {false, kUnreachable, 9, "network administratively prohibited"},
    {false, kUnreachable, 10, "host administratively prohibited"},
    {false, kUnreachable, 11, "network unreachable for this type of service"},
    {false, kUnreachable, 12, "host unreachable for this type of service"},
    {false, kUnreachable, 13, "communication administratively prohibited"},
    {false, kUnreachable, 14, "host precedence violation"},
    {false, kUnreachable, 15, "precedence cutoff in effect"},
    {false, kTimeExceeded, 0, "time to live exceeded in transit"},
    {false, kTimeExceeded, 1, "fragment reassembly time exceeded"},
    {false, kParameterProblem, 0, "parameter problem"},
    {true, kUnreachable6, 0, "no route to destination"},
    {true, kUnreachable6, 1, "communication administratively prohibited"},
    {true, kUnreachable6, 2, "beyond scope of source address"},
    {true, kUnreachable6, 3, "address unreachable"},
    {true, kUnreachable6, 4, "port unreachable"},
    {true, kUnreachable6, 5, "source address failed ingress or egress policy"},
    {true, kUnreachable6, 6, "reject route to destination"},
    {true, kTooBig6, 0, "packet too big"},
    {true, kTimeExceeded6, 0, "hop limit exceeded in transit"},
    {true, kTimeExceeded6, 1, "fragment reassembly time exceeded"},
    {true, kParameterProblem6, 0, "erroneous header field"},
    {true, kParameterProblem6, 1, "unrecognized next header"},
    {true, kParameterProblem6, 2, "unrecognized IPv6 option"},
};

}  // namespace

std::string icmp_text(bool is_v6, std::uint8_t type, std::uint8_t code) {
  std::string numbers = fmt::format("ICMP{} type {} code {}", is_v6 ? "v6" : "", type, code);
  for (const Name& name : kNames)
    if (name.is_v6 == is_v6 && name.type == type && name.code == code)
      return fmt::format("{} ({})", numbers, name.words);
  return numbers;
}

}  // namespace whohungup
