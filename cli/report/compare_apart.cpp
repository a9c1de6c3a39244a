// Two connections where one was expected: something between ends the client's and has another to
// the server. Told one beside the other, because their packets cannot be.
#include <fmt/core.h>

#include <array>

#include "analyze/landmarks.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/json.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// What a connection of a proxy has to do with the hello that the client sent.
enum class HelloThere : std::uint8_t { Same, Another, None, Unknown };

HelloThere hello_there(const ComparedFlow& flow) {
  const auto hello = [](const Conversation& talk) {
    const Message* message = talk.first<tls::ClientHello>(Side::Client);
    return message == nullptr ? nullptr : &std::get<tls::ClientHello>(message->what);
  };
  const tls::ClientHello *here = hello(flow.ends->client), *there = hello(flow.ends->server);
  if (here == nullptr) return HelloThere::Unknown;
  if (there == nullptr) return HelloThere::None;
  return here->random == there->random ? HelloThere::Same : HelloThere::Another;
}

std::string_view id(HelloThere hello) {
  static constexpr std::array<std::string_view, 4> kIds{"same", "another", "none", "unknown"};
  return kIds[static_cast<std::size_t>(hello)];
}

std::string_view words(HelloThere hello) {
  static constexpr std::array<std::string_view, 4> kWords{
      "the client's ClientHello was passed on to the server as it was",
      "the server was sent another ClientHello than the client's: TLS ends in between, too",
      "the client sent a ClientHello, and the connection at the server carried none",
      "the client's capture holds no ClientHello"};
  return kWords[static_cast<std::size_t>(hello)];
}

/// When that end's connection ended, by the client's clock; nothing where it did not.
std::optional<Time> end_of(const ComparedFlow& flow, Side end) {
  const Event& event = flow.apart[static_cast<std::size_t>(end)]->verdict.event;
  if (event.mechanism == Mechanism::None || event.mechanism == Mechanism::Silence)
    return std::nullopt;
  return flow.ends->common(end, event.at);
}

/// Which of the two ended first, where the clocks can tell.
std::optional<Side> first_to_end(const ComparedFlow& flow) {
  const auto client = end_of(flow, Side::Client), server = end_of(flow, Side::Server);
  const ClockLine& clock = flow.ends->clock;
  if (!client || !server || !clock.both_ways || clock.contradictory) return std::nullopt;
  const Duration doubt = clock.uncertainty;
  if (*server + doubt < *client) return Side::Server;
  if (*client + doubt < *server) return Side::Client;
  return std::nullopt;
}

std::string one_side(const ComparedFlow& flow, Side end) {
  const Conversation& talk = flow.ends->at(end);
  const Verdict& alone = flow.apart[static_cast<std::size_t>(end)]->verdict;
  return fmt::format("the {}'s: {} → {}, {} ({}). {}", word_for(end), to_string(talk.client),
                     to_string(talk.server), alone.code(), to_string(alone.confidence),
                     harmless(alone.summary));
}

}  // namespace

std::vector<std::string> apart_sentences(const ComparedFlow& flow) {
  std::vector<std::string> all;
  if (flow.apart[0] == nullptr || flow.apart[1] == nullptr) return all;
  for (const Side end : {Side::Client, Side::Server}) all.push_back(one_side(flow, end));
  const ClockLine& clock = flow.ends->clock;
  if (clock.both_ways && !clock.contradictory) {
    const Duration after =
        flow.ends->common(Side::Server, flow.ends->server.begin) - flow.ends->client.begin;
    all.push_back(fmt::format("the one to the server began {} {} the client's",
                              amount(after < Duration{} ? -after : after),
                              after < Duration{} ? "before" : "after"));
  }
  all.emplace_back(words(hello_there(flow)));
  if (const auto first = first_to_end(flow)) {
    const Duration later = *end_of(flow, other(*first)) - *end_of(flow, *first);
    all.push_back(fmt::format(
        "the {}'s ended first, the other {} later: {}", word_for(*first), amount(later),
        *first == Side::Server
            ? "ask at the server what its own capture says of it, and in between how that is "
              "passed on"
            : "what ended the client's stands in between, and the server was told afterwards"));
  }
  return all;
}

void write_apart(JsonWriter& json, const ComparedFlow& flow) {
  if (flow.apart[0] == nullptr || flow.apart[1] == nullptr) {
    json.value(nullptr);
    return;
  }
  json.open_object();
  for (const Side end : {Side::Client, Side::Server}) {
    const Conversation& talk = flow.ends->at(end);
    const Verdict& alone = flow.apart[static_cast<std::size_t>(end)]->verdict;
    json.key(word_for(end)).open_object();
    for (const auto& [key, endpoint] :
         {std::pair("client", &talk.client), std::pair("server", &talk.server)}) {
      json.key(key).open_object().field("ip", to_string(endpoint->ip));
      json.field("port", endpoint->port).close_object();
    }
    json.field("code", alone.code()).field("confidence", to_string(alone.confidence));
    json.field("frame", number(alone.event.frame)).field("summary", alone.summary).close_object();
  }
  json.field("hello_at_server", id(hello_there(flow)));
  json.key("ended_first");
  const auto first = first_to_end(flow);
  first ? json.value(word_for(*first)) : json.value(nullptr);
  json.close_object();
}

}  // namespace whohungup
