// Recognition of plaintext and of STARTTLS dialogues, on anything two sides might say. The first
// byte of the input says where the client's bytes end.
#include <cstdlib>

#include "dissect/dialogue.h"
#include "dissect/plaintext.h"
#include "dissect/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace whohungup;
  if (size == 0) return 0;
  const Bytes all(data + 1, size - 1);
  const std::size_t split = all.size() * data[0] / 256;
  const Bytes client = all.first(split);
  const Bytes server = all.subspan(split);

  for (const auto& named : {recognise_server_plaintext(server), recognise_client_plaintext(client)})
    if (named && (named->protocol.empty() || named->excerpt.size() > 80)) std::abort();
  if (const auto proxy = read_proxy_header(client); proxy && proxy->bytes > client.size())
    std::abort();
  mentions_starttls(client);

  const auto dialogue = recognise_dialogue(client, server);
  if (!dialogue) return 0;
  const auto client_size = static_cast<std::int64_t>(client.size());
  const auto server_size = static_cast<std::int64_t>(server.size());
  if (dialogue->client_end > client_size || dialogue->server_end > server_size) std::abort();
  if (dialogue->steps.size() > 32 || (dialogue->granted && !dialogue->asked)) std::abort();
  std::int64_t reached[2] = {0, 0};
  for (const DialogueStep& step : dialogue->steps) {
    std::int64_t& at = reached[step.from_client ? 0 : 1];
    if (step.offset < at || step.text.size() > 80) std::abort();
    at = step.offset + step.bytes;
    if (at > (step.from_client ? client_size : server_size)) std::abort();
  }
  return 0;
}
