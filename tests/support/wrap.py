"""Puts the IP packets of a capture into tunnels and fragments, so that one story is told on every road."""

import struct

ETHERNET, RAW = 1, 101
OUTER_V4 = bytes([198, 18, 5, 6]), bytes([198, 18, 7, 8])
OUTER_V6 = bytes.fromhex("20010db8aaaa0000000000000000beef"), bytes.fromhex("20010db8bbbb0000000000000000cafe")
OUTER_MACS = bytes.fromhex("0c1122334455"), bytes.fromhex("0c66778899aa")


def packets(path):
    """Stamp and IP packet of each frame of a classic pcap over Ethernet or raw IP."""
    with open(path, "rb") as file:
        data = file.read()
    link, at, found = struct.unpack_from("<I", data, 20)[0], 24, []
    while at < len(data):
        seconds, part, captured, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        found.append(((seconds, part), frame[14:] if link == ETHERNET else frame))
        at += 16 + captured
    return data[:4], found


def write(path, magic, link, frames):
    with open(path, "wb") as file:
        file.write(magic + struct.pack("<HHiIII", 2, 4, 0, 0, 262144, link))
        for (seconds, part), frame in frames:
            file.write(struct.pack("<IIII", seconds, part, len(frame), len(frame)) + frame)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, number=7):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, 0, 64, protocol, 0, *OUTER_V4)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(following, payload):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), following, 64, *OUTER_V6) + payload


def udp(port, payload, v6=False):
    length = 8 + len(payload)
    header = struct.pack(">HHHH", 40000, port, length, 0)
    ends = b"".join(OUTER_V6 if v6 else OUTER_V4)
    pseudo = ends + struct.pack(">IHBB" if v6 else ">HBB", *((length, 0, 0, 17) if v6 else (length, 0, 17)))
    return header[:6] + struct.pack(">H", checksum(pseudo + header + payload) or 0xFFFF) + payload


def ethernet(packet):
    return OUTER_MACS[0] + OUTER_MACS[1] + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0") + packet


def ether_type(packet):
    return b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0"


def gre(packet):
    header = b"\xb0\0" + ether_type(packet)  # checksum, key, sequence
    body = b"\0\0\0\0" + struct.pack(">II", 77, 1) + packet
    return header + struct.pack(">H", checksum(header + body)) + body[2:]


def ppp(packet):
    return b"\xff\x03" + (b"\0\x57" if packet[0] >> 4 == 6 else b"\0\x21") + packet


# From an IP packet to a frame, and the link type it has.
ROADS = {
    "ipip": (RAW, lambda p: ipv4(41 if p[0] >> 4 == 6 else 4, p)),
    "ip-in-ipv6": (RAW, lambda p: ipv6(41 if p[0] >> 4 == 6 else 4, p)),
    "gre": (RAW, lambda p: ipv4(47, gre(p))),
    "gre-bridged-vlan": (RAW, lambda p: ipv4(47, b"\0\0\x65\x58" + ethernet(p)[:12] + b"\x81\0\0\x05" + ethernet(p)[12:])),
    "vxlan": (ETHERNET, lambda p: ethernet(ipv4(17, udp(4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(p))))),
    "vxlan-over-ipv6": (ETHERNET, lambda p: ethernet(ipv6(17, udp(4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(p), True)))),
    "geneve": (RAW, lambda p: ipv4(17, udp(6081, b"\x02\0" + ether_type(p) + b"\0\0\x2a\0\1\2\3\1who!" + p))),
    "gtp": (RAW, lambda p: ipv4(17, udp(2152, b"\x30\xff" + struct.pack(">HI", len(p), 99) + p))),
    "l2tp": (RAW, lambda p: ipv4(17, udp(1701, b"\0\x02\0\x05\0\x06" + ppp(p)))),
    "mpls": (ETHERNET, lambda p: OUTER_MACS[0] + OUTER_MACS[1] + b"\x88\x47\0\1\1\x40" + p),
    "pppoe": (ETHERNET, lambda p: OUTER_MACS[0] + OUTER_MACS[1] + b"\x88\x64\x11\0\0\x09"
              + struct.pack(">H", len(p) + 2) + ppp(p)[2:] + b"who!"),
    "authentication-header": (RAW, lambda p: ipv4(51, struct.pack(">BBHII", 41 if p[0] >> 4 == 6 else 4, 4, 0, 1, 1) + b"sealed by me" + p)),
}


def fragments(packet, size, number):
    """The pieces of an IPv4 or IPv6 packet, the last one first for odd numbers."""
    if packet[0] >> 4 == 6:
        payload, out = packet[40:], []
        for at in range(0, len(payload), size):
            more = at + size < len(payload)
            header = struct.pack(">BBHI", packet[6], 0, at | more, number)
            piece = header + payload[at:at + size]
            # The fragment header stands behind a hop-by-hop header with an option nobody knows.
            out.append(packet[:4] + struct.pack(">HB", len(piece) + 16, 0) + packet[7:40]
                       + b"\x2c\x01\x1e\x0cwho was this" + piece)
    else:
        length = (packet[0] & 15) * 4
        payload, out = packet[length:], []
        for at in range(0, len(payload), size):
            more = 0x2000 if at + size < len(payload) else 0
            piece = payload[at:at + size]
            header = packet[:2] + struct.pack(">HHH", length + len(piece), number, at // 8 | more) + packet[8:10] + b"\0\0" \
                + packet[12:length]
            out.append(header[:10] + struct.pack(">H", checksum(header)) + header[12:] + piece)
    return out[::-1] if number % 2 else out


def wrap(source, path, road):
    magic, found = packets(source)
    link, frame = ROADS[road]
    write(path, magic, link, [(stamp, frame(packet)) for stamp, packet in found])


def split(source, path, size=64):
    magic, found = packets(source)
    write(path, magic, RAW, [(stamp, piece) for number, (stamp, packet) in enumerate(found)
                             for piece in fragments(packet, size, 1000 + number)])
