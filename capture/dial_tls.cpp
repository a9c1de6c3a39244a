// See dial_tls.h.
#include "capture/dial_tls.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>

namespace whohungup {
namespace {

/// Pads OpenSSL's hello. It keeps 21 (padding) for itself; this is one of the values that
/// RFC 8701 reserves so that servers learn to ignore what they do not know.
constexpr unsigned kGreaseType = 0x2a2a;
constexpr std::size_t kExtensionHeader = 4;

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

/// What the callbacks of one client write to.
struct Shared {
  std::vector<std::uint8_t> padding;
  bool pad{};
  std::string key_log;
  bool certificate_asked{};
};

int add_padding(SSL*, unsigned, unsigned, const unsigned char** out, std::size_t* length, X509*,
                std::size_t, int*, void* shared) {
  const auto* mine = static_cast<const Shared*>(shared);
  if (!mine->pad) return 0;
  *out = mine->padding.data();
  *length = mine->padding.size();
  return 1;
}
void free_padding(SSL*, unsigned, unsigned, const unsigned char*, void*) {}

void keep_secret(const SSL* session, const char* line) {
  auto* shared = static_cast<Shared*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  shared->key_log += line;
  shared->key_log += '\n';
}

int no_certificate(SSL* session, X509**, EVP_PKEY**) {
  static_cast<Shared*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)))->certificate_asked = true;
  return 0;  // go on without one
}

std::string last_error() {
  std::string text;
  std::array<char, 256> line{};
  while (const unsigned long code = ERR_get_error()) {
    ERR_error_string_n(code, line.data(), line.size());
    text += (text.empty() ? "" : "; ") + std::string(line.data());
  }
  return text;
}

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* at = nullptr;
  const long length = BIO_get_mem_data(out.get(), &at);
  return {at, static_cast<std::size_t>(std::max(length, 0L))};
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all) && names.size() < 20; ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(all, i);
    if (one->type != GEN_DNS) continue;
    const auto* text = ASN1_STRING_get0_data(one->d.dNSName);
    names.emplace_back(reinterpret_cast<const char*>(text),
                       static_cast<std::size_t>(ASN1_STRING_length(one->d.dNSName)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

CertificateView view_of(const X509* certificate) {
  return {name_text(X509_get_subject_name(certificate)),
          name_text(X509_get_issuer_name(certificate)),
          time_text(X509_get0_notBefore(certificate)),
          time_text(X509_get0_notAfter(certificate)),
          names_of(certificate),
          X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0,
          X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0};
}

bool is_address(const std::string& name) {
  in6_addr any{};
  return inet_pton(AF_INET, name.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

/// A shorter hello than OpenSSL's own that still suits every modern server.
void make_compact(SSL_CTX* context, const TlsAsk& ask) {
  if (ask.ciphers.empty()) SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:RSA+AESGCM");
  if (ask.groups.empty()) SSL_CTX_set1_groups_list(context, "X25519:P-256");
  SSL_CTX_set1_sigalgs_list(context,
                            "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:RSA-PSS+SHA384:RSA+SHA384:"
                            "ECDSA+SHA384");
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_ENCRYPT_THEN_MAC);
}

bool configure(SSL_CTX* context, const TlsAsk& ask, std::string& problem) {
  const int lowest = ask.lowest != 0 ? ask.lowest : ask.as_s_client ? 0 : TLS1_2_VERSION;
  const bool old = (ask.lowest != 0 && ask.lowest < TLS1_2_VERSION);
  bool fine = SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
              SSL_CTX_set_max_proto_version(context, ask.highest) == 1;
  // Security level 1 forbids TLS 1.0 and 1.1; who asks for them is to get them.
  if (old) SSL_CTX_set_security_level(context, 0);
  if (!ask.ciphers.empty())
    fine = fine && SSL_CTX_set_cipher_list(context, ask.ciphers.c_str()) == 1;
  else if (ask.as_s_client || old)
    fine = fine && SSL_CTX_set_cipher_list(context, old ? "DEFAULT:@SECLEVEL=0" : "DEFAULT") == 1;
  if (!ask.suites.empty() || !ask.ciphers.empty())
    fine = fine && SSL_CTX_set_ciphersuites(context, ask.suites.c_str()) == 1;
  if (!ask.groups.empty())
    fine = fine && SSL_CTX_set1_groups_list(context, ask.groups.c_str()) == 1;
  std::vector<std::uint8_t> protocols;
  for (const std::string& name : ask.alpn) {
    protocols.push_back(static_cast<std::uint8_t>(name.size()));
    protocols.insert(protocols.end(), name.begin(), name.end());
  }
  if (!protocols.empty())
    fine = fine && SSL_CTX_set_alpn_protos(context, protocols.data(),
                                           static_cast<unsigned>(protocols.size())) == 0;
  if (!fine) problem = "OpenSSL cannot do that: " + last_error();
  return fine;
}

}  // namespace

struct TlsClient::Roots::State {
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), X509_STORE_free};
};

