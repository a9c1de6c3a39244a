// See digest.h.
#include "dissect/digest.h"

#include <openssl/evp.h>

namespace whohungup {
namespace {

/// Looked up once: OpenSSL 3 searches its providers anew for every use of EVP_md5() and the like.
/// Null where there is none.
const EVP_MD* algorithm(Digest which) {
  const auto fetch = [](const char* name) { return EVP_MD_fetch(nullptr, name, nullptr); };
  switch (which) {
    case Digest::Md5: {
      static const EVP_MD* const kMd5 = fetch("MD5");
      return kMd5;
    }
    case Digest::Sha1: {
      static const EVP_MD* const kSha1 = fetch("SHA1");
      return kSha1;
    }
    case Digest::Sha256: {
      static const EVP_MD* const kSha256 = fetch("SHA2-256");
      return kSha256;
    }
  }
  return nullptr;
}

}  // namespace

void Digester::Free::operator()(evp_md_ctx_st* state) const { EVP_MD_CTX_free(state); }

Bytes Digester::digest(Digest which, Bytes bytes) {
  static_assert(EVP_MAX_MD_SIZE <= sizeof last_);
  auto& state = states_[static_cast<std::size_t>(which)];
  if (!state) state.reset(EVP_MD_CTX_new());
  const EVP_MD* const known = algorithm(which);
  unsigned int size = 0;
  const bool made = known != nullptr && state != nullptr &&
                    EVP_DigestInit_ex(state.get(), known, nullptr) == 1 &&
                    EVP_DigestUpdate(state.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(state.get(), last_.data(), &size) == 1;
  return Bytes(last_).first(made ? size : 0);
}

}  // namespace whohungup
