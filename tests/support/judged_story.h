// From a packet story straight to its judgement: the whole way a capture takes, without files.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/landmarks.h"
#include "analyze/verdict.h"
#include "dissect/conversation.h"

namespace whohungup::test {

/// What the capture around the story is like.
struct Around {
  std::vector<std::uint16_t> ports{};  // --port
  Duration waits_on{};                 // the capture goes on for so long after the last packet
  std::optional<std::uint64_t> dropped{};
  bool complete{true};
};

/// One conversation of a story and what came of it.
struct Judged {
  Conversation talk;
  Judgement judgement;

  [[nodiscard]] const Verdict& verdict() const { return judgement.verdict; }
  /// "server.fin.accepted strong"
  [[nodiscard]] std::string says() const;
  [[nodiscard]] bool has(Fact fact) const { return judgement.facts.has(fact); }
  /// The numbers of the frames that show the fact; empty if it is not so.
  [[nodiscard]] std::vector<std::uint32_t> frames(Fact) const;
  /// What was measured; empty if it is not so.
  [[nodiscard]] std::string detail(Fact) const;
  /// Whether the rule speaks, for or against the verdict.
  [[nodiscard]] bool fires(std::string_view rule) const;
  [[nodiscard]] const LookAlike* look_alike(std::string_view id) const;
};

/// Every judged conversation of these packets, in the order of their telling. Holds each of them
/// to the laws that counting and telling come to the same verdict, and that frames kept on a tape
/// (dissect/tape.h) are recorded as those that were decoded at once.
std::vector<Judged> judge_packets(std::span<const Packet>, const Around& = {});

/// Every judged conversation of the story, in the order of their telling. Holds each of them to
/// the law that counting and telling come to the same verdict.
std::vector<Judged> judge_stories(std::string_view text, const Around& = {});

/// The only judged conversation of the story; fails the test if there are more or none.
Judged judge_story(std::string_view text, const Around& = {});

/// "server.fin.accepted strong" of the only one.
std::string verdict_of(std::string_view text, const Around& = {});

}  // namespace whohungup::test
