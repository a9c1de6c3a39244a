"""What the probe says of resets: its own proof, and what is none."""

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from probe_server import FOLDER, Server, certificate, close_after_hello, probed, reset_after_hello  # noqa: E402
from program import run, skip  # noqa: E402

ETH_P_IP, PSH = 0x0800, 0x08


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate())
    return made


def serve_tls(_, connection):
    with context().wrap_socket(connection, server_side=True) as secure:
        secure.recv(10)


def reset_behind_the_flight(_, connection):
    """Sends everything a TLS 1.3 server says and resets at once, before the client's Finished."""
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context().wrap_bio(heard, said, server_side=True)
    heard.write(connection.recv(65536))
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    connection.sendall(said.read())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Repeater:
    """Sends each packet with payload that comes from a port of loopback once more."""

    def __init__(self, port):
        self.port, self.repeated = port, 0
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self.wire.bind(("lo", ETH_P_IP))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        done = set()
        while True:
            frame, where = self.wire.recvfrom(65536)
            tcp = bytearray(frame[34:])
            if where[2] != socket.PACKET_HOST or frame[23] != 6 or struct.unpack("!H", tcp[:2])[0] != self.port:
                continue
            if not tcp[13] & PSH or bytes(tcp[4:8]) in done:
                continue
            done.add(bytes(tcp[4:8]))
            tcp[16:18] = b"\0\0"
            tcp[16:18] = struct.pack("!H", checksum(frame[26:34] + struct.pack("!BBH", 0, 6, len(tcp)) + tcp))
            self.wire.send(frame[:34] + tcp)
            self.repeated += 1


class Proofs(unittest.TestCase):
    def test_a_server_asked_after_its_own_reset_resets_again(self):
        _, flow, probe = probed(Server(reset_after_hello).target)
        if not probe["proof"]["deaf_to_resets"]:
            self.skipTest("this kernel wants CAP_NET_ADMIN for that")
        self.assertEqual((probe["proof"]["reset_ignored"], probe["proof"]["dead_after_reset"]), (True, True))
        self.assertEqual(flow["verdict"]["actor"], "server")

    def test_passive_sends_nothing_after_the_reset(self):
        sent = {}
        for words in ([], ["--passive"]):
            server, file = Server(reset_after_hello), os.path.join(FOLDER, "reset.pcapng")
            probed(server.target, "-w", file, *words)
            told = subprocess.run(["tshark", "-r", file, "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.flags.reset"],
                                  check=True, capture_output=True, text=True).stdout.split()
            packets = list(zip(told[::2], told[1::2]))
            reset = next(i for i, (port, flag) in enumerate(packets) if port == str(server.port) and flag in ("1", "True"))
            sent[bool(words)] = [port for port, _ in packets[reset + 1:] if port != str(server.port)]
        self.assertEqual(sent[True], [])
        if probed(Server(close_after_hello).target)[2]["proof"]["deaf_to_resets"]:
            self.assertNotEqual(sent[False], [])  # the keep-alive that asks whether the server lives

    def test_passive_heeds_the_reset(self):
        _, _, probe = probed(Server(reset_after_hello).target, "--passive")
        self.assertEqual((probe["proof"]["reset_ignored"], probe["socket"]["errno"]), (False, "ECONNRESET"))

    def test_a_server_that_resets_behind_its_own_flight_is_not_acquitted(self):
        _, flow, probe = probed(Server(reset_behind_the_flight).target)
        self.assertIn(flow["verdict"]["code"], ("server.rst.server_hello", "server.rst.established"))  # a race
        self.assertFalse(probe["proof"]["finished_after_reset"])
        if probe["proof"]["deaf_to_resets"]:
            self.assertTrue(probe["proof"]["dead_after_reset"])
        self.assertNotIn("did not send that reset", run("probe", Server(reset_behind_the_flight).target).out)


class Repeats(unittest.TestCase):
    """The kernel counts repeats of what a socket has together with resets a filter drops."""

    def probe(self, *words):
        server = Server(serve_tls)
        repeater = Repeater(server.port)
        ran, _, probe = probed(server.target, *words)
        if not probe["proof"]["deaf_to_resets"]:
            self.skipTest("this kernel wants CAP_NET_ADMIN for that")
        self.assertGreater(repeater.repeated, 0)
        self.assertGreater(probe["socket"]["segments_dropped"], 0)
        return ran, probe

    def test_are_no_resets(self):
        ran, probe = self.probe()
        self.assertEqual((ran.status, probe["proof"]["reset_ignored"], probe["socket"]["resets_ignored"]), (0, False, 0))

    def test_are_no_resets_without_a_capture_either(self):
        ran, probe = self.probe("--no-capture")
        self.assertEqual((ran.status, probe["verdict"]["code"]), (0, "nobody.none.established"))
        self.assertEqual((probe["verdict"]["confidence"], probe["socket"]["resets_ignored"]), ("undetermined", None))


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("capturing on loopback needs root here")
    unittest.main()
