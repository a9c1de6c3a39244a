// The SHA-256 of bytes as they come.
#pragma once

#include <memory>
#include <string>

#include "capture/packet.h"

struct evp_md_ctx_st;

namespace whohungup {

class Sha256 {
 public:
  Sha256();
  void add(Bytes);
  /// Of all bytes so far, in lower case.
  [[nodiscard]] std::string hex() const;

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> state_;
};

}  // namespace whohungup
