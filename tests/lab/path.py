"""The path: routers between TUN devices, in userspace, because this kernel has no netem.

A Wire joins two TUN devices by a row of hops. Every hop takes its time, decrements the hop limit,
answers "time exceeded" and "packet too big" as a router does, may lose, repeat or overtake packets,
and shows each packet to the boxes that stand there (boxes.py).
"""

import heapq
import os
import random
import select
import time

from packet import Packet, icmp_error

TO_CLIENT, TO_SERVER = -1, +1


class Hop:
    """One router: its addresses, the link towards it, and the boxes in it."""

    def __init__(self, number, addresses, settings):
        self.number, self.addresses = number, addresses
        self.mtu = settings.get("mtu", 1500)
        self.mute = settings.get("mute", False)  # never answers with ICMP
        self.loss = settings.get("loss", 0.0)  # share of packets lost here
        self.duplicate = settings.get("duplicate", 0.0)
        self.reorder = settings.get("reorder", 0.0)  # share of packets held back
        self.reorder_by = settings.get("reorder_ms", 5) / 1000
        self.boxes = []

    def address_for(self, packet):
        return self.addresses[0 if packet.version == 4 else 1]


class Wire:
    """Two TUN file descriptors and the hops between them."""

    def __init__(self, loop, client_end, server_end, hops, latency, jitter, seed):
        self.loop, self.hops = loop, hops
        self.ends = {TO_CLIENT: client_end, TO_SERVER: server_end}
        self.latency, self.jitter = latency, jitter
        self.random = random.Random(seed)
        self.last_due = {}
        self.lost = 0
        for hop in hops:
            for box in hop.boxes:
                box.wire, box.hop = self, hop
        loop.watch(client_end, lambda data: self.arrive(data, TO_SERVER))
        loop.watch(server_end, lambda data: self.arrive(data, TO_CLIENT))

    def arrive(self, data, toward):
        """A packet came out of one of the hosts."""
        packet = Packet.parse(data)
        if packet:
            self.forward(packet, toward, -1 if toward == TO_SERVER else len(self.hops))

    def forward(self, packet, toward, index, after=0.0):
        """Puts a packet on the link that leaves hop `index` in direction `toward`."""
        link = (toward, index)
        due = time.monotonic() + after + self.latency + self.random.uniform(0, self.jitter)
        link += (after > 0,)  # a link is a queue in which nobody overtakes; what was delayed queues on its own
        due = max(due, self.last_due.get(link, 0.0))
        self.last_due[link] = due
        self.loop.at(due, lambda: self.enter(packet, toward, index + toward))

    def enter(self, packet, toward, index):
        """A packet reaches hop `index`, or the host at the end."""
        if not 0 <= index < len(self.hops):
            os.write(self.ends[toward], bytes(packet))
            return
        hop = self.hops[index]
        if self.random.random() < hop.loss:
            self.lost += 1
            return
        packet = packet.copy(hop_limit=packet.hop_limit - 1)
        if packet.hop_limit <= 0:
            self.report(hop, packet.copy(hop_limit=1), toward, index, *((11, 0) if packet.version == 4 else (3, 0)))
            return
        for box in hop.boxes:
            packet = box.look(packet, toward)
            if packet is None:
                return
        if len(bytes(packet)) > hop.mtu:
            self.report(hop, packet, toward, index, *((3, 4) if packet.version == 4 else (2, 0)), hop.mtu)
            return
        late = hop.reorder_by if self.random.random() < hop.reorder else 0.0
        self.forward(packet, toward, index, late)
        if self.random.random() < hop.duplicate:
            self.forward(packet, toward, index)

    def report(self, hop, packet, toward, index, kind, code, value=0):
        """The hop sends an ICMP error back to where the packet came from."""
        if not hop.mute:
            self.forward(icmp_error(hop.address_for(packet), packet, kind, code, value), -toward, index)


class Loop:
    """Waits for packets and for the moment when delayed packets are due."""

    def __init__(self):
        self.readers, self.queue, self.order = {}, [], 0

    def watch(self, descriptor, reader):
        """Calls reader(data) for each packet that can be read from a TUN device."""
        os.set_blocking(descriptor, False)
        self.watch_with(descriptor, lambda: self.read_all(descriptor, reader))

    def watch_with(self, descriptor, action):
        """Calls action() whenever the descriptor can be read."""
        self.readers[descriptor] = action

    def at(self, due, action):
        self.order += 1
        heapq.heappush(self.queue, (due, self.order, action))

    def run(self, until):
        """Serves until the descriptor `until` becomes readable or closes."""
        while True:
            wait = max(0.0, self.queue[0][0] - time.monotonic()) if self.queue else 1.0
            for descriptor in select.select([*self.readers, until], [], [], wait)[0]:
                if descriptor == until:
                    return
                self.readers[descriptor]()
            while self.queue and self.queue[0][0] <= time.monotonic():
                heapq.heappop(self.queue)[2]()

    @staticmethod
    def read_all(descriptor, reader):
        # 64 packets at most before the clock is looked at again, so that a flood cannot stop time
        for _ in range(64):
            try:
                data = os.read(descriptor, 65536)
            except BlockingIOError:
                return
            reader(data)
