// What s_client's counts prove: "read 0 bytes and written 332 bytes" is a hello of 332 bytes, or
// one of 325 and the client's own alert of 7, and each says how long the host name was.
#include <algorithm>

#include "analyze/explain.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

// An alert record in the clear: 5 bytes of header, level, description.
constexpr std::uint64_t kAlertRecord = 7, kRecordHeader = 5;
constexpr std::string_view kDefaultLaw = "openssl-s-client";

bool ends_as(const PrintedAttempt& attempt, PrintedEnding ending) {
  return std::any_of(attempt.texts.begin(), attempt.texts.end(), [&](const FoundText& text) {
    return std::find(text.endings.begin(), text.endings.end(), ending) != text.endings.end();
  });
}

/// Keeps only the events that are in `allowed` too, unless none would be left.
void narrow(PrintedAttempt& attempt, EventSet allowed) {
  if (!keep_only(attempt, allowed))
    attempt.counted.emplace_back(
        "These counts do not fit the text above them: lines of several runs may be mixed.");
}

bool server_speaks_first(const PrintedAttempt& attempt) {
  if (!attempt.starttls) return false;
  const Prelude* prelude = find_prelude(attempt.protocol);
  // Without the protocol's name: only dialogues that begin with a greeting look for a STARTTLS.
  return prelude == nullptr ? attempt.protocol.empty() : prelude->server_speaks_first;
}

void nothing_read(PrintedAttempt& attempt) {
  if (server_speaks_first(attempt)) {
    attempt.counted.emplace_back(
        "Read 0: on a port whose server speaks first not even the greeting came. The connection "
        "was "
        "ended before a word of the client could matter.");
    attempt.excludes.emplace_back(
        "The ClientHello cannot be the reason, nor the name, versions, ciphers or certificate: no "
        "greeting came, so the end came before the hello.");
    EventSet before = EventSet::of(Stage::Accepted) - EventSet::of(Mechanism::Plaintext) -
                      EventSet::of(Mechanism::Alert);
    // Nothing had been sent that could be lost when the FIN came.
    if (ends_as(attempt, PrintedEnding::Closed))
      before = before - EventSet::of(Mechanism::Silence) - EventSet::of(Mechanism::Icmp);
    return narrow(attempt, before);
  }
  attempt.counted.emplace_back(
      "Read 0: not one byte of the peer reached the program: no greeting, no alert, no "
      "ServerHello.");
  if (!ends_as(attempt, PrintedEnding::Reset))
    narrow(attempt, (EventSet::of(Stage::Accepted) | EventSet::of(Stage::ClientHello)) -
                        EventSet::of(Mechanism::Plaintext) - EventSet::of(Mechanism::Alert));
  else
    narrow(attempt, EventSet::of(Stage::Accepted) | EventSet::of(Stage::ClientHello));
}

void something_read(PrintedAttempt& attempt, std::uint64_t read) {
  const EventSet later = EventSet::of(Stage::ServerHello) | EventSet::of(Stage::Established);
  if (attempt.certificate_seen) {
    attempt.counted.push_back(fmt::format(
        "Read {}: the peer's certificate came, so its answer to the hello was under way.", read));
    return narrow(attempt, later);
  }
  if (attempt.starttls) {
    attempt.counted.push_back(fmt::format(
        "Read {}: the plaintext dialogue is counted in, so it came as far as that.", read));
    return;
  }
  if (read == kAlertRecord) {
    attempt.counted.emplace_back(
        ends_as(attempt, PrintedEnding::Alert)
            ? "Read 7: exactly one alert record, and nothing before it: no ServerHello."
            : "Read 7: exactly one alert record came before the close: a warning or close_notify, "
              "which s_client does not show.");
    return narrow(attempt, EventSet::of(Stage::ClientHello) | EventSet::of(Stage::Accepted));
  }
  if (read == kRecordHeader) {
    attempt.counted.emplace_back(
        "Read 5: what should have been the header of a record was read, and found not to be TLS.");
    return;
  }
  if (read < kRecordHeader || ends_as(attempt, PrintedEnding::NotTls)) return;
  if (attempt.options.empty()) {  // no command line: it may have run with -starttls
    attempt.counted.push_back(fmt::format(
        "Read {}: more than an alert came: a plaintext dialogue if it ran with -starttls, else the "
        "beginning of an answer to the hello.",
        read));
    return;
  }
  attempt.counted.push_back(
      fmt::format("Read {}: more than an alert came: an answer to the hello had begun.", read));
  narrow(attempt, later);
}

