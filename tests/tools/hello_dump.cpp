// Reads hellos as hex on stdin ("client 0303…" or "server 0303…", handshake bodies, one a line) and
// prints what dissect/ reads in them, tab-separated, for a script to compare with tshark.
#include <iostream>
#include <string>

#include "dissect/tls_client_hello.h"
#include "dissect/tls_server_hello.h"
#include "tests/support/hex.h"

namespace {

using whohungup::tls::ClientHello;
using whohungup::tls::ServerHello;

void print_client(const std::vector<std::uint8_t>& body) {
  const auto hello = ClientHello::read(body);
  if (!hello) {
    std::cout << "unreadable\n";
    return;
  }
  std::cout << (hello->write() == body ? "same" : "different") << '\t' << hello->ja3_string()
            << '\t' << hello->ja3() << '\t' << hello->ja4() << '\n';
}

void print_server(const std::vector<std::uint8_t>& body) {
  const auto hello = ServerHello::read(body);
  if (!hello) {
    std::cout << "unreadable\n";
    return;
  }
  std::cout << (hello->write() == body ? "same" : "different") << '\t' << hello->version() << '\t'
            << hello->cipher_suite << '\n';
}

}  // namespace

int main() {
  std::string who;
  std::string hex;
  while (std::cin >> who >> hex) {
    const auto body = whohungup::from_hex(hex);
    if (who == "client")
      print_client(body);
    else
      print_server(body);
  }
}
