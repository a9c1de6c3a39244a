// The forms in which a comparison of two captures is told.
#pragma once

#include <memory>
#include <string>

#include "cli/compare.h"
#include "cli/output.h"
#include "cli/report/style.h"

namespace whohungup {

class JsonWriter;

/// Whether there was nothing to compare, and a sentence or some that say what to do about it.
bool found_nothing(const ComparedTotals&);
std::string nothing_found(const ComparedTotals&);

/// What the options ask for: text or NDJSON.
std::unique_ptr<CompareReport> make_compare_report(const CompareOptions&, Output&);

/// The whole story of one flow. `every_packet`: also those to which nothing happened, however many.
std::string compare_story(const ComparedFlow&, const Style&, bool every_packet);

/// Both ends' packets, a line each, with what became of them.
std::string two_ended_ladder(const ComparedFlow&, const Style&, bool every_packet);

/// "the server's clock is 3600.000 s ahead, ± 0.021 ms", and what else is to say about clocks.
std::string clock_sentence(const ClockLine&, Time client_moment);

/// What lies between the captures, in sentences: hops, addresses, what all packets lose.
std::vector<std::string> path_sentences(const ComparedFlow&);

/// Where on the path it happened, as far as a third capture or a trace says.
std::vector<std::string> place_sentences(const ComparedFlow&);

/// Of a connection that is two: each of them, the hello, and which ended first; else nothing.
std::vector<std::string> apart_sentences(const ComparedFlow&);
/// The same as the value of a JSON member.
void write_apart(JsonWriter&, const ComparedFlow&);

/// "lost on the way to the server" and the like; empty for a packet seen unchanged at both ends.
std::string fate_words(const ComparedFlow&, const Sighting&);

}  // namespace whohungup
