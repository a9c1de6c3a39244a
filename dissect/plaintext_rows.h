// The two tables recognise_*_plaintext go through: one for what servers begin with, one for
// clients. The first row that holds names the protocol.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "dissect/bytes.h"
#include "dissect/plaintext_text.h"

namespace whohungup::plaintext {

struct Row {
  std::string_view protocol;
  bool (*begins_so)(Bytes);
};

std::span<const Row> server_rows();  // plaintext_server.cpp
std::span<const Row> client_rows();  // plaintext_client.cpp

/// How far into the bytes a row may search; more is not "first bytes" any more.
constexpr std::size_t kFirstBytes = 1024;

// What both sides may begin with (plaintext.cpp).
bool is_zeros(Bytes);
bool is_ssh(Bytes);
bool is_xmpp(Bytes);
bool is_ldap(Bytes);
bool is_telnet(Bytes);
bool is_rdp(Bytes);
bool is_amqp(Bytes);
bool is_vnc(Bytes);

/// Whether any of these stands somewhere in `s`, in either case.
bool has_word(std::string_view s, std::initializer_list<std::string_view> words);
/// Whether `s` is one of these, in either case.
bool is_word(std::string_view s, std::initializer_list<std::string_view> words);

}  // namespace whohungup::plaintext
