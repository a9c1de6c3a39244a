"""The frame every box is hung into, and the words scenarios use to say what a box reacts to.

A box stands at a hop. `look` is shown each packet, after the hop has decremented its hop limit, and
returns what goes on: the packet, a changed copy, or None to swallow it. `self.send(...)` makes a
packet of the box's own leave from here. That is all; a new box looks like this:

    @box("black-hole")
    class BlackHole(Box):
        '''Swallows what it is set to react to.'''
        def act(self, packet, toward):
            return None
"""

import random

from packet import ACK, FIN, RST, SYN
from path import TO_CLIENT, TO_SERVER

KINDS = {}


def box(name):
    """Registers a class under the name scenarios call it by."""
    def register(kind):
        KINDS[name] = kind
        kind.name = name
        return kind
    return register


def make_box(settings):
    """The box that a scenario's [[box]] table describes."""
    settings = dict(settings)
    settings.pop("hop")
    return KINDS[settings.pop("kind")](**settings)


class Box:
    """Reacts with `act` when its trigger fires; remembers what it saw of each flow.

    Settings every box has: `when` (a trigger, see Trigger), `times` (react so often per flow; 0 is
    always), `delay_ms` (a box's own slowness before what it sends).
    """

    default_when = "hello"

    def __init__(self, when=None, times=0, delay_ms=0.3, **settings):
        self.trigger = Trigger(when or self.default_when)
        self.times, self.delay = times, delay_ms / 1000
        self.wire = self.hop = None  # set when the box is hung into the wire
        self.acted, self.count, self.last, self.window_scale = 0, {}, {}, {}
        self.random = random.Random(7)
        self.set(**settings)

    def set(self):
        """Takes the settings of the kind. A box without settings of its own leaves this out."""

    def look(self, packet, toward):
        if packet.is_tcp:
            fires = self.trigger.fires(packet, toward)
            if fires and (not self.times or self.count.get(packet.flow, 0) < self.times):
                self.acted += 1
                self.count[packet.flow] = self.count.get(packet.flow, 0) + 1
                packet = self.act(packet, toward)
            if packet:
                self.last[packet.flow, toward] = packet
        return packet

    def act(self, packet, toward):
        raise NotImplementedError

    def seen(self, packet, toward):
        """The last packet of this flow that went in direction `toward`, or None."""
        return self.last.get((packet.flow, toward))

    def send(self, packet, toward, after=None):
        """A packet of our own leaves this hop."""
        self.wire.forward(packet, toward, self.hop.number - 1, self.delay if after is None else after)


class Trigger:
    """When a box reacts. Written as words, joined by commas that all must hold:

    hello            the packet begins a ClientHello (in the client's direction)
    sni NAME         ... and the name stands in it
    over N, under N  the payload is longer, shorter than N bytes
    split            the hello's first packet does not hold all of its first record
    fragmented       the hello's first record does not hold all of the hello
    data             any payload from the client;   reply  any payload from the server
    bare             its TCP header has no options
    syn, synack, rst, fin, server, client, any      what they say
    from-hello       everything, both ways, from the hello on;   after-hello  the same without the hello
    from-reply       everything from the server's first payload on
    """

    def __init__(self, words):
        self.words = [word.strip() for word in words.split(",")]
        self.begun = {}

    def fires(self, packet, toward):
        return all(self.holds(word.split(), packet, toward) for word in self.words)

    def holds(self, word, packet, toward):
        name, rest = word[0], word[1:]
        hello = toward == TO_SERVER and is_hello(packet)
        if name in SIMPLE:
            return SIMPLE[name](packet, toward)
        if name == "hello":
            return hello
        if name == "sni":
            return hello and rest[0].encode() in packet.payload
        if name == "over":
            return len(packet.payload) > int(rest[0])
        if name == "under":
            return len(packet.payload) < int(rest[0])
        if name == "split":
            return hello and len(packet.payload) < 5 + int.from_bytes(packet.payload[3:5], "big")
        if name == "fragmented":
            return hello and int.from_bytes(packet.payload[3:5], "big") < 4 + int.from_bytes(packet.payload[6:9], "big")
        if name in ("from-hello", "after-hello"):
            return self.since(packet, hello, name == "from-hello")
        if name == "from-reply":
            return self.since(packet, toward == TO_CLIENT and bool(packet.payload), True)
        raise ValueError(f"a box does not know the trigger '{name}'")

    def since(self, packet, begins, with_first):
        before = self.begun.get(packet.flow, False)
        self.begun[packet.flow] = before or begins
        return before or (begins and with_first)


SIMPLE = {
    "any": lambda packet, toward: True,
    "client": lambda packet, toward: toward == TO_SERVER,
    "server": lambda packet, toward: toward == TO_CLIENT,
    "data": lambda packet, toward: toward == TO_SERVER and bool(packet.payload),
    "reply": lambda packet, toward: toward == TO_CLIENT and bool(packet.payload),
    "syn": lambda packet, toward: packet.has(SYN) and not packet.has(ACK),
    "synack": lambda packet, toward: packet.has(SYN, ACK),
    "rst": lambda packet, toward: packet.has(RST) and toward == TO_CLIENT,
    "fin": lambda packet, toward: packet.has(FIN) and toward == TO_CLIENT,
    "not-syn": lambda packet, toward: not packet.has(SYN),
    "bare": lambda packet, toward: not packet.options,
}


def is_hello(packet):
    """Does this payload begin with the header of a TLS record that begins a ClientHello?"""
    return len(packet.payload) > 5 and packet.payload[0] == 22 and packet.payload[1] == 3 and packet.payload[5] == 1
