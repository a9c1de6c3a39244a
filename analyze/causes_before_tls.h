// The rows of the table of causes that need no TLS to happen: nobody listens, nothing is answered,
// connections are closed at accept, the service speaks something else.
#pragma once

#include <array>

#include "analyze/causes.h"

namespace whohungup {

inline constexpr std::array kCausesBeforeTls = [] {
  using enum Weight;
  using enum Sign;
  return std::array{
      Cause{
          .id = "our-side",
          .name = "this machine's own firewall",
          .within = "",
          .says = "A rule of this machine's own firewall drops or refuses these connections.",
          .supports = {{{Decides,
                         {LocalRuleHit, BaselineFailed},
                         {},
                         "a rule about this target that drops or refuses counted a packet or more "
                         "for each connection"}}},
          .refutes =
              {{{Decides, {BaselineAnswered}, {}, "the hello went out and its answer came in"}}},
          .remains = "Whether the rule is meant to stop this client: its text is below.",
          .asks = {{{"yourself", "which rule it is: the part \"Was it us?\" shows it"}}}},
      Cause{.id = "one-address",
            .name = "one of its addresses fails",
            .within = "",
            .says = "Some of the target's addresses answer and others do not.",
            .supports = {{{Decides,
                           {AddressesDiffer},
                           {},
                           "the same hello is answered at one address and not at another"}}},
            .refutes = {{{Decides, {AddressesAlike}, {}, "all its addresses do the same"}}},
            .remains = "What differs there: the host, its service, or the way to it. "
                       "`whohungup diagnose` with --resolve, once for each address, tells.",
            .asks = {{{"who runs the server",
                       "what differs between those addresses; clients meet them in turn"}}}},
      Cause{.id = "connection-refused",
            .name = "connections are refused",
            .within = "",
            .says = "Every connection is refused at once with a reset, as by a host on which "
                    "nothing listens on this port.",
            .supports = {{{Decides, {SynRefused}, {}, "every SYN was answered by a reset"}}},
            .refutes = {{{Decides, {Accepted}, {}, "connections are accepted"},
                         {Decides, {SynUnanswered}, {}, "nothing answers at all"}}},
            .remains = "A service that is not running, a firewall that refuses with a reset and a "
                       "limit on connections look the same from here.",
            .asks = {{{"who runs the server",
                       "`ss -ltn` on that host: does the service run, and does it listen on this "
                       "address or on 127.0.0.1 alone?"},
                      {"who runs the firewalls on the way",
                       "whether the port is refused with a reset there"}}}},
      Cause{
          .id = "not-listening",
          .name = "nothing listens on the port",
          .within = "connection-refused",
          .says = "Nothing listens on this port.",
          .supports =
              {{{Hints, {SynRefused}, {}, "a reset is what TCP answers where no service listens"}}},
          .refutes = {{{Decides, {Accepted}, {}, "connections are accepted"},
                       {Decides,
                        {SynUnanswered},
                        {},
                        "a host without such a service refuses a SYN, and nothing came"},
                       {Decides,
                        {SynUnreachable},
                        {},
                        "a host without such a service answers a SYN with a reset, not with "
                        "ICMP"}}},
          .remains = "A firewall that refuses with a reset, and a limit on connections, look "
                     "the same from here.",
          .asks = {{{"who runs the server", "whether the service runs"}}}},
      Cause{.id = "port-filtered",
            .name = "a firewall refuses the port",
            .within = "",
            .says = "Connections to this port are refused by an ICMP error, which is how packet "
                    "filters refuse and TCP itself does not.",
            .supports = {{{Decides,
                           {SynUnreachable},
                           {SynNoWay},
                           "SYNs were answered by ICMP errors and by nothing else"},
                          {Hints,
                           {SynRefused},
                           {},
                           "a filter that refuses with a reset looks like a closed port"}}},
            .refutes = {{{Decides, {Accepted}, {}, "connections are accepted"},
                         {Decides,
                          {SynNoWay},
                          {},
                          "those ICMP errors say that no way was found, not that one is closed"}}},
            .remains = "Whether the rule means everybody or this client's address (fail2ban "
                       "refuses so by default), and where it stands: the address the error bears "
                       "can be forged.",
            .asks = {{{"who runs the device whose address the ICMP error bears",
                       "which rule rejects this client, and whether it is a ban that expires"}}}},
      Cause{.id = "no-way",
            .name = "no way to the host",
            .within = "",
            .says = "Routers say that they find no way to this address: the host is down, the "
                    "address is wrong, or a route is missing or leads in a circle.",
            .supports = {{{Decides,
                           {SynNoWay},
                           {},
                           "ICMP errors said so of the SYNs, and nothing else answered"}}},
            .refutes = {{{Decides, {Accepted}, {}, "connections are accepted"},
                         {Decides, {SynRefused}, {}, "the host itself refuses them"},
                         {Decides, {SynUnanswered}, {}, "nothing says so"}}},
            .remains = "Whether the host or the way to it is at fault, or a filter that is told to "
                       "say so: `whohungup trace` shows who says it and how far packets come.",
            .asks = {{{"who runs the server", "whether the host is up and has this address"},
                      {"who runs the router that says so", "its route to that address"}}}},
      Cause{.id = "no-answer",
            .name = "nothing answers the SYN",
            .within = "",
            .says = "Nothing answers a connection attempt: it is dropped somewhere, the host is "
                    "down, or its queue of new connections is full.",
            .supports = {{{Decides, {SynUnanswered}, {}, "no SYN was answered by anything"}}},
            .refutes = {{{Decides, {Accepted}, {}, "connections are accepted"},
                         {Decides, {SynRefused}, {}, "something refuses them"},
                         {Decides, {SynUnreachable}, {}, "something refuses them"}}},
            .remains = "A firewall that drops, a host that is down and a full accept queue cannot "
                       "be told apart from here.",
            .asks = {{{"who runs the server",
                       "does a capture there see the SYN? `nstat -az TcpExtListenDrops` counts "
                       "what a full queue dropped"},
                      {"who runs the firewalls on the way",
                       "their logs for this client's address and port"}}}},
      Cause{
          .id = "closed-at-accept",
          .name = "the service closes at accept",
          .within = "",
          .says = "The service accepts connections and closes them before a byte is said: "
                  "nothing in the hello provokes it.",
          .supports = {{{Decides,
                         {ClosedUntouched},
                         {},
                         "connections on which nothing was said were closed all the same"},
                        {Points,
                         {ClosedSometimes},
                         {BaselineAnswered, StoppedAnswering, StoppedConnecting},
                         "some connections were closed before a byte of theirs was taken"}}},
          .refutes =
              {{{Decides, {OpenUntouched}, {}, "connections on which nothing was said stayed open"},
                {Decides, {GreetedInPlaintext}, {TurnedAway}, "the service greets who connects"},
                {Decides, {BaselineAnswered}, {}, "the hello is answered"}}},
          .remains = "From here the reasons look alike: a balancer with nothing behind it, an "
                     "allow-list or tcp wrappers, a limit on connections, a ban, a service that "
                     "dies as it starts. Only the server's log, or another source address, "
                     "tells them apart.",
          .asks = {{{"who runs the server",
                     "its log at the times below: haproxy logs SC or \"no server available\", "
                     "dovecot \"process_limit reached\" or \"client connections are being "
                     "dropped\", tcp wrappers \"refused connect from\""},
                    {"yourself",
                     "the same from another source address (--source), which an "
                     "allow-list, a limit or a ban treats differently"}}}},
      Cause{
          .id = "nothing-behind",
          .name = "a balancer with nothing behind it",
          .within = "closed-at-accept",
          .says = "Who accepts the connection seems to have waited in vain for somebody behind "
                  "it.",
          .supports = {{{Points,
                         {ClosedUntouched, ClosedUntouchedLate},
                         {TurnedAway},
                         "the closing came 200 ms or more after the connection was made: time a "
                         "balancer takes to give up on its backend"},
                        {Hints,
                         {ClosedUntouched},
                         {ClosedUntouchedLate, TurnedAway},
                         "a balancer whose backends refuse closes at once"}}},
          .refutes = {{{Decides, {BaselineAnswered}, {}, "the hello is answered"},
                       {Decides, {SynRefused}, {}, "connections are refused: nothing accepts them"},
                       {Decides, {TurnedAway}, {}, "the service itself speaks"},
                       {Decides, {GreetedInPlaintext}, {}, "the service itself speaks"}}},
          .remains = "Whether the backends are down, full or unreachable: only the balancer "
                     "knows.",
          .asks = {{{"who runs the balancer", "the state of this service's backends"}}}},
      Cause{.id = "allow-list",
            .name = "an allow-list or tcp wrappers",
            .within = "closed-at-accept",
            .says = "This client's address is turned away at accept.",
            .supports = {{{Hints,
                           {ClosedUntouched},
                           {ClosedSometimes},
                           "an allow-list closes at once, every time"}}},
            .refutes =
                {{{Decides, {BaselineAnswered}, {}, "this client is served"},
                  {Decides,
                   {OpenUntouched},
                   {},
                   "the service keeps connections from this client open"},
                  {Decides, {GreetedInPlaintext}, {TurnedAway}, "the service greets this client"},
                  {Decides,
                   {AnyHelloAnswered},
                   {},
                   "this client's hello was answered at least once"}}},
            .remains = "That it is this address and not every client: another source address "
                       "(--source) tells.",
            .asks = {{{"who runs the server",
                       "whether this client's address is allowed (hosts.allow, deny and allow, "
                       "security groups)"}}}},
      Cause{.id = "connection-limit",
            .name = "a limit on connections",
            .within = "closed-at-accept",
            .says = "The service has reached a limit of connections.",
            .supports = {{{Decides,
                           {TurnedAway},
                           {},
                           "the greeting itself says that it is too much or to come back later"},
                          {Points,
                           {ClosedSometimes},
                           {BaselineAnswered, StoppedAnswering, StoppedConnecting},
                           "some connections were closed at once and others kept"},
                          {Hints,
                           {StoppedAnswering, ClosedSometimes},
                           {BaselineAnswered},
                           "from a certain connection on all were closed at once"},
                          {Hints,
                           {ClosedUntouched},
                           {ClosedSometimes},
                           "a limit that others have filled closes every time"}}},
            .refutes = {{{Decides,
                          {BaselineAnswered},
                          {SomeNotConnected, StoppedConnecting, TurnedAway},
                          "every connection is served"},
                         {Decides,
                          {OpenUntouched, BaselineFailed},
                          {ClosedSometimes, SomeNotConnected, StoppedConnecting, TurnedAway},
                          "connections are kept open until a hello comes"}}},
            .remains = "Whether it counts all connections or those of this address: another "
                       "source address tells.",
            .asks = {{{"who runs the server",
                       "limits by process and by address: dovecot's process_limit and "
                       "client_limit, postfix's connection counts, maxconn"}}}},
      Cause{.id = "ban",
            .name = "a rate limit or a ban",
            .within = "",
            .says = "This client seems to be limited or banned.",
            .supports =
                {{{Decides,
                   {StoppedConnecting},
                   {},
                   "connections came about at first, and stopped coming about while the "
                   "probes ran"},
                  {Points,
                   {StoppedAnswering},
                   {},
                   "the hello was answered at first, and is not any more"},
                  {Points,
                   {SynUnreachable, IcmpFromTarget},
                   {},
                   "the target itself refuses with ICMP, as fail2ban does by default"},
                  {Hints, {ClosedUntouched}, {ClosedSometimes}, "a ban can close at accept, too"}}},
            .refutes = {{{Decides,
                          {BaselineAnswered},
                          {SomeNotConnected, StoppedConnecting},
                          "every connection is served"},
                         {Decides,
                          {OpenUntouched, BaselineFailed},
                          {StoppedConnecting, SomeNotConnected},
                          "connections from this client are accepted and kept, every time"}}},
            .remains = "Whether waiting helps: run it again in ten minutes, or from another "
                       "address.",
            .asks = {{{"who runs the server",
                       "`fail2ban-client status`, connlimit and hashlimit rules, for this "
                       "client's address"}}}},
      Cause{
          .id = "starttls-needed",
          .name = "the port wants STARTTLS first",
          .within = "",
          .says = "This port speaks plaintext first and grants TLS when asked with STARTTLS.",
          .supports = {{{Decides,
                         {StarttlsWorks},
                         {BaselineAnswered},
                         "it greeted in plaintext, and granted TLS when it was asked for"}}},
          .refutes =
              {{{Decides, {BaselineAnswered}, {}, "TLS at once is answered"},
                {Decides, {ClosedUntouched}, {}, "no greeting comes that STARTTLS could answer"}}},
          .remains = "Whether the port was meant for TLS at once: then the service on it is "
                     "set up wrongly.",
          .asks = {{{"yourself",
                     "set the client to STARTTLS, or use the port for TLS at once "
                     "(993, 995, 465, 636)"}}}},
      Cause{.id = "tls-at-once-needed",
            .name = "the port wants TLS at once",
            .within = "",
            .says = "No greeting comes on this port, because it expects TLS at once.",
            .supports = {{{Decides,
                           {TlsAtOnceWorks},
                           {BaselineAnswered},
                           "a hello without the dialogue is answered"}}},
            .refutes = {{{Decides, {TlsAtOnceAsked}, {}, "TLS at once is what was asked for"},
                         {Decides, {BaselineAnswered}, {}, "STARTTLS works"},
                         {Decides, {StarttlsRefused}, {}, "the service greets in plaintext"},
                         {Decides, {ClosedUntouched}, {}, "connections are closed at accept"}}},
            .remains = "Whether the port was meant for STARTTLS: then the service on it is set "
                       "up wrongly.",
            .asks = {{{"yourself",
                       "set the client to TLS at once, or use the port for STARTTLS "
                       "(143, 110, 587, 389)"}}}},
      Cause{.id = "starttls-not-offered",
            .name = "STARTTLS is missing",
            .within = "",
            .says = "The service greets, but does not offer or grants no TLS.",
            .supports = {{{Decides,
                           {StarttlsRefused},
                           {TurnedAway},
                           "it greeted and refused STARTTLS, or did not offer it"},
                          {Decides,
                           {StarttlsRewritten},
                           {},
                           "the word STARTTLS arrives written over, as XXXXXXXA or the like, which "
                           "firewalls that inspect mail are known to do"}}},
            .refutes = {{{Decides, {TlsAtOnceAsked}, {}, "no STARTTLS was asked for"},
                         {Decides, {BaselineAnswered}, {}, "TLS is granted"},
                         {Decides, {ClosedUntouched}, {}, "it closes before it could be asked"}}},
            .remains = "Whether the server has no TLS (usually no certificate is configured) or "
                       "something on the way keeps the offer back: the same from inside the "
                       "server's network tells.",
            .asks = {{{"who runs the server",
                       "whether TLS is switched on (smtpd_tls_security_level, ssl = yes) and has a "
                       "certificate"},
                      {"who runs a firewall that inspects mail",
                       "whether its SMTP inspection hides STARTTLS"}}}},
      Cause{
          .id = "plaintext-service",
          .name = "a plaintext service, or the wrong port",
          .within = "",
          .says = "What listens on this port speaks plaintext, not TLS.",
          .supports = {{{Decides,
                         {GreetedInPlaintext},
                         {StarttlsWorks, TurnedAway},
                         "it greets in plaintext, before anything is said"},
                        {Decides,
                         {BaselinePlaintext},
                         {StarttlsWorks, OtherNameAnswered, NoNameAnswered},
                         "it answers the hello in plaintext"},
                        {Points,
                         {HttpAnswered, NoHelloAnswered},
                         {BaselineAlert, StarttlsAsked, ProvenBetween, SomeHelloReplied},
                         "it answers HTTP, and no hello"}}},
          .refutes =
              {{{Decides, {BaselineAnswered}, {}, "the hello is answered in TLS"},
                {Decides, {AnyHelloAnswered}, {StarttlsWorks, TlsAtOnceWorks}, "it does speak TLS"},
                {Decides, {BaselineAlert}, {}, "it answers in TLS, if only with an alert"},
                {Decides, {ClosedUntouched}, {}, "it says nothing at all before it closes"}}},
          .remains = "A page a filter puts in the server's place looks the same, if it comes for "
                     "every name.",
          .asks = {{{"who runs the server",
                     "which port has TLS, or to switch it on for this one"}}}},
  };
}();

}  // namespace whohungup