/// Whether these are the words of OpenSSL 1.1.1, which writes no alert of its own at an unexpected
/// end and smaller hellos.
bool is_old(const PrintedAttempt& attempt) {
  return std::any_of(attempt.texts.begin(), attempt.texts.end(),
                     [](const FoundText& text) { return text.prints == "write:errno=0"; });
}

/// The sizes of the client's own alert that this text allows for.
std::vector<std::size_t> own_alerts(const PrintedAttempt& attempt) {
  if (is_old(attempt)) return {0};
  if (ends_as(attempt, PrintedEnding::Closed)) return {kOwnAlert, 0};
  if (attempt.texts.empty()) return {0, kOwnAlert};
  return {0};
}

std::vector<const Prelude*> preludes_for(const PrintedAttempt& attempt) {
  if (!attempt.starttls) return {nullptr};
  if (const Prelude* known = find_prelude(attempt.protocol)) return {known};
  std::vector<const Prelude*> list;
  for (const Prelude& prelude : preludes())
    if (prelude.looks_for_offer) list.push_back(&prelude);
  return list;
}

/// The size laws to read the bytes by, the first that fits counting.
std::vector<const SizeLaw*> laws_for(const PrintedAttempt& attempt) {
  constexpr std::string_view kOldLaw = "openssl-1-1-1-s-client", kNewLaw = "openssl-3-5-s-client";
  const bool usual = attempt.options.empty() || attempt.options == kDefaultLaw;
  if (is_old(attempt)) {
    if (!usual) return {};  // not measured
    return {find_size_law(kOldLaw)};
  }
  if (!usual) return {find_size_law(attempt.options)};
  return {find_size_law(kDefaultLaw), find_size_law(kNewLaw)};
}

std::vector<Reading> readings_by(const SizeLaw* law, const PrintedAttempt& attempt,
                                 std::uint64_t written) {
  std::vector<Reading> list;
  if (law == nullptr) return list;
  for (const Prelude* prelude : preludes_for(attempt)) {
    for (const std::size_t alert : own_alerts(attempt)) {
      const std::size_t before = (prelude != nullptr ? prelude->bytes : 0) + alert;
      if (written <= before) continue;
      const std::size_t hello = written - before;
      if (hello == hello_size(*law, 0)) list.push_back({law, prelude, hello, alert, {}});
      if (const auto name = name_lengths(*law, hello))
        list.push_back({law, prelude, hello, alert, *name});
    }
  }
  return list;
}

std::vector<Reading> readings_of(const PrintedAttempt& attempt, std::uint64_t written) {
  std::vector<Reading> list;
  for (const SizeLaw* law : laws_for(attempt))
    if (list.empty()) list = readings_by(law, attempt, written);
  return list;
}

std::string name_of(const Reading& reading) {
  if (reading.name.last == 0) return "no host name";
  if (reading.name.first == reading.name.last)
    return "a host name of " + count(reading.name.first, "character");
  return fmt::format("a host name of {} to {} characters", reading.name.first, reading.name.last);
}

std::string said(const Reading& reading, std::uint64_t written) {
  std::string sum = fmt::format("Written {} = ", written);
  if (reading.prelude != nullptr)
    sum += fmt::format("{} of {} dialogue ({}) + ", reading.prelude->bytes,
                       reading.prelude->protocol, reading.prelude->pieces);
  sum += fmt::format("a hello of {}", reading.hello);
  if (reading.own_alert != 0)
    sum += " + the client's own alert of 7 (decode_error, OpenSSL 3's answer to an unexpected end)";
  return fmt::format("{}: {}{} ({}).", sum, name_of(reading),
                     reading.law->options.empty() ? ", with default options"
                                                  : fmt::format(", with {}", reading.law->options),
                     reading.law->client);
}

/// Whether the name that was given has the length a reading asks for.
void hold_to_name(PrintedAttempt& attempt, std::uint64_t written) {
  const std::size_t length = attempt.name.size();
  const auto fits = [&](const Reading& reading) {
    return reading.name.first <= length && length <= reading.name.last;
  };
  const auto found = std::find_if(attempt.readings.begin(), attempt.readings.end(), fits);
  if (found == attempt.readings.end()) {
    attempt.counted.push_back(
        fmt::format("The name given has {}; no reading of {} fits it, so other options or another "
                    "version wrote "
                    "these bytes.",
                    count(length, "character"), written));
    return;
  }
  attempt.readings = {*found};
  attempt.counted.push_back(said(*found, written));
  attempt.counted.push_back(fmt::format(
      "The name given has {}, so this reading is the right one{}.", count(length, "character"),
      found->own_alert != 0 ? ": the client saw the FIN and answered it with its alert" : ""));
}

