// The row of the table of causes that lies on this very machine: it stands first, so that nobody
// out there is named before it.
#pragma once

#include <array>

#include "analyze/causes.h"

namespace whohungup {

inline constexpr std::array kCausesAtHome = [] {
  using enum Weight;
  using enum Sign;
  return std::array{
      Cause{
          .id = "our-side",
          .name = "this machine's own firewall or proxy",
          .within = "",
          .says = "This machine itself stands in the way of these connections.",
          .supports = {{{Decides,
                         {NeverLeft, LocalRuleHit},
                         {},
                         "something of each that failed never left it, and a rule of its firewall "
                         "that drops or refuses counted each time"},
                        {Decides,
                         {NeverLeft},
                         {LocalRuleHit},
                         "something of each that failed is missing among the packets captured on "
                         "their way out"},
                        {Decides,
                         {NotLetIn, LocalRuleHit},
                         {NeverLeft},
                         "answers reached it that its own TCP was never given, and a rule of its "
                         "firewall that drops or refuses counted each time"},
                        {Points,
                         {NotLetIn},
                         {NeverLeft, LocalRuleHit},
                         "answers reached it that its own TCP was never given"},
                        {Points,
                         {Beside},
                         {NeverLeft, NotLetIn, LocalRuleHit},
                         "they come about without a packet on the interface that leads there, so "
                         "something here answers in the server's name, unless another interface "
                         "leads there"},
                        {Decides,
                         {LocalRuleHit, BaselineFailed},
                         {NeverLeft, NotLetIn},
                         "a rule about this target that drops or refuses counted whenever the "
                         "hello failed"}}},
          .refutes = {{{Decides,
                        {BaselineAnswered},
                        {NeverLeft, NotLetIn, Beside},
                        "the hello went out and its answer came in"}}},
          .remains = "Whether a rule is meant to stop this client; where none is shown below, one "
                     "that does not count, or another program that filters packets, may do it.",
          .asks = {{{"yourself",
                     "which rule it is: the part \"Was it us?\" shows it, or `nft list "
                     "ruleset` and `iptables-save` as root"}}}},
  };
}();

}  // namespace whohungup
