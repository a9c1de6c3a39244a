// Opening sealed records: OpenSSL holds real sessions in memory, and what it sent must come out.
#include "dissect/tls_decrypt.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "dissect/tls_aead.h"

namespace whohungup::tls {
namespace {

struct Free {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<X509> self_signed(EVP_PKEY* key) {
  Owned<X509> cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test.example"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_sign(cert.get(), key, EVP_sha256());
  return cert;
}

struct Record {
  bool from_client{};
  RecordHeader header;
  std::vector<std::uint8_t> fragment;
  bool sealed{};
};

/// A client and a server in one process; `records` is what a capture between them would hold.
class Session {
 public:
  explicit Session(int version, const std::string& suite, bool wants_client_certificate = false)
      : client_ctx_(SSL_CTX_new(TLS_client_method())),
        server_ctx_(SSL_CTX_new(TLS_server_method())),
        key_(EVP_EC_gen("P-256")),
        cert_(self_signed(key_.get())) {
    for (SSL_CTX* ctx : {client_ctx_.get(), server_ctx_.get()}) {
      SSL_CTX_set_min_proto_version(ctx, version);
      SSL_CTX_set_max_proto_version(ctx, version);
      SSL_CTX_set_security_level(ctx, 0);
      const int ok = version == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(ctx, suite.c_str())
                                               : SSL_CTX_set_cipher_list(ctx, suite.c_str());
      EXPECT_EQ(ok, 1) << suite;
    }
    SSL_CTX_use_certificate(server_ctx_.get(), cert_.get());
    SSL_CTX_use_PrivateKey(server_ctx_.get(), key_.get());
    SSL_CTX_set_keylog_callback(client_ctx_.get(), [](const SSL* ssl, const char* line) {
      auto* self = static_cast<Session*>(SSL_get_app_data(ssl));
      self->keylog += std::string(line) + "\n";
    });
    if (wants_client_certificate)
      SSL_CTX_set_verify(server_ctx_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         nullptr);
    client.reset(SSL_new(client_ctx_.get()));
    server.reset(SSL_new(server_ctx_.get()));
    for (SSL* ssl : {client.get(), server.get()})
      SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_app_data(client.get(), this);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }

  void handshake() {
    for (int i = 0; i < 6; ++i) {
      SSL_do_handshake(client.get());
      carry(client.get(), server.get());
      SSL_do_handshake(server.get());
      carry(server.get(), client.get());
    }
    ERR_clear_error();
  }

  void say(bool from_client, const std::string& text) {
    SSL* from = from_client ? client.get() : server.get();
    SSL* to = from_client ? server.get() : client.get();
    EXPECT_GT(SSL_write(from, text.data(), static_cast<int>(text.size())), 0);
    carry(from, to);
    std::vector<char> heard(text.size());
    EXPECT_GT(SSL_read(to, heard.data(), static_cast<int>(heard.size())), 0);
    carry(to, from);
  }

  void shut_down(bool from_client) {
    SSL_shutdown(from_client ? client.get() : server.get());
    carry(client.get(), server.get());
    carry(server.get(), client.get());
  }

  [[nodiscard]] std::array<std::uint8_t, 32> random(bool of_client) const {
    std::array<std::uint8_t, 32> out{};
    for (const Record& record : records) {
      if (record.from_client != of_client) continue;
      std::copy_n(record.fragment.begin() + 6, 32, out.begin());  // type, length, version
      break;
    }
    return out;
  }

  [[nodiscard]] std::optional<RecordOpener> opener() const {
    KeyLog log;
    log.add(keylog);
    const SSL_CIPHER* cipher = SSL_get_current_cipher(client.get());
    const auto version = static_cast<std::uint16_t>(SSL_version(client.get()));
    return RecordOpener::create(log, random(true), random(false), version,
                                SSL_CIPHER_get_protocol_id(cipher));
  }

  Owned<SSL> client, server;
  std::string keylog;
  std::vector<Record> records;

 private:
  void carry(SSL* from, SSL* to) {
    const bool from_client = from == client.get();
    std::vector<std::uint8_t> wire(1U << 18U);
    const int size = BIO_read(SSL_get_wbio(from), wire.data(), static_cast<int>(wire.size()));
    if (size <= 0) return;
    wire.resize(static_cast<std::size_t>(size));
    BIO_write(SSL_get_rbio(to), wire.data(), size);
    for (ByteReader r(wire); r.more();) {
      Record record{from_client, {}, {}, false};
      record.header.type = static_cast<ContentType>(r.u8());
      record.header.version = r.u16();
      record.header.length = r.u16();
      const Bytes fragment = r.take(record.header.length);
      record.fragment.assign(fragment.begin(), fragment.end());
      bool& changed = changed_[from_client ? 0 : 1];
      record.sealed = record.header.type == ContentType::ApplicationData ||
                      (changed && SSL_version(from) == TLS1_2_VERSION);
      if (record.header.type == ContentType::ChangeCipherSpec) changed = true;
      records.push_back(std::move(record));
    }
  }

