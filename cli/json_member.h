// Members of JSON that somebody else may have written: what is missing, or of another type, is
// nothing.
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace whohungup {

template <class Value>
std::optional<Value> member(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  if constexpr (std::same_as<Value, std::string>) {
    if (!found->is_string()) return std::nullopt;
  } else if constexpr (std::same_as<Value, bool>) {
    if (!found->is_boolean()) return std::nullopt;
  } else {
    if (!found->is_number_integer()) return std::nullopt;
    const bool fits = found->is_number_unsigned()
                          ? std::in_range<Value>(found->template get<std::uint64_t>())
                          : std::in_range<Value>(found->template get<std::int64_t>());
    if (!fits) return std::nullopt;
  }
  return found->template get<Value>();
}

/// A member of any type, or null.
inline const nlohmann::json& part(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

}  // namespace whohungup
