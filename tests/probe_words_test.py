"""What a probe's report says first, and what it says of certificates."""

import os
import ssl
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from probe_server import FOLDER, Server, certificate, close_after_hello, probed  # noqa: E402
from program import PROGRAM, run, skip  # noqa: E402

# MySQL protocol 10, capabilities 0x8200: no CLIENT_SSL.
GREETING = (b"\x0a5.5.5\0" + b"\1\0\0\0abcdefgh\0" + b"\x00\x82" + b"\x21\2\0\0\0\x15" + bytes(10) + b"abcdefghijkl\0")


def first_sentence(*words):
    told = run("probe", *words)
    return told.status, " ".join(told.out.split("\n\n")[0].split())


def tls_server(**settings):
    """Serves lab.test's certificate with these settings of its SSLContext."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*settings.pop("chain", certificate()))
    for name, value in settings.items():
        setattr(context, name, value)

    def serve(_, connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(10)
    return Server(serve)


def expired_certificate():
    """Of lab.test, in the year 2020, signed by itself."""
    key, request, cert = (os.path.join(FOLDER, name) for name in ("key.pem", "old.csr", "old.pem"))
    certificate()
    base = os.path.join(FOLDER, "ca")
    os.makedirs(base, exist_ok=True)
    for name, text in (("index", ""), ("serial", "01"), ("conf", f"""[ca]