  Owned<SSL_CTX> client_ctx_, server_ctx_;
  Owned<EVP_PKEY> key_;
  Owned<X509> cert_;
  bool changed_[2]{};
};

struct Heard {
  std::size_t sealed{}, opened{};
  std::string data[2];    // application data, client's and server's
  std::string alerts[2];  // descriptions as numbers, a blank behind each
  std::vector<std::uint8_t> handshake[2];
};

Heard hear(const Session& session, RecordOpener& opener) {
  Heard heard;
  for (const Record& record : session.records) {
    if (!record.sealed) continue;
    ++heard.sealed;
    const auto opened = opener.open(record.from_client, record.header, record.fragment);
    if (!opened) continue;
    ++heard.opened;
    const std::size_t side = record.from_client ? 0 : 1;
    const auto& text = opened->plaintext;
    if (opened->type == ContentType::ApplicationData)
      heard.data[side].append(text.begin(), text.end());
    if (opened->type == ContentType::Alert) heard.alerts[side] += std::to_string(text.at(1)) + " ";
    if (opened->type == ContentType::Handshake)
      heard.handshake[side].insert(heard.handshake[side].end(), text.begin(), text.end());
  }
  return heard;
}

void expect_all_opened(Session& session) {
  session.handshake();
  ASSERT_TRUE(SSL_is_init_finished(session.client.get()));
  const std::string big(40000, 'x');
  session.say(true, "ping");
  session.say(false, big);
  session.say(true, "more");
  session.shut_down(false);
  auto opener = session.opener();
  ASSERT_TRUE(opener);
  const Heard heard = hear(session, *opener);
  EXPECT_GE(heard.sealed, 7U);
  EXPECT_EQ(heard.opened, heard.sealed);
  EXPECT_EQ(heard.data[0], "pingmore");
  EXPECT_EQ(heard.data[1], big);
  EXPECT_EQ(heard.alerts[1], "0 ");
  ASSERT_FALSE(heard.handshake[0].empty());
  EXPECT_EQ(heard.handshake[0].front(), 20);  // the client's Finished
}

TEST(RecordOpener, OpensEverySuiteOfTls13) {
  for (const std::string suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}) {
    SCOPED_TRACE(suite);
    Session session(TLS1_3_VERSION, suite);
    expect_all_opened(session);
  }
}

TEST(RecordOpener, OpensTheAeadSuitesOfTls12) {
  for (const std::string suite :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES256-CCM",
        "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES256-CCM8"}) {
    SCOPED_TRACE(suite);
    Session session(TLS1_2_VERSION, suite);
    expect_all_opened(session);
  }
}

TEST(RecordOpener, ReadsThatAClientCertificateWasRequired) {
  Session session(TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true);
  session.handshake();
  auto opener = session.opener();
  ASSERT_TRUE(opener);
  EXPECT_EQ(hear(session, *opener).alerts[1], "116 ");  // certificate_required
}

TEST(RecordOpener, FollowsKeyUpdates) {
  Session session(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
  session.handshake();
  for (int i = 0; i < 3; ++i) {
    SSL_key_update(session.client.get(), SSL_KEY_UPDATE_REQUESTED);
    session.say(true, "a");
    session.say(false, "b");
  }
  auto opener = session.opener();
  ASSERT_TRUE(opener);
  const Heard heard = hear(session, *opener);
  EXPECT_EQ(heard.opened, heard.sealed);
  EXPECT_EQ(heard.data[0], "aaa");
  EXPECT_EQ(heard.data[1], "bbb");
}

TEST(RecordOpener, StepsOverLostRecords) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Session session(version, version == TLS1_3_VERSION ? "TLS_AES_128_GCM_SHA256"
                                                       : "ECDHE-ECDSA-AES128-GCM-SHA256");
    session.handshake();
    for (int i = 0; i < 30; ++i) session.say(true, std::to_string(i % 10));
    const auto dropped = [n = 0](const Record& r) mutable {
      return r.from_client && r.header.type == ContentType::ApplicationData && ++n > 5 && n <= 20;
    };
    std::erase_if(session.records, dropped);
    auto opener = session.opener();
    ASSERT_TRUE(opener);
    const Heard heard = hear(session, *opener);
    EXPECT_EQ(heard.opened, heard.sealed);
    EXPECT_TRUE(heard.data[0].ends_with("0123456789")) << heard.data[0];
  }
}