TlsClient::Roots::Roots() : state_(std::make_unique<State>()) {
  X509_STORE_set_default_paths(state_->store.get());
  ERR_clear_error();  // without roots no chain is trusted, and the view says so
}
TlsClient::Roots::~Roots() = default;

struct TlsClient::State {
  TlsAsk ask;
  Shared shared;
  Context context{nullptr, SSL_CTX_free};
  Session session{nullptr, SSL_free};
  std::vector<std::uint8_t> hello;
  std::string error;
  bool data_seen{};

  /// A fresh session with its hello; false if OpenSSL refuses.
  bool begin() {
    session.reset(SSL_new(context.get()));
    SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(session.get());
    BIO_set_mem_eof_return(SSL_get_rbio(session.get()), -1);
    if (ask.sni)  // SSL_set_tlsext_host_name() without its old-style cast
      SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(ask.sni->c_str()));
    X509_VERIFY_PARAM* param = SSL_get0_param(session.get());
    if (is_address(ask.name)) X509_VERIFY_PARAM_set1_ip_asc(param, ask.name.c_str());
    SSL_do_handshake(session.get());
    hello = take_output();
    return hello.size() > kExtensionHeader;
  }

  std::vector<std::uint8_t> take_output() {
    BIO* out = SSL_get_wbio(session.get());
    std::vector<std::uint8_t> bytes(BIO_ctrl_pending(out));
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  /// Pads the hello to the size asked for; false if it is too long already, or three bytes or
  /// fewer are missing, which no extension can fill.
  bool reach_size() {
    if (ask.size == 0 || hello.size() == ask.size) return true;
    if (hello.size() + kExtensionHeader > ask.size) return false;
    shared.pad = true;
    shared.padding.assign(ask.size - hello.size() - kExtensionHeader, 0);
    return begin() && hello.size() == ask.size;
  }

  void give(Bytes bytes) {
    if (!bytes.empty())
      BIO_write(SSL_get_rbio(session.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  void collect(std::vector<std::uint8_t>& to_send) {
    const auto out = take_output();
    to_send.insert(to_send.end(), out.begin(), out.end());
  }
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

std::unique_ptr<TlsClient> TlsClient::create(const TlsAsk& ask, const Roots& roots,
                                             std::string& problem) {
  auto state = std::make_unique<State>();
  state->ask = ask;
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state->context.get();
  SSL_CTX_set_app_data(context, &state->shared);
  SSL_CTX_set_keylog_callback(context, keep_secret);
  SSL_CTX_set_client_cert_cb(context, no_certificate);
  SSL_CTX_set1_cert_store(context, roots.state_->store.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);  // reported, not enforced
  SSL_CTX_add_custom_ext(context, kGreaseType, SSL_EXT_CLIENT_HELLO, add_padding, free_padding,
                         &state->shared, nullptr, nullptr);
  if (!configure(context, ask, problem)) return nullptr;
  if (!state->begin()) {
    problem = "OpenSSL cannot say that: " + last_error();
    return nullptr;
  }
  if (!state->reach_size()) {
    make_compact(context, ask);
    state->shared.pad = false;
    if (!state->begin() || !state->reach_size()) {
      problem =
          fmt::format("OpenSSL's shortest hello of that kind has {} bytes", state->hello.size());
      return nullptr;
    }
  }
  return std::unique_ptr<TlsClient>(new TlsClient(std::move(state)));
}

const std::vector<std::uint8_t>& TlsClient::hello() const { return state_->hello; }
const std::string& TlsClient::key_log() const { return state_->shared.key_log; }
const std::string& TlsClient::error() const { return state_->error; }
bool TlsClient::application_data_seen() const { return state_->data_seen; }

TlsClient::Step TlsClient::take(Bytes from_server, std::vector<std::uint8_t>& to_send) {
  ERR_clear_error();
  state_->give(from_server);
  const int done = SSL_do_handshake(state_->session.get());
  state_->collect(to_send);
  if (done == 1) return Step::Finished;
  if (SSL_get_error(state_->session.get(), done) == SSL_ERROR_WANT_READ) return Step::WantsMore;
  state_->error = last_error();
  return Step::Failed;
}

TlsClient::Step TlsClient::listen(Bytes from_server, std::vector<std::uint8_t>& to_send) {
  ERR_clear_error();
  state_->give(from_server);
  std::array<char, 4096> ignored{};
  int got = 0;
  while ((got = SSL_read(state_->session.get(), ignored.data(), static_cast<int>(ignored.size()))) >
         0)
    state_->data_seen = true;
  state_->collect(to_send);
  if (SSL_get_error(state_->session.get(), got) == SSL_ERROR_WANT_READ) return Step::WantsMore;
  state_->error = last_error();
  return Step::Failed;
}

std::vector<std::uint8_t> TlsClient::goodbye() {
  ERR_clear_error();
  SSL_shutdown(state_->session.get());
  return state_->take_output();
}

namespace {

/// OpenSSL stops at a chain's first problem; that the server's own certificate is out of date is
/// one more.
void add_dates(const X509* leaf, long verified, std::string& problem) {
  if (leaf == nullptr) return;
  const auto add = [&](long error) {
    if (error == verified) return;
    problem +=
        (problem.empty() ? "" : ", and ") + std::string(X509_verify_cert_error_string(error));
  };
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) add(X509_V_ERR_CERT_HAS_EXPIRED);
  if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) add(X509_V_ERR_CERT_NOT_YET_VALID);
}

}  // namespace

TlsView TlsClient::view() const {
  SSL* session = state_->session.get();
  TlsView view{certificates(), {}, {}, {}, {}, {}};
  view.version = SSL_get_version(session);
  view.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(session));
  const auto group = static_cast<int>(SSL_get_negotiated_group(session));
  if (const char* name = group != 0 ? SSL_group_to_name(session, group) : nullptr)
    view.group = name;
  int signature = 0;
  if (SSL_get_peer_signature_type_nid(session, &signature) == 1)
    view.signature = OBJ_nid2sn(signature);
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(session, &protocol, &length);
  if (length > 0) view.alpn.assign(reinterpret_cast<const char*>(protocol), length);
  return view;
}

CertificatesView TlsClient::certificates() const {
  const SSL* session = state_->session.get();
  CertificatesView view;
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(session);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain) && i < 10; ++i)
    view.chain.push_back(view_of(sk_X509_value(chain, i)));
  const long verified = SSL_get_verify_result(session);
  if (verified != X509_V_OK) view.chain_problem = X509_verify_cert_error_string(verified);
  add_dates(SSL_get0_peer_certificate(session), verified, view.chain_problem);
  if (X509* leaf = SSL_get0_peer_certificate(session))
    view.name_matches = is_address(state_->ask.name)
                            ? X509_check_ip_asc(leaf, state_->ask.name.c_str(), 0) == 1
                            : X509_check_host(leaf, state_->ask.name.c_str(),
                                              state_->ask.name.size(), 0, nullptr) == 1;
  view.client_certificate_asked = state_->shared.certificate_asked;
  return view;
}

