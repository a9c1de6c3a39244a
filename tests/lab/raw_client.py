"""A client that sends one hand-made hello and reports what the socket said; for exact sizes and bad manners.

usage: raw_client.py JSON, with the keys of DEFAULTS below.
"""

import json
import socket
import struct
import sys
import time

from hello import client_hello

DEFAULTS = {
    "address": "", "port": 443, "sni": "", "size": 332, "versions": ["1.3", "1.2"], "suites": None,
    "record_limit": 0,  # bytes of handshake per TLS record; 0: all in one
    "pieces": [],  # write the hello in pieces ending at these offsets ...
    "piece_gap_ms": 30,  # ... this far apart
    "wait_ms": 0,  # silence between connecting and the hello
    "say_first": "",  # plaintext before the hello (a STARTTLS dialogue, a request)
    "hello": True, "timeout": 4.0, "source_port": 0,
    "end": "close",  # "close", or "reset" (SO_LINGER 0)
    "end_after_ms": 0,  # leave this long after the hello without waiting for an answer
    "timestamps": True,
}


def main():
    options = {**DEFAULTS, **json.loads(sys.argv[1])}
    family = socket.AF_INET6 if ":" in options["address"] else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(options["timeout"])
    if options["source_port"]:
        connection.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", options["source_port"]))
    try:
        connection.connect((options["address"], options["port"]))
        print("connected")
        time.sleep(options["wait_ms"] / 1000)
        talk(connection, options)
    except OSError as error:
        print(f"{type(error).__name__}: {error}")
    if options["end"] == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def talk(connection, options):
    if options["say_first"]:
        connection.sendall(options["say_first"].encode())
        print("answered", connection.recv(4096)[:60])
    if not options["hello"]:
        print("read", connection.recv(4096)[:60])
        return
    data = client_hello(options["size"], options["sni"], options["versions"], options["suites"], options["record_limit"])
    start = 0
    for end in [*options["pieces"], len(data)]:
        connection.sendall(data[start:end])
        start = end
        if end < len(data):
            time.sleep(options["piece_gap_ms"] / 1000)
    print("wrote", len(data))
    if options["end_after_ms"]:
        time.sleep(options["end_after_ms"] / 1000)
        return
    total = 0
    while data := connection.recv(65536):
        total += len(data)
        print("read", len(data), data[:12].hex())
    print("end of file after", total)


if __name__ == "__main__":
    main()