TEST(RecordOpener, MovesOnWhenTheFinishedWasLost) {
  Session session(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
  session.handshake();
  session.say(true, "still here");
  bool first = true;
  std::erase_if(session.records, [&](const Record& r) {
    return r.from_client && r.sealed && std::exchange(first, false);
  });
  auto opener = session.opener();
  ASSERT_TRUE(opener);
  EXPECT_EQ(hear(session, *opener).data[0], "still here");
}

TEST(RecordOpener, RefusesAForgedRecordAndStaysSane) {
  Session session(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
  session.handshake();
  session.say(true, "one");
  session.say(true, "two");
  Record forged = session.records.back();
  forged.fragment[3] ^= 1U;
  for (int i = 0; i < 20; ++i) session.records.insert(session.records.end() - 1, forged);
  auto opener = session.opener();
  ASSERT_TRUE(opener);
  const Heard heard = hear(session, *opener);
  EXPECT_EQ(heard.opened + 20, heard.sealed);
  EXPECT_EQ(heard.data[0], "onetwo");
}

TEST(RecordOpener, NeedsTheSecretsOfThisVerySession) {
  Session session(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
  session.handshake();
  KeyLog log;
  log.add(session.keylog);
  auto random = session.random(true);
  EXPECT_TRUE(RecordOpener::create(log, random, {}, 0x0304, 0x1301));
  EXPECT_FALSE(RecordOpener::create(log, random, {}, 0x0304, 0x1399));
  EXPECT_FALSE(RecordOpener::create(log, random, {}, 0x0303, 0xc02f));
  random[0] ^= 1U;
  EXPECT_FALSE(RecordOpener::create(log, random, {}, 0x0304, 0x1301));
}

TEST(KeyLog, KeepsSecretsAndCountsWhatItIgnores) {
  const std::string random(64, 'a');
  KeyLog log;
  EXPECT_TRUE(log.empty());
  log.add("# comment\r\n\r\nCLIENT_RANDOM " + random + " " + std::string(96, '1') + "\r\n" +
          "SERVER_TRAFFIC_SECRET_0 " + random + " " + std::string(64, '2') + "\n" +
          "CLIENT_RANDOM " + random + " 11\nRSA 0011 2233\nnonsense\n" + "CLIENT_RANDOM " +
          std::string(64, 'g') + " " + std::string(96, '1'));
  EXPECT_EQ(log.sessions(), 1U);
  EXPECT_EQ(log.ignored_lines(), 4U);
  std::array<std::uint8_t, 32> key{};
  key.fill(0xaa);
  EXPECT_EQ(log.secret(key, "CLIENT_RANDOM").size(), 48U);
  EXPECT_EQ(log.secret(key, "SERVER_TRAFFIC_SECRET_0").size(), 32U);
  EXPECT_TRUE(log.secret(key, "EXPORTER_SECRET").empty());
  key[0] = 0;
  EXPECT_TRUE(log.secret(key, "CLIENT_RANDOM").empty());
}

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

std::vector<std::uint8_t> from_hex(const std::string& s) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < s.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(s.substr(i, 2), nullptr, 16)));
  return out;
}

TEST(ExpandLabel, AgreesWithRfc8448) {
  // §3: the server's handshake traffic secret and the write key and IV made of it.
  const auto secret = from_hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  EXPECT_EQ(hex(expand_label(Hash::Sha256, secret, "key", 16)), "3fce516009c21727d0f2e4e86ee403bc");
  EXPECT_EQ(hex(expand_label(Hash::Sha256, secret, "iv", 12)), "5d313eb2671276ee13000b30");
}

TEST(AeadSuites, AreWhatOpenSslSaysTheyAre) {
  const Owned<SSL_CTX> ctx(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_security_level(ctx.get(), 0);
  SSL_CTX_set_cipher_list(ctx.get(), "ALL:COMPLEMENTOFALL");
  SSL_CTX_set_ciphersuites(ctx.get(),
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                           "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                           "TLS_AES_128_CCM_8_SHA256");
  const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(ctx.get());
  int compared = 0;
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(all, i);
    const std::string name = SSL_CIPHER_get_name(cipher);
    const auto suite = aead_suite(SSL_CIPHER_get_protocol_id(cipher));
    const bool ours = SSL_CIPHER_is_aead(cipher) == 1 && name.find("ARIA") == std::string::npos;
    ASSERT_EQ(suite.has_value(), ours) << name;
    if (!ours) continue;
    ++compared;
    const bool sha384 = SSL_CIPHER_get_handshake_digest(cipher) == EVP_sha384();
    EXPECT_EQ(suite->hash, sha384 ? Hash::Sha384 : Hash::Sha256) << name;
    EXPECT_EQ(suite->key_size() * 8, static_cast<unsigned>(SSL_CIPHER_get_bits(cipher, nullptr)))
        << name;
    EXPECT_EQ(suite->tag_size == 8,
              name.find("CCM8") != std::string::npos || name.find("CCM_8") != std::string::npos)
        << name;
    EXPECT_EQ(suite->explicit_nonce(), name.find("CHACHA") == std::string::npos) << name;
  }
  EXPECT_GT(compared, 40);
}

}  // namespace
}  // namespace whohungup::tls