bool openssl_ciphers(const std::vector<std::uint16_t>& numbers, TlsAsk& ask) {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const Session session(SSL_new(context.get()), SSL_free);
  std::map<std::string, bool> seen;
  for (const std::uint16_t number : numbers) {
    const std::array<unsigned char, 2> wire{static_cast<unsigned char>(number >> 8U),
                                            static_cast<unsigned char>(number)};
    const SSL_CIPHER* cipher = SSL_CIPHER_find(session.get(), wire.data());
    if (cipher == nullptr) return false;
    std::string& list = number >> 8U == 0x13 ? ask.suites : ask.ciphers;
    list += (list.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(cipher));
  }
  if (ask.ciphers.empty() || ask.suites.empty()) {
    // Only one kind: the other must not come in by default, so the versions are cut to fit.
    if (ask.ciphers.empty()) ask.lowest = std::max(ask.lowest, TLS1_3_VERSION);
    if (ask.suites.empty()) ask.highest = ask.highest == 0 ? TLS1_2_VERSION : ask.highest;
  }
  return true;
}

std::vector<std::uint16_t> every_openssl_cipher() {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_ciphersuites(context.get(),
                           "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_"
                           "SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
  // Those for keys shared beforehand or passwords need what nobody gave us.
  SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0");
  std::vector<std::uint16_t> numbers;
  const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; all != nullptr && i < sk_SSL_CIPHER_num(all); ++i)
    numbers.push_back(SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(all, i)));
  return numbers;
}

bool openssl_groups(const std::vector<std::uint16_t>& numbers, TlsAsk& ask) {
  static const std::map<std::uint16_t, const char*> known{
      {0x17, "P-256"}, {0x18, "P-384"},      {0x19, "P-521"},     {0x1d, "X25519"},
      {0x1e, "X448"},  {0x100, "ffdhe2048"}, {0x101, "ffdhe3072"}};
  for (const std::uint16_t number : numbers) {
    const auto found = known.find(number);
    if (found == known.end()) return false;
    ask.groups += (ask.groups.empty() ? "" : ":") + std::string(found->second);
  }
  return true;
}

}  // namespace whohungup