/// The dialogue is not known: the sums side by side, a line each.
void say_alternatives(PrintedAttempt& attempt, std::uint64_t written) {
  attempt.counted.push_back(fmt::format(
      "Written {} = the dialogue + a hello{}, by s_client's defaults ({}) one of:", written,
      ends_as(attempt, PrintedEnding::Closed) ? " (+ the client's own alert of 7)" : "",
      attempt.readings.front().law->client));
  for (const Reading& reading : attempt.readings)
    attempt.counted.push_back(fmt::format(
        "{} {} + {}{}: {}; {}", reading.prelude->protocol, reading.prelude->bytes, reading.hello,
        reading.own_alert != 0 ? " + 7" : "", name_of(reading), reading.prelude->pieces));
}

void something_written(PrintedAttempt& attempt, std::uint64_t written) {
  attempt.readings = readings_of(attempt, written);
  if (written == 0) {
    attempt.counted.emplace_back("Written 0: the connection was gone before a byte was sent.");
    return;
  }
  if (!attempt.name.empty()) return hold_to_name(attempt, written);
  const bool several = !attempt.readings.empty() &&
                       attempt.readings.front().prelude != attempt.readings.back().prelude;
  if (several) return say_alternatives(attempt, written);
  for (const Reading& reading : attempt.readings) attempt.counted.push_back(said(reading, written));
  const Prelude* prelude = find_prelude(attempt.protocol);
  if (attempt.readings.empty())
    attempt.counted.push_back(
        prelude != nullptr && prelude->bytes == written
            ? fmt::format("Written {}: the dialogue alone ({}); no hello was sent.", written,
                          prelude->pieces)
            : fmt::format("Written {}: no hello of s_client's with default options has a size that "
                          "makes this sum.",
                          written));
}

const Prelude* prelude_between(const PrintedAttempt& longer, const PrintedAttempt& shorter) {
  const std::uint64_t difference = longer.counts->written - shorter.counts->written;
  for (const Prelude& prelude : preludes())
    if (prelude.bytes == difference && prelude.goes_on &&
        (longer.protocol.empty() || longer.protocol == prelude.protocol))
      return &prelude;
  return nullptr;
}

std::string difference(const PrintedAttempt& longer, const PrintedAttempt& shorter,
                       const Prelude& prelude) {
  std::string text = fmt::format(
      "{} − {} = {} = {}: both runs wrote the same hello{}, the longer one behind {}'s "
      "dialogue{}.",
      longer.counts->written, shorter.counts->written, prelude.bytes, prelude.pieces,
      ends_as(longer, PrintedEnding::Closed) ? " and the same alert" : "", prelude.protocol,
      longer.starttls ? "" : " (if it ran with -starttls)");
  if (longer.counts->read == 0 && prelude.server_speaks_first)
    text += fmt::format(
        " There the greeting never came: the hello cannot be the reason on that port, and a server "
        "that ends both alike makes it unlikely on the other.");
  return text;
}

}  // namespace

void infer_dialogues(std::vector<PrintedAttempt>& attempts) {
  for (PrintedAttempt& longer : attempts) {
    if (!longer.starttls || !longer.protocol.empty() || !longer.counts) continue;
    for (const PrintedAttempt& shorter : attempts) {
      const bool comparable =
          shorter.counts && !shorter.starttls && shorter.counts->written < longer.counts->written;
      if (!comparable) continue;
      if (const Prelude* prelude = prelude_between(longer, shorter))
        longer.protocol = prelude->protocol;
    }
  }
}

void weigh_counts(PrintedAttempt& attempt) {
  if (attempt.certificate_seen && !attempt.counts)
    narrow(attempt, EventSet::of(Stage::ServerHello) | EventSet::of(Stage::Established));
  if (!attempt.counts) return;
  if (attempt.counts->read == 0)
    nothing_read(attempt);
  else
    something_read(attempt, attempt.counts->read);
  // Behind a certificate more than the hello was written.
  if (!attempt.certificate_seen) something_written(attempt, attempt.counts->written);
}

std::vector<std::string> compare_counts(const std::vector<PrintedAttempt>& attempts) {
  std::vector<std::string> said;
  for (const PrintedAttempt& longer : attempts)
    for (const PrintedAttempt& shorter : attempts) {
      if (!longer.counts || !shorter.counts || longer.counts->written <= shorter.counts->written)
        continue;
      if (longer.certificate_seen || shorter.certificate_seen || shorter.starttls) continue;
      if (const Prelude* prelude = prelude_between(longer, shorter)) {
        std::string text = difference(longer, shorter, *prelude);
        if (std::find(said.begin(), said.end(), text) == said.end())
          said.push_back(std::move(text));
      }
    }
  return said;
}

}  // namespace whohungup
