#include "dissect/tls_aead.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>

namespace whohungup::tls {
namespace {

struct SuiteRow {
  Suite suite;
  std::initializer_list<std::uint16_t> numbers;
};

// IANA TLS Cipher Suites; the names say key exchange and authentication, which records forget.
const SuiteRow kSuites[] = {
    // TLS 1.3
    {{Aead::Aes128Gcm, Hash::Sha256}, {0x1301}},
    {{Aead::Aes256Gcm, Hash::Sha384}, {0x1302}},
    {{Aead::ChaCha20Poly1305, Hash::Sha256}, {0x1303}},
    {{Aead::Aes128Ccm, Hash::Sha256}, {0x1304}},
    {{Aead::Aes128Ccm, Hash::Sha256, 8}, {0x1305}},
    // TLS 1.2: AES-GCM (RFC 5288, 5289, 5487, 8442)
    {{Aead::Aes128Gcm, Hash::Sha256},
     {0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d,
      0xc02f, 0xc031, 0xd001}},
    {{Aead::Aes256Gcm, Hash::Sha384},
     {0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c, 0xc02e,
      0xc030, 0xc032, 0xd002}},
    // AES-CCM and CCM_8 (RFC 6655, 7251, 8442)
    {{Aead::Aes128Ccm, Hash::Sha256}, {0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac, 0xd005}},
    {{Aead::Aes256Ccm, Hash::Sha256}, {0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad}},
    {{Aead::Aes128Ccm, Hash::Sha256, 8}, {0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae, 0xd003}},
    {{Aead::Aes256Ccm, Hash::Sha256, 8}, {0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af}},
    // ChaCha20-Poly1305 (RFC 7905)
    {{Aead::ChaCha20Poly1305, Hash::Sha256},
     {0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae}},
};

const EVP_CIPHER* cipher_of(Aead aead) {
  switch (aead) {
    case Aead::Aes128Gcm:
      return EVP_aes_128_gcm();
    case Aead::Aes256Gcm:
      return EVP_aes_256_gcm();
    case Aead::Aes128Ccm:
      return EVP_aes_128_ccm();
    case Aead::Aes256Ccm:
      return EVP_aes_256_ccm();
    case Aead::ChaCha20Poly1305:
      return EVP_chacha20_poly1305();
  }
  return nullptr;
}

Secret hmac(Hash hash, Bytes key, Bytes message) {
  Secret out(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  const EVP_MD* md = hash == Hash::Sha256 ? EVP_sha256() : EVP_sha384();
  HMAC(md, key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
       &size);
  out.resize(size);
  return out;
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

int size_of(Bytes bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

std::optional<Suite> aead_suite(std::uint16_t cipher_suite) {
  for (const SuiteRow& row : kSuites)
    if (std::find(row.numbers.begin(), row.numbers.end(), cipher_suite) != row.numbers.end())
      return row.suite;
  return std::nullopt;
}

Secret expand_label(Hash hash, Bytes secret, std::string_view label, std::size_t length) {
  ByteWriter info;
  info.u16(static_cast<std::uint16_t>(length));
  info.vector(1, [&](ByteWriter& w) { w.text("tls13 ").text(label); });
  info.u8(0);  // no context
  const Secret fixed = info.finish();
  Secret out;
  Secret block;
  for (std::uint8_t i = 1; out.size() < length; ++i) {
    Secret message = block;
    message.insert(message.end(), fixed.begin(), fixed.end());
    message.push_back(i);
    block = hmac(hash, secret, message);
    if (block.empty()) return {};
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(length);
  return out;
}

Secret prf(Hash hash, Bytes secret, std::string_view label, Bytes seed, std::size_t length) {
  ByteWriter labelled;
  labelled.text(label).bytes(seed);
  const Secret full_seed = labelled.finish();
  Secret a = full_seed;
  Secret out;
  while (out.size() < length) {
    a = hmac(hash, secret, a);
    Secret message = a;
    message.insert(message.end(), full_seed.begin(), full_seed.end());
    const Secret block = hmac(hash, secret, message);
    if (block.empty()) return {};
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(length);
  return out;
}

std::optional<std::vector<std::uint8_t>> aead_open(const Suite& suite, Bytes key,
                                                   const Nonce& nonce, Bytes additional_data,
                                                   Bytes sealed) {
  if (sealed.size() < suite.tag_size || key.size() != suite.key_size()) return std::nullopt;
  const Bytes ciphertext = sealed.first(sealed.size() - suite.tag_size);
  std::vector<std::uint8_t> tag(sealed.end() - suite.tag_size, sealed.end());
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* c = context.get();
  const bool ccm = suite.aead == Aead::Aes128Ccm || suite.aead == Aead::Aes256Ccm;
  std::vector<std::uint8_t> out(ciphertext.size() + 16);
  int size = 0;

  // CCM checks the tag while it decrypts and has to know the length first.
  if (c == nullptr ||
      EVP_DecryptInit_ex(c, cipher_of(suite.aead), nullptr, nullptr, nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()), nullptr) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, suite.tag_size, tag.data()) != 1 ||
      EVP_DecryptInit_ex(c, nullptr, nullptr, key.data(), nonce.data()) != 1 ||
      (ccm && EVP_DecryptUpdate(c, nullptr, &size, nullptr, size_of(ciphertext)) != 1) ||
      EVP_DecryptUpdate(c, nullptr, &size, additional_data.data(), size_of(additional_data)) != 1)
    return std::nullopt;
  size = 0;
  if (EVP_DecryptUpdate(c, out.data(), &size, ciphertext.data(), size_of(ciphertext)) != 1)
    return std::nullopt;
  int last = 0;
  if (!ccm && EVP_DecryptFinal_ex(c, out.data() + size, &last) != 1) return std::nullopt;
  out.resize(static_cast<std::size_t>(size + last));
  return out;
}

}  // namespace whohungup::tls
