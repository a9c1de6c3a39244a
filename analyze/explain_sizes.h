// How many bytes a client's hello has, as a law in the length of the host name, and what a client
// says before it: enough to read "read 0 bytes and written 332 bytes" backwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace whohungup {

/// The bytes of the hello's record with a host name of n characters: `with_name` + n, and where
/// `padded`, what RFC 7685 makes of it (a handshake message of 256 to 511 bytes is filled to 512).
struct SizeLaw {
  std::string_view id;           // kebab-case
  std::string_view client;       // and its version, as measured
  std::string_view options;      // of its command line; empty: its defaults
  std::uint16_t without_name{};  // 0: not measured
  std::uint16_t with_name{};
  bool padded{};
  bool measured_here{};  // tests/hello_sizes_test.py measures it again where it is installed
};
std::span<const SizeLaw> size_laws();
const SizeLaw* find_size_law(std::string_view id);

/// Host names have 1 to 253 characters (RFC 1035 §2.3.4).
inline constexpr std::size_t kLongestName = 253;

/// The size of the hello for a name of so many characters; 0: for no name.
std::size_t hello_size(const SizeLaw&, std::size_t name_length);
/// The lengths of name that give this size, first and last; nothing if none does.
struct NameLengths {
  std::size_t first{}, last{};
};
std::optional<NameLengths> name_lengths(const SizeLaw&, std::size_t size);

/// What `openssl s_client -starttls PROTOCOL` writes before the hello where no answer comes.
struct Prelude {
  std::string_view protocol;
  std::uint16_t bytes{};
  std::string_view pieces;  // "`. CAPABILITY` 14 + `. STARTTLS` 12"
  bool server_speaks_first{};
  bool goes_on{};          // to the hello, whatever came back
  bool looks_for_offer{};  // and says "Didn't find STARTTLS in server response" where none came
};
std::span<const Prelude> preludes();
const Prelude* find_prelude(std::string_view protocol);

/// The fatal alert OpenSSL 3 sends when it meets an unexpected end of file: 15 03 01 00 02 02 32.
inline constexpr std::size_t kOwnAlert = 7;

}  // namespace whohungup
