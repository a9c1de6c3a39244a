// The rows of the table of causes that go by sizes, pieces and headers.
#pragma once

#include <array>

#include "analyze/causes.h"

namespace whohungup {

inline constexpr std::array kCausesOfSize = [] {
  using enum Weight;
  using enum Sign;
  return std::array{
      Cause{.id = "size-bug",
            .name = "the 256 to 511 bug",
            .within = "",
            .says = "Hellos of 256 to 511 bytes fail, shorter and longer ones are answered: the "
                    "bug RFC 7685 pads around.",
            .supports = {{{Decides,
                           {MiddleFailed, SmallAnswered, LargeAnswered},
                           {},
                           "less than 256 bytes and more than 511 are answered, what lies between "
                           "is not"}}},
            .refutes =
                {{{Decides, {MiddleAnswered}, {}, "400 bytes are answered"},
                  {Decides, {SmallFailed}, {}, "shorter hellos fare no better"},
                  {Decides, {LargeFailed}, {}, "longer hellos fare no better"},
                  {Decides, {ClosedUntouched}, {}, "it closes before it could have read a hello"}}},
            .remains = "Whether it is the server's software, a balancer or an inspecting box "
                       "before it.",
            .asks = {{{"who runs the server", "for an update of the balancer or its TLS stack"},
                      {"who runs the client",
                       "to pad its hello above 511 bytes (-bugs in "
                       "OpenSSL's words)"}}}},
      Cause{
          .id = "split-hello",
          .name = "a hello in two pieces is not understood",
          .within = "",
          .says = "A hello that comes in two TCP segments fails and the same in one is "
                  "answered: somebody reads once, or does not put segments together.",
          .supports = {{{Decides,
                         {BaselineAnswered, SplitFailed},
                         {HugeAnswered},
                         "the very hello that is answered in one segment fails in two"},
                        {Points,
                         {BaselineAnswered, SplitFailed, HugeAnswered},
                         {},
                         "the very hello that is answered in one segment fails in two that come "
                         "a quarter of a second apart"}}},
          .refutes =
              {{{Decides, {SplitAnswered}, {}, "a split hello is answered"},
                {Decides, {ClosedUntouched}, {}, "it closes before it could have read a hello"},
                {Decides, {BaselineFailed, NoHelloAnswered}, {}, "hellos in one piece fail, too"}}},
          .remains = "Whether the server's software or a box before it does so.",
          .asks = {{{"who runs the server",
                     "whether its software, or an inspecting device before it, reads a hello "
                     "with a single read (tldr.fail)"}}}},
      Cause{.id = "record-split",
            .name = "a hello in two TLS records is not understood",
            .within = "",
            .says = "A hello in two TLS records fails, the same in one is answered.",
            .supports = {{{Decides,
                           {BaselineAnswered, RecordSplitFailed},
                           {},
                           "the hello that is answered in one record fails in two"}}},
            .refutes =
                {{{Decides, {RecordSplitAnswered}, {}, "a hello in two records is answered"},
                  {Decides, {ClosedUntouched}, {}, "it closes before it could have read a hello"},
                  {Decides,
                   {BaselineFailed, NoHelloAnswered},
                   {},
                   "hellos in one record fail, too"}}},
            .remains = "Few clients split records; HAProxy's req.ssl_sni is known for this.",
            .asks = {{{"who runs the server", "what inspects the hello before the server does"}}}},
      Cause{.id = "pmtu-black-hole",
            .name = "a path that loses large packets",
            .within = "",
            .says = "Segments near the path's usual size vanish without a word, small ones pass: "
                    "a black hole of path MTU discovery.",
            .supports = {{{Decides,
                           {HugeUnacked, PiecesAnswered, GarbageUnacked},
                           {},
                           "full segments are not even acknowledged, be they a hello or garbage, "
                           "and the same hello is answered in segments of 500 bytes"},
                          {Points,
                           {HugeUnacked, GarbageUnacked, SmallAnswered},
                           {PiecesAnswered, PiecesFailed},
                           "full segments are not even acknowledged, small ones are"},
                          {Points,
                           {BrokenBySilence, PiecesAnswered},
                           {},
                           "the server's answer stays away unless its segments are kept small"},
                          {Decides,
                           {BaselineSilent, HugeFailed, PiecesAnswered},
                           {HugeUnacked},
                           "hellos are taken in, and the answer comes only where its segments are "
                           "kept to 500 bytes"}}},
            .refutes =
                {{{Decides, {HugeAnswered}, {}, "full segments pass"},
                  {Decides,
                   {GarbageTakenIn},
                   {BrokenBySilence, BaselineSilent},
                   "full segments of other data pass"},
                  {Decides, {PiecesFailed, HugeFailed}, {}, "small segments fare no better"},
                  {Decides, {NoHelloAnswered}, {BrokenBySilence}, "small hellos fare no better"},
                  {Decides, {ClosedUntouched}, {}, "it closes before anything large"}}},
            .remains = "Which link it is: the hop behind the last one that answers large pings.",
            .asks = {{{"who runs the networks between",
                       "where the MTU gets smaller and why \"fragmentation needed\" is not sent or "
                       "not let through; clamping the MSS helps meanwhile"}}}},
      Cause{.id = "answers-lost",
            .name = "the server's answers are lost on the way",
            .within = "",
            .says = "The server takes the hello and answers, and what it sends does not arrive.",
            .supports = {{{Decides,
                           {BaselineSilent, AnswerLost},
                           {},
                           "its later packets count bytes that never came"}}},
            .refutes = {{{Decides, {BaselineAnswered}, {}, "the answer arrives"},
                         {Decides, {BaselineHungUp}, {}, "something does arrive"},
                         {Decides, {ClosedUntouched}, {}, "it closes before it could answer"}}},
            .remains = "Where they are lost, and whether by size: `whohungup compare` with a "
                       "capture made at the server tells.",
            .asks = {{{"who runs the networks between",
                       "what becomes of the server's large packets: filters, MTU, the way back"},
                      {"who runs the server",
                       "a capture there: does the answer leave, and is it sent again?"}}}},
      Cause{.id = "large-hello",
            .name = "large hellos are not understood",
            .within = "",
            .says = "Large hellos fail, the same hello made small is answered.",
            .supports = {{{Decides,
                           {BaselineAnswered, LargeFailed},
                           {},
                           "600 bytes fail where 332 are answered"},
                          {Decides,
                           {SmallAnswered, HugeFailed},
                           {LargeFailed, SplitFailed, GarbageUnacked},
                           "2000 bytes fail where fewer are answered"},
                          {Points,
                           {SmallAnswered, HugeFailed, SplitFailed},
                           {LargeFailed, GarbageUnacked},
                           "2000 bytes fail where fewer are answered; so does a small hello in "
                           "two segments"},
                          {Points,
                           {SmallAnswered, BaselineAnswered, PostQuantumFailed},
                           {HugeFailed, HugeAnswered, LargeFailed, PostQuantumAlert},
                           "a hello with a post-quantum share fails where smaller ones are "
                           "answered"},
                          {Decides,
                           {BaselineFailed, SmallAnswered},
                           {LargeAnswered, NoNameAnswered, Tls12Answered},
                           "less than 256 bytes are answered, more are not"}}},
            .refutes =
                {{{Decides, {HugeAnswered, PostQuantumAnswered}, {}, "2000 bytes are answered"},
                  {Decides, {ClosedUntouched}, {}, "it closes before it could have read a hello"},
                  {Decides, {BaselineFailed, SmallFailed}, {}, "small hellos fare no better"}}},
            .remains = "Whether the server's software or a box before it does so.",
            .asks = {{{"who runs the server",
                       "for an update: today's browsers send hellos of 1700 bytes"}}}},
      Cause{
          .id = "bare-header",
          .name = "something understands only bare TCP headers",
          .within = "",
          .says = "Whether TCP timestamps are in the header changes the outcome: something on "
                  "the way reads headers of 20 bytes only.",
          .supports = {{{Points,
                         {BaselineFailed, NoTimestampsAnswered},
                         {},
                         "without TCP timestamps the hello is answered"},
                        {Points,
                         {BaselineAnswered, NoTimestampsFailed},
                         {},
                         "without TCP timestamps the hello fails"}}},
          .refutes =
              {{{Decides,
                 {BaselineAnswered, NoTimestampsAnswered},
                 {},
                 "timestamps change nothing"},
                {Decides, {BaselineFailed, NoTimestampsFailed}, {}, "timestamps change nothing"},
                {Decides, {ClosedUntouched}, {}, "it closes before any data"}}},
          .remains = "Where it stands: `whohungup trace` tells the hop, if it resets.",
          .asks = {{{"who runs the networks between", "which device inspects TLS hellos there"}}}},
  };
}();

}  // namespace whohungup
