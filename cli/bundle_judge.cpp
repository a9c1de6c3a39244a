#include "cli/bundle_judge.h"

#include <algorithm>
#include <random>

#include "dissect/decode.h"
#include "dissect/flow_table.h"
#include "dissect/tls_decrypt.h"

namespace whohungup {
namespace {

class Judge : public FlowSink {
 public:
  Judge(tls::KeyLog secrets, const CaptureNotes& notes, Report& report)
      : secrets_(std::move(secrets)), notes_(notes), report_(report) {}

  void tell(Conversation& talk) override {
    converse(talk, &secrets_);
    const Judgement judgement = judge(talk);
    ++totals.judged;
    ++totals.by_code[judgement.verdict.code()];
    if (judgement.verdict.failed()) ++totals.hung_up;
    report_.flow({index_++, talk, judgement, notes_});
  }

  /// Secrets blocks come before the packets that need them.
  void take_secrets(const std::string& key_log) {
    secrets_.add(std::string_view(key_log).substr(secrets_taken_));
    secrets_taken_ = key_log.size();
  }

  Totals totals;

 private:
  tls::KeyLog secrets_;
  const CaptureNotes& notes_;
  Report& report_;
  std::size_t secrets_taken_{};
  std::uint64_t index_{};
};

FlowTable::Options table_options(const JudgedWith& with) {
  FlowTable::Options options;
  options.ports = with.ports;
  std::random_device random;
  for (std::uint64_t& key : options.hash_key) key = (std::uint64_t{random()} << 32U) | random();
  return options;
}

void pass_on(const Packet& packet, Decoder& decoder, FlowTable& flows, Totals& totals) {
  flows.advance(packet.at);
  const Decoded decoded = decoder.decode(packet);
  if (const auto* segment = std::get_if<Segment>(&decoded))
    flows.add(*segment, segment->header.tunnelled ? decoder.outer_path() : std::string());
  else if (const auto* error = std::get_if<IcmpError>(&decoded))
    flows.add(*error);
  else
    ++totals.skipped[static_cast<std::size_t>(std::get<Skipped>(decoded).why)];
}

}  // namespace

void judge_packets(Source& packets, const JudgedWith& with, const std::string& file,
                   Report& report) {
  CaptureNotes notes;
  notes.files = {file};
  tls::KeyLog secrets;
  secrets.add(with.key_log);
  Judge judge(std::move(secrets), notes, report);
  FlowTable flows(table_options(with), judge);
  Decoder decoder;
  // What the file says beside the packets is known before the first flow is told.
  notes.quality = with.quality;
  notes.names = with.names;
  Packet packet;
  Source::Next next{};
  while ((next = packets.next(packet)) != Source::Next::End) {
    if (next == Source::Next::Idle) continue;
    ++notes.packets;
    if (!packets.notes().key_log.empty()) judge.take_secrets(packets.notes().key_log);
    notes.bytes += packet.bytes.size();
    if (notes.names.size() < packets.notes().names.size()) notes.names = packets.notes().names;
    pass_on(packet, decoder, flows, judge.totals);
  }
  notes.interfaces = packets.notes().interfaces;
  notes.damage = packets.notes().damage;
  notes.quality.end = std::max(with.quality.end, packets.notes().quality.end);
  flows.finish(notes.quality);
  report.end(judge.totals, flows.counts(), notes);
}

}  // namespace whohungup
