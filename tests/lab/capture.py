"""Captures: a nanosecond pcap writer on AF_PACKET, a reader, and the ways a capture is spoiled.

The spoiled variants are what the field hands in: packets missing, one direction only, cut short by a
snap length, started late, merged by receive offload. A verdict may become weaker on them, never bolder.
"""

import random
import socket
import struct
import time

from packet import Packet, PSH

SO_TIMESTAMPNS, ETH_P_ALL = 35, 3
SOL_PACKET, PACKET_STATISTICS = 263, 6
LINKTYPE_RAW = 101


class Capture:
    """Writes every packet of one device to a file while the path's loop runs."""

    def __init__(self, device, path, clock_offset=0.0):
        self.file = open(path, "wb")
        self.file.write(pcap_header())
        self.offset = round(clock_offset * 1e9)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((device, ETH_P_ALL))
        self.socket.setblocking(False)

    def drain(self):
        while True:
            try:
                data, notes, _, _ = self.socket.recvmsg(65536, 64)
            except BlockingIOError:
                self.file.flush()
                return
            seconds, nanoseconds = struct.unpack("qq", notes[0][2])
            moment = seconds * 10**9 + nanoseconds + self.offset
            self.file.write(pcap_record(moment, data, len(data)))


    def stop(self):
        """Ends it, and returns when that was, by its own clock in nanoseconds, and how many packets it dropped."""
        self.drain()
        dropped = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        return time.time_ns() + self.offset, dropped


def as_dumpcap(path, target, stopped):
    """The same capture as dumpcap writes it: pcapng, which says when it ended and what it dropped."""
    def block(kind, body):
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    def option(code, value):
        return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)

    def stamp(moment):
        return struct.pack("<II", moment >> 32, moment & 0xFFFFFFFF)

    ended, dropped = stopped
    with open(target, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", LINKTYPE_RAW, 0, 262144) + option(9, b"\x09") + option(0, b"")))
        for moment, data, length in read(path):
            file.write(block(6, struct.pack("<I", 0) + stamp(moment) + struct.pack("<II", len(data), length)
                             + data + bytes(-len(data) % 4)))
        file.write(block(5, struct.pack("<I", 0) + stamp(ended) + option(3, stamp(ended))
                         + option(5, struct.pack("<Q", dropped)) + option(0, b"")))


def pcap_header(snap=262144):
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, LINKTYPE_RAW)


def pcap_record(moment, data, length):
    return struct.pack("<IIII", moment // 10**9, moment % 10**9, len(data), length) + data


def read(path):
    """The records of one of our own captures: (nanoseconds, bytes, original length)."""
    with open(path, "rb") as file:
        data = file.read()
    at, records = 24, []
    while at + 16 <= len(data):
        seconds, nanoseconds, kept, length = struct.unpack_from("<IIII", data, at)
        records.append((seconds * 10**9 + nanoseconds, data[at + 16:at + 16 + kept], length))
        at += 16 + kept
    return records


def write(path, records, snap=262144):
    with open(path, "wb") as file:
        file.write(pcap_header(snap))
        for record in records:
            file.write(pcap_record(*record))


def lossy(records, share=0.01, seed=1):
    """One packet in a hundred missing, and never none."""
    chance = random.Random(seed)
    unlucky = chance.randrange(len(records)) if records else 0
    return [record for index, record in enumerate(records) if index != unlucky and chance.random() >= share]


def one_direction(records, from_client, server_port):
    def keep(data):
        packet = Packet.parse(data)
        port = packet.destination_port if from_client else packet.source_port
        return packet.is_tcp and port == server_port
    return [record for record in records if keep(record[1])]


def snapped(records, snap=96):
    return [(moment, data[:snap], length) for moment, data, length in records]


def started_late(records, skipped=3):
    """Begins after the three-way handshake."""
    return records[skipped:]


def merged(records):
    """Neighbouring data segments of one direction joined into one, as GRO does before the tap."""
    out = []
    for moment, data, length in records:
        packet = Packet.parse(data)
        last = Packet.parse(out[-1][1]) if out else None
        if (last and packet.is_tcp and last.is_tcp and packet.payload and last.payload
                and last.source_port == packet.source_port and last.end == packet.seq
                and last.flags & ~PSH == packet.flags & ~PSH and len(last.payload) + len(packet.payload) < 60000):
            joined = bytes(last.copy(payload=last.payload + packet.payload, flags=packet.flags, body=b""))
            out[-1] = (out[-1][0], joined, len(joined))
        else:
            out.append((moment, data, length))
    return out


def ladder(path):
    """The capture as text, sequence numbers relative, for people and for failing reports."""
    first, base, lines = None, {}, []
    for moment, data, _ in read(path):
        packet = Packet.parse(data)
        first = first or moment
        if packet.is_tcp:
            ours, theirs = (packet.flow, packet.source_port), (packet.flow, packet.destination_port)
            if ours not in base or packet.flags & 2:
                base[ours] = packet.seq
            if packet.flags & 16 and theirs not in base:
                base[theirs] = packet.ack - 1
            known = packet.ack - base.get(theirs, 0) if packet.ack else 0
            packet = packet.copy(seq=(packet.seq - base[ours]) & 0xFFFFFFFF, ack=known & 0xFFFFFFFF)
        arrow = ">" if packet.is_tcp and packet.source_port >= 34000 else "<"
        lines.append(f"{len(lines) + 1:3} {(moment - first) / 1e6:9.3f} ms {arrow} {packet.describe()}")
    return "\n".join(lines)


def now():
    return time.time_ns()
