// The rows of the table of causes that lie in what client and server have in common: versions,
// ciphers.
#pragma once

#include <array>

#include "analyze/causes.h"

namespace whohungup {

/// What speaks against several of these causes.
inline constexpr Clue kMetAtTimes{Weight::Decides,
                                  {Sign::BaselineVaries},
                                  {},
                                  "the same hello was answered at times, so they meet"};
inline constexpr Clue kNeverSaid{Weight::Decides,
                                 {Sign::NeverConnected},
                                 {},
                                 "no connection comes about on which a hello could be said"};

inline constexpr std::array kCausesOfVersions = [] {
  using enum Weight;
  using enum Sign;
  return std::array{
      Cause{.id = "legacy-only",
            .name = "a legacy server",
            .within = "",
            .says = "The server knows only TLS 1.0 or older.",
            .supports = {{{Decides,
                           {BaselineFailed, OldTlsAnswered, Tls12Failed, SmallFailed},
                           {},
                           "a hello of TLS 1.0 is answered, and none with TLS 1.2, be it small"},
                          {Decides,
                           {AlertVersion, OldTlsAnswered, Tls12Failed},
                           {SmallFailed},
                           "a hello of TLS 1.0 is answered, and what is newer is met by the alert "
                           "protocol_version"},
                          {Points,
                           {BaselineFailed, OldTlsAnswered, Tls12Failed},
                           {SmallFailed, AlertVersion},
                           "a hello of TLS 1.0 is answered, and none with TLS 1.2 alone"},
                          {Decides,
                           {OnlyOldTls},
                           {Tls12Answered},
                           "nothing above TLS 1.0 was ever agreed on"}}},
            .refutes =
                {{kNeverSaid,
                  {Decides, {Tls12Answered}, {}, "it speaks TLS 1.2"},
                  {Decides,
                   {NewTlsAnswered},
                   {Tls12Answered},
                   "at least one hello was answered with TLS 1.2 or newer"},
                  {Decides, {BaselineAnswered}, {OnlyOldTls}, "it speaks today's TLS"},
                  {Decides, {OldTlsFailed}, {}, "old TLS is not answered either"},
                  {Decides, {ClosedUntouched}, {}, "it closes before it could have read a version"},
                  {Decides, {GreetedInPlaintext}, {}, "it does not speak TLS here"}}},
            .remains = "Whether the server itself is that old, or a balancer or proxy before "
                       "it.",
            .asks = {{{"who runs the server", "to allow TLS 1.2 or 1.3"}}}},
      Cause{.id = "no-common-version",
            .name = "no common version of TLS",
            .within = "",
            .says = "Client and server have no version of TLS in common.",
            .supports = {{{Decides, {AlertVersion}, {}, "its alert says so: protocol_version"},
                          {Decides,
                           {BaselineMismatched},
                           {},
                           "the server chose a version that the hello does not offer"},
                          {Decides,
                           {BaselineAlert, Tls12Answered},
                           {AlertName, BothVersionsOffered},
                           "a hello that offers TLS 1.2 is answered, and this one does not offer "
                           "it"},
                          {Points,
                           {AlertInternal, BroadAnswered, Tls12Answered},
                           {BothVersionsOffered},
                           "newer versions are answered"}}},
            .refutes =
                {{kMetAtTimes,
                  kNeverSaid,
                  {Decides, {BaselineAnswered}, {}, "the hello is answered, so they meet"},
                  {Decides, {ClosedUntouched}, {}, "it closes before it could have read a version"},
                  {Decides,
                   {BroadFailed, HellosAlike},
                   {BaselineAlert},
                   "hellos with every version fare no better, and no alert complains"},
                  {Decides, {GreetedInPlaintext}, {}, "it does not speak TLS here"},
                  {Decides,
                   {BaselinePlaintext, NoHelloAnswered},
                   {},
                   "it does not speak "
                   "TLS here"},
                  {Decides, {NoNameAnswered}, {}, "the same versions meet without a name"}}},
            .remains = "Which versions the server knows, unless a row of the matrix was "
                       "answered.",
            .asks = {{{"who runs the older of the two", "to allow TLS 1.2 or 1.3"}}}},
      Cause{.id = "no-common-cipher",
            .name = "no common cipher suite or group",
            .within = "",
            .says = "Client and server have no cipher suite, group or signature algorithm in "
                    "common.",
            .supports = {{{Decides,
                           {AlertHandshake, BroadAnswered},
                           {},
                           "its alert is handshake_failure, and a hello that offers every cipher "
                           "suite is answered"},
                          {Decides,
                           {AlertContents, BroadAnswered},
                           {},
                           "its alert finds fault with what is offered, and a hello that offers "
                           "every cipher suite is answered"},
                          {Points,
                           {BaselineHungUp, BroadAnswered},
                           {Tls12Answered, NoNameAnswered, OtherNameAnswered, SmallAnswered},
                           "a hello that offers every cipher suite is answered"},
                          {Points,
                           {AlertHandshake, BroadFailed},
                           {OtherNameAnswered, NoNameAnswered, OldTlsAnswered, BroadAlertHandshake},
                           "its alert is handshake_failure: nothing that is offered suits it"},
                          {Hints,
                           {AlertHandshake, BroadAlertHandshake},
                           {OtherNameAnswered, NoNameAnswered, OldTlsAnswered},
                           "its alert is handshake_failure, though all was offered that OpenSSL "
                           "has"}}},
            .refutes = {{kMetAtTimes,
                         kNeverSaid,
                         {Decides, {BaselineAnswered}, {}, "the hello is answered, so they meet"},
                         {Decides,
                          {ClosedUntouched},
                          {},
                          "it closes before it could have read a cipher suite"},
                         {Decides,
                          {BroadFailed, HellosAlike},
                          {BaselineAlert},
                          "hellos with every cipher suite fare no better, and no alert complains"},
                         {Decides, {GreetedInPlaintext}, {}, "it does not speak TLS here"},
                         {Decides,
                          {BaselinePlaintext, NoHelloAnswered},
                          {},
                          "it does not speak "
                          "TLS here"},
                         {Decides, {NoNameAnswered}, {}, "the same ciphers meet without a name"}}},
            .remains = "Which of them is missing: the server's log names it (\"no shared cipher\", "
                       "\"no suitable signature algorithm\"). A server without a certificate "
                       "says the same.",
            .asks = {{{"who runs the server",
                       "its log for \"no shared cipher\", and which suites, groups and key types "
                       "its certificate allows"}}}},
      Cause{
          .id = "tls13-intolerance",
          .name = "intolerance of TLS 1.3",
          .within = "",
          .says = "A hello that offers TLS 1.3 fails, and the same hello with TLS 1.2 alone is "
                  "answered.",
          .supports = {{{Decides,
                         {BaselineFailed, BothVersionsOffered, Tls12Answered},
                         {NoNameAnswered, SmallAnswered},
                         "TLS 1.2 alone is answered, TLS 1.2 beside 1.3 is not"},
                        {Points,
                         {BaselineFailed, BothVersionsOffered, Tls12Answered, SmallAnswered},
                         {NoNameAnswered, LargeAnswered},
                         "TLS 1.2 alone is answered, TLS 1.2 beside 1.3 is not"}}},
          .refutes =
              {{kMetAtTimes,
                kNeverSaid,
                {Decides, {BaselineAnswered}, {}, "TLS 1.3 may be offered"},
                {Decides,
                 {BroadAnswered},
                 {},
                 "a hello that offers TLS 1.3 among all versions is answered"},
                {Decides, {Tls12Failed}, {}, "TLS 1.2 alone fares no better"},
                {Decides, {ClosedUntouched}, {}, "it closes before it could have read a version"}}},
          .remains = "Whether the server or a box before it stumbles.",
          .asks = {{{"who runs the server",
                     "for an update, or which inspecting device stands before it"}}}},
  };
}();

}  // namespace whohungup
