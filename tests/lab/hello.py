"""A ClientHello of exactly the size asked for, as an old-fashioned 1.2/1.3 client would send it."""

import os
import struct

SUITES = [0x1302, 0x1303, 0x1301, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC02B, 0xC02F, 0xC024, 0xC028, 0xC023, 0xC027,
          0xC00A, 0xC014, 0xC009, 0xC013, 0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F, 0x00FF]
VERSIONS = {"1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304}


def client_hello(size, name="", versions=("1.3", "1.2"), suites=None, record_limit=0):
    """The records of one ClientHello, `size` bytes in all when sent as one record.

    record_limit splits the handshake message over records of so many bytes. Raises ValueError where
    the size leaves no room for the padding extension (RFC 7685: four bytes at least, or none).
    """
    body = struct.pack("!H", min(0x0303, max(VERSIONS[version] for version in versions)))
    body += os.urandom(32) + b"\x20" + os.urandom(32)
    chosen = suites or SUITES
    body += struct.pack("!H", 2 * len(chosen)) + b"".join(struct.pack("!H", suite) for suite in chosen) + b"\x01\x00"
    extensions = b""
    if name:
        host = name.encode()
        extensions += extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host)
    extensions += extension(11, b"\x01\x00") + extension(10, struct.pack("!HHHH", 6, 29, 23, 24))
    extensions += extension(35, b"") + extension(22, b"") + extension(23, b"")
    extensions += extension(13, struct.pack("!H10H", 20, 0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806,
                                            0x0401, 0x0501, 0x0601))
    if "1.3" in versions:
        listed = b"".join(struct.pack("!H", VERSIONS[version]) for version in versions)
        extensions += extension(43, bytes([len(listed)]) + listed) + extension(45, b"\x01\x01")
        extensions += extension(51, struct.pack("!HHH", 36, 29, 32) + os.urandom(32))
    missing = size - (5 + 4 + len(body) + 2 + len(extensions))
    if size and missing:
        if missing < 4:
            raise ValueError(f"a hello of {size} bytes leaves {missing} for padding")
        extensions += extension(21, bytes(missing - 4))
    message = body + struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + len(message).to_bytes(3, "big") + message
    step = record_limit or len(message)
    return b"".join(b"\x16\x03\x01" + struct.pack("!H", len(part)) + part
                    for part in (message[at:at + step] for at in range(0, len(message), step)))


def extension(kind, value):
    return struct.pack("!HH", kind, len(value)) + value
