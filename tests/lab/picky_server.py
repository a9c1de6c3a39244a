"""A proxy before a TLS server that hangs up on some hellos and passes the rest, as broken software does.

usage: picky_server.py ADDRESS PORT MOOD BEHIND. The moods are the functions below: each is given the
connection and its first bytes, and returns the bytes to pass on, or nothing where it hangs up.
"""

import socket
import struct
import sys
import threading

COUNT = iter(range(1 << 30))
RESET = struct.pack("ii", 1, 0)


def size_bug(connection, data):
    """Falls over records of 256 to 511 bytes (RFC 7685)."""
    data = whole_record(connection, data)
    return None if 256 <= len(data) - 5 <= 511 else data


def read_once(connection, data):
    """Takes what one read gives for the whole hello (tldr.fail)."""
    return data if len(data) >= record_size(data) else None


def small_only(connection, data):
    """Has a buffer of 512 bytes."""
    data = whole_record(connection, data)
    return data if len(data) <= 512 else None


def tls13_intolerant(connection, data):
    """Falls over the extension that offers TLS 1.3."""
    data = whole_record(connection, data)
    return None if b"\x03\x04" in extension(data, 43) else data


def resets_unknown_name(connection, data):
    """Has no filter chain for any other name than lab.test's, and resets (Envoy)."""
    data = whole_record(connection, data)
    return data if b"lab.test" in extension(data, 0) else None


def every_second(connection, data):
    """Two machines of which one is broken."""
    return None if next(COUNT) % 2 else data


def record_size(data):
    return 5 + int.from_bytes(data[3:5], "big")


def whole_record(connection, data):
    while len(data) < 5 or len(data) < record_size(data):
        more = connection.recv(65536)
        if not more:
            break
        data += more
    return data


def extension(record, wanted):
    """The body of an extension of the hello in that record, or nothing."""
    at = 5 + 4 + 34
    at += 1 + record[at]
    at += 2 + int.from_bytes(record[at:at + 2], "big")
    at += 1 + record[at]
    at += 2
    while at + 4 <= len(record):
        kind, size = struct.unpack(">HH", record[at:at + 4])
        if kind == wanted:
            return record[at + 4:at + 4 + size]
        at += 4 + size
    return b""


def serve(connection, mood, behind):
    try:
        data = connection.recv(65536)
        passed = globals()[mood](connection, data) if data[:1] == b"\x16" else data
        if passed is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return connection.close()
        backend = socket.create_connection(("127.0.0.1", behind))
        backend.sendall(passed)
        other = threading.Thread(target=pump, args=(backend, connection), daemon=True)
        other.start()
        pump(connection, backend)
        other.join()
    except (OSError, IndexError):
        pass
    connection.close()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main():
    address, port, mood, behind = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], mood, behind), daemon=True).start()


if __name__ == "__main__":
    main()