default_ca=d
[d]
database={base}/index
serial={base}/serial
new_certs_dir={base}
default_md=sha256
policy=p
[p]
commonName=supplied
""")):
        with open(os.path.join(base, name), "w", encoding="ascii") as file:
            file.write(text)
    subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", "/CN=lab.test", "-out", request], check=True, capture_output=True)
    subprocess.run(["openssl", "ca", "-config", f"{base}/conf", "-batch", "-selfsign", "-keyfile", key, "-in", request, "-notext",
                    "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-out", cert], check=True, capture_output=True)
    return cert, key


class WhatComesFirst(unittest.TestCase):
    def test_is_the_banner_that_never_came(self):
        server = Server(lambda *_: time.sleep(5))
        status, said = first_sentence(f"smtp://{server.target}", "--timeout", "3.2")
        self.assertEqual(status, 1)
        self.assertEqual(said, "It did not come to TLS: no banner came within 3.2 s. The packets show the probe itself leave after that.")

    def test_is_the_greeting_that_offers_no_tls(self):
        def greet(_, connection):
            connection.sendall(len(GREETING).to_bytes(3, "little") + b"\0" + GREETING)
            connection.recv(100)
        _, said = first_sentence(f"mysql://{Server(greet).target}")
        self.assertTrue(said.startswith("It did not come to TLS: the server refused TLS: its greeting does not offer it."), said)

    def test_is_what_a_client_that_checks_certificates_would_do(self):
        status, said = first_sentence(tls_server().target, "--sni", "other.test")
        self.assertEqual(status, 0)
        self.assertEqual(said, "The server finished the handshake, but a client that checks its certificate refuses it: it is for another "
                               "name, its chain is not trusted here (self-signed certificate).")

    def test_is_the_verdict_elsewhere(self):
        _, said = first_sentence(Server(close_after_hello).target)
        self.assertTrue(said.startswith("The server closed the connection"), said)


class Certificates(unittest.TestCase):
    def test_that_have_expired_are_said_to_even_where_nobody_knows_the_issuer(self):
        server = tls_server(chain=expired_certificate())
        _, _, probe = probed(server.target, "--sni", "lab.test")
        self.assertTrue(probe["tls"]["chain"][0]["expired"])
        _, said = first_sentence(server.target, "--sni", "lab.test")
        self.assertIn("refuses it: it has expired", said)

    def test_shown_and_asked_for_are_told_where_the_handshake_was_not_finished(self):
        server = tls_server(verify_mode=ssl.CERT_REQUIRED, maximum_version=ssl.TLSVersion.TLSv1_2)
        _, flow, probe = probed(server.target, "--sni", "lab.test")
        self.assertEqual((flow["verdict"]["actor"], probe["tls"]), ("server", None))
        shown = probe["certificates_shown"]
        self.assertTrue(shown["client_certificate_asked"])
        self.assertEqual(shown["chain"][0]["names"], ["lab.test"])

    def test_are_not_made_up_where_none_was_shown(self):
        self.assertIsNone(probed(Server(close_after_hello).target)[2]["certificates_shown"])


class Lists(unittest.TestCase):
    def test_name_the_addresses_of_a_name_that_has_several(self):
        server = Server(close_after_hello)
        told = run("probe", f"lab.test:{server.port}", "--resolve", "127.0.0.1", "--resolve", "127.0.0.2", "--interval", "0").out
        self.assertIn(f"127.0.0.1:{server.port}", told)
        self.assertIn(f"127.0.0.2:{server.port}", told)

    def test_end_in_words_where_all_ended_alike(self):
        server = Server(close_after_hello)
        told = run("probe", server.target, "--count", "2", "--interval", "0").out
        self.assertIn("All 2 attempts ended alike: the server closed (FIN) after the ClientHello (server.fin.client_hello)",
                      " ".join(told.split()))

    def test_say_why_the_probe_left_though_the_packets_show_only_that_it_did(self):
        def greet_otherwise(_, connection):
            connection.sendall(b"220-wait\r\n")
            time.sleep(5)
        told = " ".join(run("probe", f"smtp://{Server(greet_otherwise).target}", "--count", "2", "--interval", "0",
                            "--timeout", "3.1").out.split())
        self.assertEqual(told.count("It did not come to TLS: no whole banner as smtp has it is in the 10 bytes that came within 3.1 s."), 1)


class Dialogues(unittest.TestCase):
    def test_show_what_postgres_says_to_people(self):
        fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"

        def refuse(_, connection):
            connection.recv(8)
            connection.sendall(b"E" + struct.pack("!I", 4 + len(fields)))
            time.sleep(0.1)
            connection.sendall(fields)
        told = " ".join(run("probe", f"postgres://{Server(refuse).target}").out.split())
        self.assertIn("the server refused TLS: sorry, too many clients already", told)


class Files(unittest.TestCase):
    def test_are_not_what_the_report_is_written_to_where_standard_output_is_closed(self):
        file = os.path.join(FOLDER, "closed.pcapng")
        for closed in (">&-", "<&- >&- 2>&-"):
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {closed}', PROGRAM, "probe", Server(close_after_hello).target, "-w", file],
                                  stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn(done.stderr, ("whohungup: cannot write to standard output: Bad file descriptor\n", ""))
            self.assertEqual(run("read", file, "--json").flows[0]["verdict"]["code"], "server.fin.client_hello")

    def test_stay_as_they_are_where_nothing_will_be_caught(self):
        file = os.path.join(FOLDER, "kept.pcapng")
        with open(file, "w", encoding="ascii") as kept:
            kept.write("dear")
        self.assertEqual(run("probe", "127.0.0.1:9", "-i", "nope0", "-w", file).status, 3)
        ran = run("probe", "127.0.0.1:9", "--no-capture", "-w", file)
        self.assertIn(f"{file} is not written: there are no packets for it", ran.err)
        with open(file, encoding="ascii") as kept:
            self.assertEqual(kept.read(), "dear")


class WithoutPackets(unittest.TestCase):
    def test_the_connection_is_named_all_the_same(self):
        server = Server(close_after_hello)
        told = run("probe", server.target, "--no-capture").out
        self.assertIn(f"→ 127.0.0.1 port {server.port}", told)

    def test_of_tls_the_packets_were_captured_all_the_same(self):
        file = os.path.join(FOLDER, "no-tls")
        with open(file, "wb") as junk:
            junk.write(b"GET / HTTP/1.0\r\n\r\n")
        told = " ".join(run("probe", Server(close_after_hello).target, "--hello", file, "--force").out.split())
        self.assertIn("(by the socket alone: its packets hold no TLS and no dialogue that asks for it)", told)


class AWholeHello(unittest.TestCase):
    def test_takes_no_words_about_its_contents(self):
        for words in (["--sni", "a.test"], ["--hello-size", "400"], ["--profile", "go"]):
            ran = run("probe", "127.0.0.1:9", "--hello", "/dev/null", *words)
            self.assertEqual(ran.status, 2)
            self.assertIn("excludes", ran.err)


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("capturing on loopback needs root here")
    unittest.main()
