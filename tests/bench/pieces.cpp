// The inner pieces by themselves: walking the records of a capture, decoding frames, looking up
// flows. Google Benchmark; `pieces --benchmark_filter=decode`.
#include <benchmark/benchmark.h>

#include <memory>
#include <variant>
#include <vector>

#include "capture/saved.h"
#include "dissect/decode.h"
#include "dissect/flow_hash.h"
#include "dissect/flow_table.h"
#include "tests/support/segment_maker.h"

namespace whohungup {
namespace {

/// A plain data segment of 500 bytes as a frame.
