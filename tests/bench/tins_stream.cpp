// A peer: libtins' StreamFollower over a file, with callbacks for data that look at its first
// byte. What one would write in an afternoon.
#include <tins/tcp_ip/stream_follower.h>
#include <tins/tins.h>

#include <cstdint>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  std::uint64_t flows = 0, hellos = 0;
  Tins::TCPIP::StreamFollower follower;
  follower.new_stream_callback([&](Tins::TCPIP::Stream& stream) {
    ++flows;
    stream.auto_cleanup_payloads(true);
    stream.client_data_callback([&](Tins::TCPIP::Stream& s) {
      if (!s.client_payload().empty() && s.client_payload()[0] == 22) ++hellos;
      s.ignore_client_data();
    });
    stream.server_data_callback([](Tins::TCPIP::Stream& s) { s.ignore_server_data(); });
  });
  Tins::FileSniffer sniffer(argv[1]);
  sniffer.sniff_loop([&](Tins::PDU& packet) {
    follower.process_packet(packet);
    return true;
  });
  std::printf("%llu flows, %llu begin with a handshake record\n",
              static_cast<unsigned long long>(flows), static_cast<unsigned long long>(hellos));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "tins_stream: %s\n", error.what());
  return 1;
}
