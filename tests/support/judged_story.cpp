// See judged_story.h.
#include "tests/support/judged_story.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "analyze/judge.h"
#include "analyze/rules.h"
#include "dissect/decode.h"
#include "dissect/flow_table.h"
#include "tests/support/same_talk.h"
#include "tests/support/story.h"

namespace whohungup::test {
namespace {

/// The dialogue before a hello is read by converse() only, and no rule rests on it.
FactSet without_prelude(FactSet facts) {
  facts.remove(Fact::StarttlsAsked);
  facts.remove(Fact::SpokeBeforeHello);
  facts.remove(Fact::ProxyHeaderSent);
  return facts;
}

/// Judges what it hears of while the table still holds it.
class Judge : public FlowSink {
 public:
  void tell(Conversation& talk) override {
    const Brief counted = judge_briefly(talk);
    const Landmarks marks = find_landmarks(talk);
    const Event event = find_event(talk, marks);
    const FactSet facts = observe_briefly({talk, marks, event});
    converse(talk);
    Judged judged{talk, judge(talk)};
    const Verdict& verdict = judged.verdict();
    const Brief told{verdict.actor, verdict.event.mechanism, verdict.event.stage,
                     verdict.confidence, verdict.failed()};
    EXPECT_EQ(counted, told);
    EXPECT_EQ(judge_briefly(talk), told);
    EXPECT_EQ(judge_briefly(talk, &opinions_), told);
    EXPECT_EQ(without_prelude(facts), without_prelude(judged.judgement.facts.set));
    list.push_back(std::move(judged));
  }
  std::vector<Judged> list;

 private:
  OpinionMemory opinions_;
};

}  // namespace

std::vector<Judged> judge_stories(std::string_view text, const Around& around) {
  const story::Capture capture = story::tell(text);
  return judge_packets(capture.packets(), around);
}

std::vector<Judged> judge_packets(std::span<const Packet> packets, const Around& around) {
  Judge judge;
  FlowTable::Options options;
  options.ports = around.ports;
  FlowTable table(options, judge);
  Decoder decoder;
  CaptureQuality quality;
  quality.dropped = around.dropped;
  quality.complete = around.complete;
  for (const Packet& packet : packets) {
    if (quality.begin == Time{}) quality.begin = packet.at;
    quality.end = std::max(quality.end, packet.at);
    const Decoded decoded = decoder.decode(packet);
    if (const auto* segment = std::get_if<Segment>(&decoded))
      table.add(*segment, decoder.outer_path());
    else if (const auto* error = std::get_if<IcmpError>(&decoded))
      table.add(*error);
    table.advance(packet.at);
  }
  quality.end += around.waits_on;
  table.finish(quality);
  EXPECT_EQ(take_packets(packets, options, quality), add_packets(packets, options, quality));
  return std::move(judge.list);
}

Judged judge_story(std::string_view text, const Around& around) {
  std::vector<Judged> all = judge_stories(text, around);
  EXPECT_EQ(all.size(), 1U) << text;
  return all.empty() ? Judged{} : std::move(all.front());
}

std::string verdict_of(std::string_view text, const Around& around) {
  return judge_story(text, around).says();
}

std::string Judged::says() const {
  return verdict().code() + " " + std::string(to_string(verdict().confidence));
}

std::vector<std::uint32_t> Judged::frames(Fact fact) const {
  std::vector<std::uint32_t> numbers;
  if (const Observation* seen = judgement.facts.find(fact))
    for (const FrameNo frame : seen->frames) numbers.push_back(number(frame));
  return numbers;
}

std::string Judged::detail(Fact fact) const {
  const Observation* seen = judgement.facts.find(fact);
  return seen != nullptr ? seen->detail : std::string{};
}

bool Judged::fires(std::string_view rule) const {
  const auto is_it = [&](const Reason& reason) { return reason.rule->id == rule; };
  return std::any_of(verdict().evidence.begin(), verdict().evidence.end(), is_it) ||
         std::any_of(verdict().dissent.begin(), verdict().dissent.end(), is_it);
}

const LookAlike* Judged::look_alike(std::string_view id) const {
  for (const LookAlike& one : verdict().look_alikes)
    if (one.id == id) return &one;
  return nullptr;
}

}  // namespace whohungup::test
