"""Boxes that swallow packets or change them on their way, and make none of their own."""

from time import monotonic

from boxes import TO_CLIENT, TO_SERVER, Box, box, is_hello
from packet import ACK, RST, SYN


@box("drop")
class Drop(Box):
    """Swallows what its trigger names: "hello", "hello, over 600", "reply", "split", "from-hello" ..."""

    def act(self, packet, toward):
        return None


@box("ttl")
class Ttl(Box):
    """Writes the hop limit anew: to a number, or by a difference, or swinging between the two."""

    default_when = "server"

    def set(self, to=None, by=0, swing=False):
        self.to, self.by, self.swing = to, by, swing

    def act(self, packet, toward):
        if self.to is not None:
            return packet.copy(hop_limit=self.to)
        if self.swing and self.acted % 2:
            return packet
        return packet.copy(hop_limit=packet.hop_limit + self.by)


@box("strip-timestamps")
class StripTimestamps(Box):
    """Overwrites the timestamps option with NOPs."""

    default_when = "any"

    def act(self, packet, toward):
        return packet.copy(options=packet.without_option(8))


@box("mss-clamp")
class MssClamp(Box):
    """Lowers the MSS option of SYNs, as a tunnel's router does."""

    default_when = "syn"

    def set(self, to=1360):
        self.to = to

    def act(self, packet, toward):
        old = packet.option(2)
        clamped = packet.options.replace(b"\x02\x04" + old, b"\x02\x04" + self.to.to_bytes(2, "big"), 1) if old else b""
        return packet.copy(options=clamped or packet.options)


@box("mark")
class Mark(Box):
    """Sets header fields that carry no meaning for TCP: tos, DF, IP-ID."""

    default_when = "server"

    def set(self, tos=None, dont_fragment=None, ip_id=None):
        self.changes = {name: value for name, value in
                        (("tos", tos), ("dont_fragment", dont_fragment), ("ip_id", ip_id)) if value is not None}

    def act(self, packet, toward):
        return packet.copy(**self.changes)


@box("duplicate")
class Duplicate(Box):
    """Sends what its trigger names twice, 0.2 ms apart."""

    default_when = "rst"

    def act(self, packet, toward):
        self.send(packet.copy(), toward, 0.0002)
        return packet


@box("hold")
class Hold(Box):
    """Keeps what its trigger names for a while, so that later packets overtake it."""

    default_when = "reply"

    def set(self, ms=6):
        self.ms = ms

    def act(self, packet, toward):
        self.send(packet, toward, self.ms / 1000)
        return None


@box("other-system")
class OtherSystem(Box):
    """Stands next to the server and gives its packets another operating system's look.

    "windows": TTL 128, one IP-ID counter for the host, resets with ACK, window 0 and no options.
    "freebsd": IP-ID 0 throughout, resets with window 0.
    "bigip": TTL 255, resets that carry their cause as text.
    """

    default_when = "server"

    def set(self, system="windows"):
        self.system, self.counter = system, 0x30EB

    def act(self, packet, toward):
        self.counter += 1
        if self.system == "windows":
            packet = packet.copy(ip_id=self.counter, hop_limit=packet.hop_limit + 64)
            return packet.copy(options=b"", window=0, flags=RST | ACK) if packet.has(RST) else packet
        if self.system == "bigip":
            packet = packet.copy(hop_limit=packet.hop_limit + 191)
            return packet.copy(payload=b"No available pool member") if packet.has(RST) else packet
        return packet.copy(ip_id=0, window=0 if packet.has(RST) else packet.window)


@box("state-loss")
class StateLoss(Box):
    """A NAT or balancer that forgets idle flows: after `idle_ms` the next packet from the client finds none.

    idle_ms 0: it has forgotten the flow by the time the hello comes, however soon that is.
    say: "rst" answers with a bare reset, "nothing" swallows the packet and all that follow.
    A new SYN makes it know the flow again.
    """

    default_when = "any"

    def set(self, idle_ms=800, say="rst", ttl=64, ip_id=0x824E):
        self.idle, self.say, self.ttl, self.ip_id = idle_ms / 1000, say, ttl, ip_id
        self.touched, self.forgotten = {}, set()

    def act(self, packet, toward):
        self.acted -= 1  # counts only what it takes out of a flow
        idle_since = self.touched.get(packet.flow, monotonic())
        self.touched[packet.flow] = monotonic()
        if packet.has(SYN):
            self.forgotten.discard(packet.flow)
        elif monotonic() - idle_since > self.idle if self.idle else toward == TO_SERVER and is_hello(packet):
            self.forgotten.add(packet.flow)
        if packet.flow not in self.forgotten:
            return packet
        self.acted += 1
        if self.say == "rst" and toward == TO_SERVER and not packet.has(RST):
            self.send(packet.answer(flags=RST, ack=0, hop_limit=self.ttl, ip_id=self.ip_id, dont_fragment=False), TO_CLIENT)
        return None


@box("other-node")
class OtherNode(Box):
    """A balancer that hands the flow to another machine from the trigger on; that machine knows no such flow.

    Its answer is what RFC 9293 section 3.5.2 prescribes for a segment without a connection, and it
    stands `farther` hops behind the balancer.
    """

    def set(self, ttl=64, farther=1):
        self.ttl, self.farther = ttl, farther

    def act(self, packet, toward):
        self.send(packet.answer(flags=RST, ack=0, hop_limit=self.ttl - self.farther), TO_CLIENT)
        return None


@box("cannot-reassemble")
class CannotReassemble(Box):
    """Wants the whole hello in one packet. Otherwise: "reset" (a bare one) or "drop"."""

    default_when = "split"

    def set(self, say="drop", ttl=64):
        self.say, self.ttl = say, ttl

    def act(self, packet, toward):
        if self.say == "reset":
            self.send(packet.answer(flags=RST, ack=0, hop_limit=self.ttl), TO_CLIENT)
        return None
