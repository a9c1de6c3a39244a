"""Boxes that make packets nobody at the ends sent: resets, FINs, alerts, pages, ICMP errors."""

from boxes import TO_CLIENT, TO_SERVER, Box, box
from packet import ACK, FIN, PSH, RST, SYN, icmp_error


@box("reset")
class Reset(Box):
    """Resets the flow that its trigger fires on. Every way resets are forged is a setting:

    to         "client", "server" or "both": who is told
    in_path    True: the trigger is swallowed; False: it was only copied, the original goes on
    look       where the header's look comes from: "own" (ttl, window, ip_id, dont_fragment as set here),
               "trigger" (mirrored from the client's packet), "window" (only the trigger's window is) or
               "server" (copied from its last packet)
    acks       False: a bare RST without ACK, as a stateless filter sends it
    guesses    further resets at these distances from the first one's sequence number
    payload    text some boxes leave in the reset (hexadecimal)
    """

    def set(self, to="client", in_path=False, look="own", acks=True, guesses=(), copies=1, ttl=64, window=0,
            ip_id=0, dont_fragment=True, tos=0, reserved=0, payload="", gap_ms=0.05):
        self.to, self.in_path, self.appearance, self.acks = to, in_path, look, acks
        self.guesses, self.copies, self.gap = [0, *guesses], copies, gap_ms / 1000
        self.fields = {"hop_limit": ttl, "window": window, "ip_id": ip_id, "dont_fragment": dont_fragment,
                       "tos": tos, "reserved": reserved, "payload": bytes.fromhex(payload)}

    def act(self, packet, toward):
        if self.to in ("client", "both"):
            self.burst(self.dress(packet.answer(), packet, TO_CLIENT), TO_CLIENT)
        if self.to in ("server", "both"):
            onward = packet.answer().answer()  # same direction and place in the stream as the trigger
            onward.seq = packet.seq if self.in_path else packet.end
            self.burst(self.dress(onward, packet, TO_SERVER), TO_SERVER)
        return None if self.in_path else packet

    def burst(self, reset, toward):
        for number in range(self.copies):
            for index, guess in enumerate(self.guesses):
                self.send(reset.copy(seq=reset.seq + guess), toward,
                          self.delay + self.gap * (index + number * len(self.guesses)))

    def dress(self, reset, trigger, toward):
        """Gives the reset the look this box has."""
        reset = reset.copy(flags=RST | ACK if self.acks else RST, **self.fields)
        reset.ack = reset.ack if self.acks else 0
        model = self.seen(trigger, toward)
        if self.appearance == "trigger":
            return reset.copy(hop_limit=trigger.hop_limit, ip_id=trigger.ip_id, window=trigger.window, tos=trigger.tos)
        if self.appearance == "window":
            return reset.copy(window=trigger.window)
        if self.appearance == "server" and model:
            return reset.copy(hop_limit=model.hop_limit, ip_id=model.ip_id + 1, window=model.window >> 7 or 64,
                              tos=model.tos, options=model.options if not model.has(SYN) else timestamps(model))
        return reset


def timestamps(packet):
    """NOP NOP and the timestamps option of a packet, or nothing if it bears none."""
    value = packet.option(8)
    return b"\x01\x01\x08\x0a" + value if value else b""


def preset(name, text, **chosen):
    """A box that is a Reset with settings already chosen; the scenario may still change them."""
    def set_preset(self, **changes):
        Reset.set(self, **{**chosen, **changes})
    box(name)(type(name, (Reset,), {"set": set_preset, "__doc__": text}))


preset("suricata", "Suricata's reject: RST+ACK, the trigger's window, TTL 64, DF clear, both ends told.",
       to="both", look="window", ttl=64, dont_fragment=False, ip_id=0x2FE6)
preset("snort", "Snort 3 strafing: RST+ACK at rising offsets of the hello's length, DF clear, TTL 255 - trigger's.",
       guesses=(332, 996, 1660, 2988), dont_fragment=False, ttl=195, ip_id=0x51C3)
preset("three-resets", "Three identical RST+ACK within 0.2 ms, odd TTL, window = TTL + 1375 (a capture of 2021).",
       copies=3, ttl=166, window=1541, ip_id=0x8A11)
preset("rising-guesses", "Bare resets at +0, +1460 and +4380, so that one lands in the window (Clayton 2006).",
       acks=False, guesses=(1460, 4380), ttl=120, ip_id=0x0040)
preset("payload-reset", "A reset that carries the ten bytes 01..09 00.", payload="01020304050607080900", ttl=75, ip_id=0x1234)
preset("mirroring", "Takes TTL, IP-ID and window from the packet that triggered it.", look="trigger", dont_fragment=False)
preset("copycat", "Takes the look of the server's last packet, timestamps included.", look="server")
preset("filter", "What a netfilter REJECT on a router does: swallows the packet, answers with a bare RST.",
       in_path=True, acks=False)


@box("rewrite-reply")
class RewriteReply(Box):
    """Turns the server's own answer into a reset: TTL, IP-ID and numbers stay the server's, the data goes."""

    default_when = "reply"

    def act(self, packet, toward):
        return packet.copy(flags=RST | ACK, payload=b"")


@box("forged-fin")
class ForgedFin(Box):
    """Ends the server's half politely. in_path swallows the hello."""

    def set(self, in_path=True, ttl=64, acks_hello=True):
        self.in_path, self.ttl, self.acks_hello = in_path, ttl, acks_hello

    def act(self, packet, toward):
        fin = packet.answer(flags=FIN | ACK, hop_limit=self.ttl, window=501)
        fin.ack = fin.ack if self.acks_hello else packet.seq
        self.send(fin, TO_CLIENT)
        return None if self.in_path else packet


@box("forged-answer")
class ForgedAnswer(Box):
    """Answers the hello with bytes of its own, then a FIN: a TLS alert or a block page."""

    def set(self, alert=None, page=None, in_path=True, ttl=64, end="fin"):
        self.in_path, self.ttl, self.end = in_path, ttl, end
        self.content = bytes([21, 3, 3, 0, 2, 2, alert]) if alert is not None else page.encode()

    def act(self, packet, toward):
        first = packet.answer(flags=PSH | ACK, hop_limit=self.ttl, window=501, payload=self.content)
        self.send(first, TO_CLIENT)
        last = first.copy(flags=(FIN if self.end == "fin" else RST) | ACK, payload=b"", seq=first.end)
        self.send(last, TO_CLIENT, self.delay + 0.0002)
        return None if self.in_path else packet


@box("icmp")
class Icmp(Box):
    """Swallows the trigger and answers with an ICMP error bearing the hop's or the server's address."""

    def set(self, code="admin", bearing="hop", in_path=True):
        self.code, self.bearing, self.in_path = code, bearing, in_path

    def act(self, packet, toward):
        kind, code = {("admin", 4): (3, 13), ("admin", 6): (1, 1), ("port", 4): (3, 3), ("port", 6): (1, 4),
                      ("host", 4): (3, 1), ("host", 6): (1, 3)}[self.code, packet.version]
        reporter = packet.destination if self.bearing == "server" else self.hop.address_for(packet)
        self.send(icmp_error(reporter, packet, kind, code), -toward)
        return None if self.in_path else packet


@box("refuse")
class Refuse(Box):
    """Answers the SYN with a reset, as a closed port would."""

    default_when = "syn"

    def set(self, ttl=64, in_path=True):
        self.ttl, self.in_path = ttl, in_path

    def act(self, packet, toward):
        self.send(packet.answer(flags=RST | ACK, hop_limit=self.ttl, ip_id=0), TO_CLIENT)
        return None if self.in_path else packet
