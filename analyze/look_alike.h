// The innocent readings of a hang-up that a judgement goes through, by their ids.
#pragma once

#include <span>
#include <string_view>

namespace whohungup {

struct LookAlikeKind {
  std::string_view id;     // kebab-case, never renamed
  std::string_view means;  // a sentence
};
/// Every id that a judgement's look-alikes may bear.
std::span<const LookAlikeKind> look_alike_kinds();

}  // namespace whohungup
