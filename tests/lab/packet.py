"""One IP packet that a box can read, change and send on: IPv4 or IPv6, with TCP inside or anything else.

Parsing keeps every field a box may want to forge; bytes(packet) writes them back with lengths and
checksums made right. What is not TCP is carried untouched in `body`.
"""

import copy
import socket
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ICMP4, TCP, ICMP6 = 1, 6, 58


class Packet:
    """The fields of one packet, named as the RFCs spell them."""

    def __init__(self, source, destination, protocol=TCP, hop_limit=64):
        self.version = 4 if len(source) == 4 else 6
        self.source, self.destination = source, destination
        self.protocol, self.hop_limit = protocol, hop_limit
        self.tos, self.ip_id, self.dont_fragment, self.flow_label = 0, 0, True, 0
        self.source_port = self.destination_port = 0
        self.seq = self.ack = self.flags = self.reserved = self.window = self.urgent = 0
        self.options = self.payload = self.body = b""

    @classmethod
    def parse(cls, data):
        """The packet in `data`, or None where the bytes are not IP."""
        version = data[0] >> 4 if data else 0
        if version == 4 and len(data) >= 20:
            header = (data[0] & 15) * 4
            packet = cls(data[12:16], data[16:20], data[9], data[8])
            packet.tos = data[1]
            total, packet.ip_id, fragment = struct.unpack("!HHH", data[2:8])
            packet.dont_fragment = bool(fragment & 0x4000)
            packet._read_transport(data[header:total], whole=not fragment & 0x3FFF)
            return packet
        if version == 6 and len(data) >= 40:
            packet = cls(data[8:24], data[24:40], data[6], data[7])
            first = struct.unpack("!I", data[:4])[0]
            packet.tos, packet.flow_label = (first >> 20) & 0xFF, first & 0xFFFFF
            packet._read_transport(data[40:40 + struct.unpack("!H", data[4:6])[0]], whole=True)
            return packet
        return None

    def _read_transport(self, data, whole):
        if self.protocol != TCP or not whole or len(data) < 20:
            self.body = data
            return
        (self.source_port, self.destination_port, self.seq, self.ack, offset, self.flags,
         self.window, _, self.urgent) = struct.unpack("!HHIIBBHHH", data[:20])
        self.reserved = offset & 15
        header = (offset >> 4) * 4
        self.options, self.payload = data[20:header], data[header:]

    def __bytes__(self):
        body = self.body if self.body else self._tcp_bytes()
        if self.version == 4:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, self.tos, 20 + len(body), self.ip_id & 0xFFFF,
                               0x4000 if self.dont_fragment else 0, self.hop_limit, self.protocol, 0,
                               self.source, self.destination)
            return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body
        return struct.pack("!IHBB16s16s", 6 << 28 | self.tos << 20 | self.flow_label, len(body),
                           self.protocol, self.hop_limit, self.source, self.destination) + body

    def _tcp_bytes(self):
        options = self.options + b"\x00" * (-len(self.options) % 4)
        segment = struct.pack("!HHIIBBHHH", self.source_port, self.destination_port,
                              self.seq & 0xFFFFFFFF, self.ack & 0xFFFFFFFF,
                              (20 + len(options)) << 2 | self.reserved, self.flags, self.window, 0,
                              self.urgent) + options + self.payload
        sum_of_all = checksum(pseudo_header(self, len(segment)) + segment)
        return segment[:16] + struct.pack("!H", sum_of_all) + segment[18:]

    def copy(self, **changes):
        """A copy of this packet with some fields changed."""
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def answer(self, **changes):
        """A bare packet from this packet's destination to its source, continuing its numbers."""
        other = Packet(self.destination, self.source, TCP)
        other.source_port, other.destination_port = self.destination_port, self.source_port
        other.seq, other.ack = self.ack, self.end
        other.flow_label = self.flow_label
        return other.copy(**changes)

    @property
    def is_tcp(self):
        return self.protocol == TCP and not self.body

    @property
    def end(self):
        """The sequence number after this segment (SYN and FIN count one each)."""
        return (self.seq + len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)) & 0xFFFFFFFF

    @property
    def flow(self):
        """The same key for both directions."""
        return tuple(sorted([(self.source, self.source_port), (self.destination, self.destination_port)]))

    def has(self, *flags):
        return self.is_tcp and all(self.flags & flag for flag in flags)

    def option(self, kind):
        """The value bytes of TCP option `kind`, or None."""
        for found, value, _ in walk_options(self.options):
            if found == kind:
                return value
        return None

    def without_option(self, kind):
        """The option bytes with `kind` overwritten by NOPs, as middleboxes do it."""
        return b"".join(b"\x01" * len(raw) if found == kind else raw
                        for found, _, raw in walk_options(self.options))

    def describe(self):
        """One short line for ladders and logs."""
        if not self.is_tcp:
            kind = f" type {self.body[0]} code {self.body[1]}" if len(self.body) > 1 else ""
            return f"protocol {self.protocol}{kind} ttl {self.hop_limit}"
        letters = "".join(letter for bit, letter in zip((SYN, FIN, RST, PSH, ACK), "SFRPA") if self.flags & bit)
        return (f"{letters or '-':4} seq {self.seq} ack {self.ack} win {self.window} len {len(self.payload)}"
                f" ttl {self.hop_limit} id {self.ip_id:#06x}{' DF' if self.dont_fragment else ''}"
                f"{' TS' if self.option(8) else ''} {tls_note(self.payload)}")


def walk_options(data):
    """Yields (kind, value, raw) for each TCP option; stops where they end or stop making sense."""
    at = 0
    while at < len(data) and data[at] != 0:
        length = 1 if data[at] == 1 else (data[at + 1] if at + 1 < len(data) else 0)
        if length < 1 or at + length > len(data):
            return
        yield data[at], data[at + 2:at + length], data[at:at + length]
        at += length


def tls_note(payload):
    """What the first bytes of a payload look like, for people."""
    if not payload:
        return ""
    if payload[0] == 22 and len(payload) > 5:
        return {1: "ClientHello", 2: "ServerHello"}.get(payload[5], "handshake")
    if payload[0] == 21 and len(payload) >= 7:
        return f"alert {payload[6]}" if len(payload) == 7 else "alert"
    if payload[0] in (20, 23):
        return "TLS"
    return repr(payload[:24])


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(packet, length):
    return packet.source + packet.destination + struct.pack("!II", length, packet.protocol)


def icmp_error(reporter, about, kind, code, value=0, hop_limit=64):
    """An ICMP error from address `reporter` to the sender of `about`, quoting it.

    Quotes as much as RFC 1812 (IPv4: 576 bytes in all) and RFC 4443 (IPv6: 1280) allow.
    `value` is the 32-bit word after the checksum: the MTU of "packet too big".
    """
    quote = bytes(about)[:548 if about.version == 4 else 1232]
    packet = Packet(reporter, about.source, ICMP4 if about.version == 4 else ICMP6, hop_limit)
    packet.tos, packet.dont_fragment = 0xC0 if about.version == 4 else 0, False
    message = struct.pack("!BBHI", kind, code, 0, value) + quote
    head = b"" if about.version == 4 else pseudo_header(packet, len(message))
    packet.body = message[:2] + struct.pack("!H", checksum(head + message)) + message[4:]
    return packet


def address(text):
    """The bytes of an IPv4 or IPv6 address."""
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
