// See look_alike.h.
#include "analyze/look_alike.h"

namespace whohungup {
namespace {

constexpr LookAlikeKind kKinds[] = {
    {"capture-loss", "Frames that were never captured: what seems to be missing was there."},
    {"capture-duplication", "Packets captured twice, which look as if they had been sent twice."},
    {"capture-stopped", "A capture that was over before the rest of the connection came."},
    {"not-two-ends", "Two captures that are not of the two ends of one connection."},
    {"capture-filtered", "A capture that leaves out packets of the kind that seems to be missing."},
    {"capture-elsewhere", "A capture that was not made at the end it is said to be of."},
    {"capture-torn", "A capture whose clock was set meanwhile, so that its packets fit no others."},
    {"other-cause-unseen", "What made an end leave, in a packet that its capture does not hold."},
    {"reordering", "Packets that overtook each other on the way or in the capture."},
    {"segmentation-offload",
     "Segments that the network card cuts or joins: sizes on the wire differ."},
    {"checksum-offload", "Checksums that the network card fills in behind the capture."},
    {"syn-proxy", "A box that answers SYNs for the server: its SYN+ACK is not the server's."},
    {"second-stack-at-server",
     "Two TCP stacks at one address, as with a balancer and what is behind it."},
    {"load-balancer", "A balancer or proxy at the server's address, which counts as the server."},
    {"lost-state",
     "A host, balancer or translator that has forgotten the connection and resets it."},
    {"firewall-at-server", "A firewall next to the server, which shares its distance."},
    {"anycast-or-ecmp", "Another node at the same address, or another way to it."},
    {"rewriting-box", "A box that rewrites the server's own packets, so that their headers stay."},
    {"packet-remaker", "A box that makes packets anew as it forwards them."},
    {"local-security-software", "Software on the client's machine that makes or swallows packets."},
    {"old-connection", "A packet of an earlier connection with the same ports."},
    {"overloaded-server", "A server that is too busy to answer in time."},
    {"path-mtu", "A path that loses large packets without a word."},
    {"ban-or-rate-limit", "A server that treats this client's address unlike others."},
    {"server-crash", "A process that died, which looks like a deliberate close."},
};

}  // namespace

std::span<const LookAlikeKind> look_alike_kinds() { return kKinds; }

}  // namespace whohungup
