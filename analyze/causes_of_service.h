// The rows of the table of causes that lie in the service itself: it is broken, overloaded, wants
// a certificate, or only one of its addresses fails.
#pragma once

#include <array>

#include "analyze/causes.h"

namespace whohungup {

inline constexpr std::array kCausesOfService = [] {
  using enum Weight;
  using enum Sign;
  return std::array{
      Cause{.id = "certificate-required",
            .name = "a client certificate is required",
            .within = "",
            .says = "The server wants a certificate of the client and ends the handshake without "
                    "one.",
            .supports = {{{Decides,
                           {CertificateAsked, BaselineBroken},
                           {BrokenBySilence},
                           "it asked for a certificate, got none, and ended the handshake"},
                          {Hints,
                           {CertificateAsked, BaselineAnswered},
                           {BaselineBroken},
                           "it asks for a certificate, but finished the handshake without one"}}},
            .refutes = {{{Decides,
                          {CertificateSeen, BaselineAnswered},
                          {CertificateAsked},
                          "the handshake is finished and no certificate was asked for"},
                         {Decides, {NoHelloAnswered}, {}, "no handshake comes that far"},
                         {Decides, {ClosedUntouched}, {}, "no handshake comes that far"}}},
            .remains = "Whether any certificate will do, and which authorities the server "
                       "accepts.",
            .asks = {{{"who runs the server", "which authority issues the certificates it accepts"},
                      {"who runs the client", "to present one"}}}},
      Cause{
          .id = "hangs-up-on-hellos",
          .name = "the service hangs up on every hello",
          .within = "",
          .says = "The service takes in every hello that was tried and hangs up without an "
                  "answer: the trouble lies in the service, not in what the client offers.",
          .supports =
              {{{Decides,
                 {NoHelloAnswered, BaselineHungUp, HellosAlike, OpenUntouched, KnownNameTried},
                 {OthersUnlike, OthersAlike, ProvenBetween, StarttlsRefused, NoGreeting,
                  WarnedName},
                 "hellos of all kinds, names, versions and sizes meet the same FIN or "
                 "reset, and connections without a hello stay open"},
                {Points,
                 {NoHelloAnswered, BaselineHungUp, HellosAlike, OpenUntouched},
                 {OthersUnlike, OthersAlike, ProvenBetween, StarttlsRefused, NoGreeting, WarnedName,
                  KnownNameTried},
                 "hellos of all kinds, versions and sizes meet the same FIN or reset, and "
                 "connections without a hello stay open"},
                {Decides,
                 {NoHelloAnswered, BaselineHungUp, OthersAlike, OpenUntouched, ServerNamed,
                  KnownNameTried},
                 {ProvenBetween},
                 "everything that is sent, hello or not, meets the same end, and the "
                 "headers of what ends it are the server's"},
                {Points,
                 {NoHelloAnswered, BaselineHungUp, OthersAlike, OpenUntouched, ServerNamed},
                 {ProvenBetween, KnownNameTried},
                 "everything that is sent, hello or not, meets the same end, and the "
                 "headers of what ends it are the server's"},
                {Points,
                 {NoHelloAnswered, BaselineHungUp, OthersAlike, OpenUntouched, BaselineTakenIn},
                 {ServerNamed, ProvenBetween},
                 "everything that is sent, hello or not, meets the same end, and the one "
                 "who answered the SYN had acknowledged the hello before"},
                {Points,
                 {NoHelloAnswered, BaselineHungUp, OpenUntouched, ServerNamed},
                 {HellosAlike, ProvenBetween},
                 "no hello of any kind is answered, and the headers of what ends it are "
                 "the server's"},
                {Points,
                 {NoHelloAnswered, BaselineReset, OpenUntouched, OthersUnlike, ServerNamed},
                 {ProvenBetween},
                 "no hello of any kind is answered, and the resets' headers are the "
                 "server's"},
                {Points,
                 {BrokenByHangUp},
                 {CertificateAsked, ProvenBetween},
                 "it hangs up in the middle of every handshake"},
                {Points,
                 {NoHelloAnswered, AlertInternal},
                 {ProvenBetween},
                 "every hello is met by internal_error"}}},
          .refutes =
              {{{Decides, {BaselineAnswered}, {BaselineBroken}, "the hello is answered"},
                {Decides, {ClosedUntouched}, {}, "it closes before any hello"},
                {Decides,
                 {OtherNameAnswered},
                 {BaselineBroken},
                 "hellos with another name are answered"},
                {Decides, {NoNameAnswered}, {BaselineBroken}, "hellos without a name are answered"},
                {Decides, {GreetedInPlaintext}, {}, "it greets in plaintext"},
                {Decides,
                 {Tls12Answered},
                 {BaselineBroken},
                 "hellos with TLS 1.2 alone are answered"}}},
          .remains = "From here a missing or broken certificate or key, a process that crashes, "
                     "a backend behind a balancer that hangs up, and a name the service does "
                     "not know can look alike.",
          .asks = {{{"who runs the server",
                     "its log at the times below: \"SSL_accept() failed\", \"no certificate\", "
                     "\"Couldn't parse private ssl_key\", a crash, a backend marked down"}}}},
      Cause{
          .id = "certificate-broken",
          .name = "the server's certificate is missing or broken",
          .within = "hangs-up-on-hellos",
          .says = "The server's certificate is missing, broken or not valid.",
          .supports = {{{Decides, {CertificateExpired}, {}, "the certificate has expired"},
                        {Points,
                         {CertificateNotYetValid},
                         {ClockDoubtful},
                         "the certificate is not valid yet"},
                        {Points, {CertificateOtherName}, {}, "the certificate is for another name"},
                        {Points,
                         {AlertHandshake, BroadAlertHandshake, NoHelloAnswered},
                         {},
                         "hellos are met by handshake_failure, even one with every version and "
                         "cipher suite OpenSSL has: a server without a certificate it can use does "
                         "so, and hardly one that has any cipher suite in common"},
                        {Points,
                         {LdapPort, NoHelloAnswered, BaselineHungUp, OpenUntouched},
                         {},
                         "a directory server without a certificate hangs up on every hello, and "
                         "is the usual reason on this port"},
                        {Hints,
                         {NoHelloAnswered, HellosAlike, OpenUntouched},
                         {LdapPort, BaselinePlaintext, BaselineUnacked, OthersUnlike},
                         "a server without a usable certificate and key hangs up on every hello"},
                        {Hints,
                         {StarttlsRefused},
                         {TurnedAway, Denied, StarttlsRewritten},
                         "a server without one it can use offers no STARTTLS, or refuses it"},
                        {Hints,
                         {ClosedUntouched},
                         {ClosedSometimes, TurnedAway},
                         "a service that cannot load its certificate may die as it starts"}}},
          .refutes =
              {{{Decides,
                 {CertificateSeen},
                 {CertificateExpired, CertificateNotYetValid, CertificateOtherName},
                 "it presents one that is in date and for this name"},
                {Decides,
                 {GreetedInPlaintext},
                 {StarttlsWorks},
                 "no TLS is spoken here, so no certificate is in play"},
                {Decides, {OthersUnlike}, {ServerNamed}, "hellos do not even reach the service"},
                {Decides,
                 {SplitFailed, AnyHelloAnswered},
                 {CertificateExpired, CertificateNotYetValid, CertificateOtherName},
                 "the same server answers other hellos"}}},
          .remains = "Whether it is missing, unreadable, out of date or for another name, "
                     "where no certificate was seen; a server that shares no cipher suite, group "
                     "or signature algorithm with the client answers with the same alert.",
          .asks = {{{"who runs the server",
                     "that certificate and key are there, belong together, can be read by the "
                     "service and are in date"},
                    {"who runs the server",
                     "its log: OpenSSL says \"no shared cipher\" without a certificate, too"}}}},
      Cause{.id = "server-fault",
            .name = "a fault in the server or what stands behind it",
            .within = "hangs-up-on-hellos",
            .says = "The service takes the hello and does not do its work.",
            .supports =
                {{{Points, {AlertInternal, NoHelloAnswered}, {}, "it says internal_error itself"},
                  {Points,
                   {RefusedSinceHello},
                   {},
                   "a hello got no answer, and every connection since was refused: so does a "
                   "process that dies of it"},
                  {Points,
                   {BaselineSilent, NoHelloAnswered},
                   {ProvenBetween, SomeHelloReplied, HttpAnswered, PatientAnswered},
                   "its TCP acknowledges every hello and nothing ever answers: a process "
                   "that hangs"},
                  {Points,
                   {BrokenByHangUp},
                   {CertificateAsked, ProvenBetween},
                   "it breaks off in the middle of its own handshake"},
                  {Hints,
                   {ResetImmuneAsDead, NoHelloAnswered, ServerNamed},
                   {ProvenBetween},
                   "deaf to resets, the probe got no answer either: the connection was gone "
                   "at the other end, too"},
                  {Hints,
                   {NoHelloAnswered, HellosAlike, BaselineHungUp, OpenUntouched},
                   {},
                   "a crash or a dead backend ends every handshake alike"}}},
            .refutes =
                {{{Decides,
                   {BaselineAnswered},
                   {BaselineBroken, RefusedSinceHello},
                   "it does its work"},
                  {Decides, {OthersUnlike}, {ServerNamed}, "hellos do not even reach the service"},
                  {Decides, {AnswerLost}, {}, "it does answer"},
                  {Decides, {PatientAnswered}, {}, "it does answer, if late"},
                  {Decides,
                   {BaselineSilent, SomeHelloReplied},
                   {},
                   "it answers some hellos, if with alerts: it is at work"}}},
            .remains = "Whether the process itself, or one behind it, fails.",
            .asks = {{{"who runs the server", "the state of the process, its log, its backends"}}}},
      Cause{.id = "slow-server",
            .name = "a server that answers late",
            .within = "",
            .says = "The server does answer, but later than it is usually waited for.",
            .supports = {{{Decides,
                           {PatientAnswered},
                           {ProvenBetween},
                           "the hello that is met by silence is answered when it is waited for "
                           "three times as long"}}},
            .refutes = {{{Decides, {BaselineAnswered}, {}, "the hello is answered in time"},
                         {Decides,
                          {PatientFailed},
                          {},
                          "waiting three times as long brings no "
                          "answer"},
                         {Decides, {BaselineHungUp}, {}, "something hangs up before that"},
                         {Decides, {BaselineAlert}, {}, "it does answer in time, if with an alert"},
                         {Decides, {ClosedUntouched}, {}, "it closes before it could answer"}}},
            .remains = "Why it is slow: a look-up of the client's name or address, a backend that "
                       "has to start, load, or a delay that is meant.",
            .asks = {{{"who runs the server",
                       "what it waits for between the connection and its answer: look-ups of "
                       "names, backends, load"},
                      {"who runs the client", "to wait longer meanwhile"}}}},
      Cause{.id = "intermittent",
            .name = "overload, or one of several servers",
            .within = "",
            .says = "It changes from one connection to the next: overload, a limit, a lossy path, "
                    "or one bad server among several.",
            .supports = {{{Points,
                           {BaselineVaries},
                           {StoppedConnecting, StoppedAnswering, ProvenBetween},
                           "the same hello is answered at some times and not at others"},
                          {Points,
                           {SomeNotConnected},
                           {StoppedConnecting},
                           "some connections come about and others, in between, do not"}}},
            .refutes = {{{Decides,
                          {BaselineAnswered},
                          {SomeNotConnected, StoppedConnecting},
                          "the hello is answered every time"}}},
            .remains =
                "Whether it follows a pattern, of load or of one server among several: more tries "
                "(--thorough), and the same at another time, tell.",
            .asks = {{{"who runs the server",
                       "load and limits at the times below, and which of several servers took "
                       "which connection"}}}},
      Cause{.id = "untrusted-chain",
            .name = "a chain this machine does not trust",
            .within = "",
            .says = "The handshake works, but the certificate's chain leads to no root this "
                    "machine trusts: clients that check will end it.",
            .supports = {{{Hints,
                           {CertificateUntrusted, BaselineAnswered},
                           {},
                           "the chain leads to no root this machine trusts"}}},
            .refutes = {{{Decides,
                          {CertificateSeen},
                          {CertificateUntrusted},
                          "the chain leads to a root this machine trusts"},
                         {Decides, {NoHelloAnswered}, {}, "no certificate was seen"}}},
            .remains = "Whether an intermediate certificate is missing, the authority is a "
                       "private one, or a proxy on the way made the certificate: its issuer tells.",
            .asks = {{{"who runs the server", "to send the whole chain"},
                      {"yourself", "whether the issuer is your own proxy's or antivirus's"}}}},
  };
}();

}  // namespace whohungup
