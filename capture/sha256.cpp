#include "capture/sha256.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>

namespace whohungup {

Sha256::Sha256() : state_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr);
}

void Sha256::add(Bytes bytes) { EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()); }

std::string Sha256::hex() const {
  Sha256 ended;  // to end it is to spoil it
  EVP_MD_CTX_copy_ex(ended.state_.get(), state_.get());
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_DigestFinal_ex(ended.state_.get(), sum.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", sum[i]);
  return hex;
}

}  // namespace whohungup
