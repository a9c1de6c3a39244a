// Digests of short texts, through OpenSSL, without what each costs there by itself.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "dissect/bytes.h"

struct evp_md_ctx_st;

namespace whohungup {

enum class Digest : std::uint8_t { Md5, Sha1, Sha256 };

/// Keeps OpenSSL's state of each algorithm from one digest to the next: making and freeing it costs
/// more than a digest of the few bytes that identify a flow or a client.
class Digester {
 public:
  /// The digest, until the next is asked for; empty where OpenSSL has no such algorithm (MD5 under
  /// FIPS).
  Bytes digest(Digest, Bytes);

 private:
  static constexpr std::size_t kAlgorithms = 3;
  struct Free {
    void operator()(evp_md_ctx_st*) const;
  };
  std::array<std::unique_ptr<evp_md_ctx_st, Free>, kAlgorithms> states_;
  std::array<std::uint8_t, 64> last_{};  // EVP_MAX_MD_SIZE
};

}  // namespace whohungup
