"""Probes real servers on loopback: what is sent, what is caught, what is concluded, what is given up."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from probe_server import (FOLDER, Server, alert_after_hello, certificate, close_after_hello, code_of,  # noqa: E402
                          half_close_at_once, hear, http_answer, probed, reset_after_hello, silence)
from program import PROGRAM, run, skip  # noqa: E402


class Verdicts(unittest.TestCase):
    def test_name_what_the_server_did(self):
        for behave, code in ((close_after_hello, "server.fin.client_hello"), (reset_after_hello, "server.rst.client_hello"),
                             (alert_after_hello, "server.alert.client_hello"), (http_answer, "server.plaintext.client_hello")):
            ran, flow, probe = probed(Server(behave).target)
            self.assertEqual(flow["verdict"]["code"], code)
            self.assertEqual(probe["verdict"]["code"], code)
            self.assertEqual(ran.status, 1)

    def test_of_a_close_at_accept_is_a_fin_and_never_a_middlebox(self):
        self.assertIn(code_of(Server(half_close_at_once).target), ("server.fin.accepted", "server.fin.client_hello"))

    def test_of_a_refused_port_is_a_reset_of_the_syn(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        _, flow, probe = probed(f"127.0.0.1:{port}")
        self.assertEqual((flow["verdict"]["code"], probe["socket"]["errno"]), ("server.rst.syn", "ECONNREFUSED"))

    def test_of_a_silent_server_is_silence_after_the_timeout(self):
        self.assertEqual(code_of(Server(silence).target, "--timeout", "3.3"), "server.silence.client_hello")

    def test_are_the_same_when_the_written_file_is_read(self):
        for behave in (close_after_hello, reset_after_hello, alert_after_hello, half_close_at_once):
            server, file = Server(behave), os.path.join(FOLDER, f"{behave.__name__}.pcapng")
            _, flow, _ = probed(server.target, "-w", file)
            read = run("read", file, "--port", server.port, "--json").flows[0]
            for key in ("verdict", "facts", "evidence", "dissent", "look_alikes", "tls", "tcp", "flow"):
                self.assertEqual(read[key], flow[key], key)


    def test_of_several_connections_are_the_same_when_their_file_is_read(self):
        server, file = Server(close_after_hello), os.path.join(FOLDER, "several.pcapng")
        flows = run("probe", server.target, "-w", file, "--count", "3", "--interval", "0.2", "--json").flows
        again = run("read", file, "--port", server.port, "--json").flows
        self.assertEqual(len(again), 3)
        for told, read in zip(flows, again):
            for key in ("verdict", "facts", "evidence", "dissent", "look_alikes", "flow"):
                self.assertEqual(read[key], told[key], key)


class TheHello(unittest.TestCase):
    def sent(self, *words):
        server = Server(close_after_hello)
        run("probe", server.target, *words)
        return server.heard[0]

    def test_has_332_bytes_unless_told_otherwise(self):
        self.assertEqual(len(self.sent()), 332)
        self.assertEqual(len(self.sent("--sni", "imap.server.name")), 332)

    def test_still_has_332_bytes_when_groups_are_named(self):
        for groups in ("x25519", "secp256r1", "x25519,secp256r1,secp384r1"):
            self.assertEqual(len(self.sent("--groups", groups)), 332)

    def test_rather_grows_than_says_less(self):
        """At 332 bytes a name this long would leave no room for TLS 1.3."""
        name = ".".join(["a" * 60] * 4)
        shown = run("probe", "127.0.0.1", "--sni", name, "--print-hello").out
        self.assertIn("versions      1.3 1.2\n", shown)
        self.assertIn("the handshake will be finished by OpenSSL", shown)
        self.assertGreater(len(self.sent("--sni", name)), 332)

    def test_has_the_size_asked_for(self):
        for size in (120, 255, 333, 517, 2000):
            self.assertEqual(len(self.sent("--sni", "imap.server.name", "--hello-size", str(size))), size)

    def test_is_sent_byte_for_byte_from_a_capture(self):
        file = os.path.join(FOLDER, "hello.pcapng")
        server = Server(close_after_hello)
        run("probe", server.target, "-w", file, "--profile", "chrome", "--sni", "lab.test")
        frame = run("read", file, "--port", server.port, "--json").flows[0]["tls"]["client_hello"]["frame"]
        self.assertEqual(self.sent("--hello", f"{file}:{frame}"), server.heard[0])
        fresh = self.sent("--hello", f"{file}:{frame}", "--fresh-random")
        self.assertEqual(fresh[:11] + fresh[43:], server.heard[0][:11] + server.heard[0][43:])
        self.assertNotEqual(fresh[11:43], server.heard[0][11:43])

    def test_may_come_in_two_segments_and_in_two_records(self):
        self.assertEqual(len(self.sent("--split", "100")), 100)
        self.assertEqual(self.sent("--record-split", "40")[3:5], b"\0\x28")

    def test_is_shown_and_not_sent(self):
        ran = run("probe", "lab.test", "--print-hello")
        self.assertEqual(ran.status, 0)
        self.assertTrue(ran.out.startswith("ClientHello, 332 bytes on the wire\n  server name   lab.test\n"))

    def test_that_cannot_be_made_is_refused(self):
        ran = run("probe", "127.0.0.1:9", "--sni", "lab.test", "--hello-size", "30")
        self.assertEqual(ran.status, 2)
        self.assertIn("a hello that says this takes 69 bytes at least, not 30", ran.err)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class AgainstOpenSsl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cert, key = certificate()
        with socket.create_server(("127.0.0.1", 0)) as gone:
            cls.port = gone.getsockname()[1]
        cls.server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{cls.port}", "-cert", cert, "-key", key,
                                       "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", cls.port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.wait()

    def test_a_handshake_is_finished_and_the_certificate_reported(self):
        ran, flow, probe = probed(f"127.0.0.1:{self.port}", "--sni", "lab.test")
        self.assertEqual((ran.status, flow["verdict"]["code"]), (0, "nobody.none.established"))
        self.assertEqual(probe["tls"]["chain"][0]["subject"], "CN = lab.test")
        self.assertEqual(probe["tls"]["chain_problem"], "self-signed certificate")
        self.assertTrue(probe["tls"]["name_matches"])  # the name asked for, not 127.0.0.1

    def test_every_hello_is_answered_with_a_server_hello(self):
        for words in (["--hello-size", "600"], ["--tls", "1.2"], ["--profile", "curl"], ["--profile", "java"], ["--profile", "go"],
                      ["--profile", "firefox"], ["--profile", "chrome"], ["--groups", "X25519MLKEM768,X25519"], ["--split", "50"],
                      ["--record-split", "50"], ["--hello-size", "130"], ["--hello-size", "16000"], ["--profile", "openssl"]):
            ran, flow, _ = probed(f"127.0.0.1:{self.port}", "--sni", "lab.test", *words)
            self.assertEqual(ran.status, 0, words)
            self.assertIsNotNone(flow["tls"]["server_hello"], words)

    def test_hello_only_stops_at_the_first_answer(self):
        ran, flow, probe = probed(f"127.0.0.1:{self.port}", "--hello-only")
        self.assertEqual((ran.status, probe["ended"], probe["tls"]), (0, "first-answer", None))
        self.assertIsNotNone(flow["tls"]["server_hello"])

    def test_what_stopped_on_purpose_says_so_and_reads_back_the_same(self):
        hello = os.path.join(FOLDER, "hello.bin")
        server = Server(close_after_hello)
        run("probe", server.target, "--profile", "firefox", "--sni", "lab.test")
        with open(hello, "wb") as file:
            file.write(server.heard[0])
        for words, why in ((["--hello-only"], "it was told to stop at the first answer"),
                           (["--profile", "chrome"], "OpenSSL, which would finish the handshake, cannot say this hello"),
                           (["--hello", hello], "it is somebody's hello, and only they have its keys")):
            file = os.path.join(FOLDER, "stopped.pcapng")
            ran, flow, probe = probed(f"127.0.0.1:{self.port}", "-w", file, *words)
            self.assertEqual((ran.status, probe["verdict"]["left_on_purpose"], probe["verdict"]["hung_up"]), (0, True, False))
            read = run("read", file, "--port", self.port, "--json").flows[0]
            for key in ("verdict", "facts", "evidence", "dissent", "look_alikes"):
                self.assertEqual(read[key], flow[key], key)
            self.assertEqual(probe["verdict"]["code"], read["verdict"]["code"])
            text = " ".join(run("probe", f"127.0.0.1:{self.port}", *words).out.split())
            self.assertTrue(text.startswith(f"The hello was answered, and the probe left on purpose: {why}. Nobody hung up on it"), text)

    def test_the_secrets_are_in_the_written_file(self):
        file = os.path.join(FOLDER, "secrets.pcapng")
        probed(f"127.0.0.1:{self.port}", "-w", file)
        with open(file, "rb") as capture:
            self.assertIn(b"SERVER_HANDSHAKE_TRAFFIC_SECRET", capture.read())


class Starttls(unittest.TestCase):
    def test_dialogue_is_counted_byte_for_byte(self):
        def imap(server, connection):
            connection.sendall(b"* OK ready\r\n")
            hear(server, connection)
            connection.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n")
            hear(server, connection)
            connection.sendall(b". OK begin\r\n")
            hear(server, connection)
        server = Server(imap)
        ran = run("probe", f"imap://{server.target}")
        self.assertEqual([len(heard) for heard in server.heard], [14, 12, 332])
        self.assertIn("written 358 = 14 + 12 + 332 (the hello)", ran.out)
        self.assertEqual(code_of(f"imap://{server.target}"), "server.fin.client_hello")

    def test_refused_is_plaintext_and_inspected_is_seen(self):
        def imap(server, connection):
            connection.sendall(b"* OK ready\r\n")
            hear(server, connection)
            connection.sendall(b"* CAPABILITY IMAP4rev1 XXXXXXXA\r\n. OK done\r\n")
            hear(server, connection)
            connection.sendall(b". BAD what\r\n")
            connection.recv(10)
        _, flow, probe = probed(f"imap://{Server(imap).target}")
        self.assertEqual((flow["verdict"]["mechanism"], probe["dialogue"]["granted"]), ("plaintext", False))
        self.assertIn("starttls-rewritten", [fact["id"] for fact in flow["facts"]])

    def test_without_a_banner_is_judged_by_its_close(self):
        _, flow, probe = probed(f"imap://{Server(lambda server, connection: None).target}")
        self.assertEqual(flow["verdict"]["code"], "server.fin.accepted")
        self.assertEqual(probe["dialogue"]["problem"], "the server closed the connection before banner")


    def test_nntp_is_asked_as_rfc_4642_has_it(self):
        """No NNTP server in Debian runs without a news spool: the server here is the RFC's dialogue and Python's TLS."""
        cert, key = certificate()

        def nntp(server, connection):
            connection.sendall(b"200 news.lab.test ready\r\n")
            hear(server, connection)
            connection.sendall(b"382 Continue with TLS negotiation\r\n")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(10)
        server = Server(nntp)
        ran, flow, probe = probed(f"nntp://{server.target}", "--sni", "lab.test")
        self.assertEqual((server.heard, ran.status, flow["verdict"]["code"]), ([b"STARTTLS\r\n"], 0, "nobody.none.established"))
        self.assertEqual([step["bytes"] for step in probe["dialogue"]["steps"]], [25, 10, 35])

    def test_a_banner_that_never_comes_is_no_completed_handshake(self):
        ran, flow, probe = probed(f"smtp://{Server(lambda server, connection: time.sleep(9)).target}", "--timeout", "3.2")
        self.assertEqual(ran.status, 1)
        self.assertEqual(probe["dialogue"]["problem"], "no banner came within 3.2 s")
        self.assertEqual(flow["verdict"]["code"], "client.fin.accepted")


class Privileges(unittest.TestCase):
    def test_are_gone_before_the_server_hears_a_byte(self):
        seen = {}

        def look(server, connection):
            hear(server, connection)
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                seen.update(line.split(":\t", 1) for line in status.read().splitlines() if ":\t" in line)
        server = Server(look)
        process = subprocess.Popen([PROGRAM, "probe", server.target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.wait(30)
        self.assertEqual({seen[name] for name in ("CapEff", "CapPrm", "CapInh")}, {"0000000000000000"})
        self.assertEqual((seen["NoNewPrivs"], seen["Seccomp"]), ("1", "2"))
        self.assertNotIn("0", seen["Uid"].split())

    def test_without_them_it_says_how_to_grant_them_and_proves_nothing(self):
        server = Server(close_after_hello)
        ran = run("probe", server.target, "--no-capture")
        self.assertRegex(ran.out.splitlines()[0], r"^No packets are captured, so nothing can be proven\. "
                                                  r"`sudo setcap cap_net_raw,cap_net_admin\+ep \S+` lets it, once; no root")
        _, flow, probe = probed(server.target, "--no-capture")
        self.assertIsNone(flow)
        self.assertEqual((probe["verdict"]["code"], probe["verdict"]["confidence"], probe["verdict"]["from"]),
                         ("server.fin.client_hello", "suggested", "socket"))


class BadInput(unittest.TestCase):
    def test_is_refused_with_a_clear_line(self):
        for words, status, line in (
                (["127.0.0.1:0"], 2, 'the target "127.0.0.1:0" makes no sense: port 0 is no port one can connect to'),
                (["[::1"], 2, 'the target "[::1" makes no sense: the bracket is not closed'),
                (["gopher://x"], 2, 'the target "gopher://x" makes no sense: there is no scheme "gopher"'),
                (["127.0.0.1", "--tls", "2.0"], 2, '--tls "2.0" makes no sense'),
                (["127.0.0.1", "--ciphers", "NONE"], 2, 'there is no cipher suite called "NONE"'),
                (["no-such-name.invalid"], 3, "cannot find an address of no-such-name.invalid"),
                (["127.0.0.1", "-i", "nowhere7"], 3, "there is no interface nowhere7"),
                (["127.0.0.1", "--source", "203.0.113.9"], 3, "cannot send from 203.0.113.9"),
                (["127.0.0.1", "--hello", "/nowhere"], 3, "cannot read the hello /nowhere"),
                (["127.0.0.1", "--hello", "/"], 3, "the hello / is a directory; name a file"),
                (["127.0.0.1", "--split", "5000"], 2, "--split 5000: the hello has 332 bytes"),
                (["127.0.0.1", "--record-split", "327"], 2, "--record-split 327: the hello's message has 327 bytes"),
                (["0.0.0.0:9"], 3, "0.0.0.0 is no address of anybody's"),
                (["fe80::1"], 3, "fe80::1 is on every link; say on which: fe80::1%eth0")):
            ran = run("probe", *words)
            self.assertEqual(ran.status, status, (words, ran.err))
            self.assertIn(line, ran.err)

    def test_a_hello_that_does_not_parse_needs_force(self):
        file = os.path.join(FOLDER, "junk")
        with open(file, "wb") as junk:
            junk.write(b"this is no hello")
        ran = run("probe", "127.0.0.1:9", "--hello", file)
        self.assertEqual((ran.status, ran.err),
                         (3, f"whohungup: {file} holds no ClientHello that can be read; --force sends it as it is\n"))
        server = Server(close_after_hello)
        run("probe", server.target, "--hello", file, "--force")
        self.assertEqual(server.heard, [b"this is no hello"])


class Many(unittest.TestCase):
    def test_500_probes_in_a_row_miss_no_packet(self):
        server = Server(close_after_hello)
        ran = run("probe", server.target, "--count", "500", "--interval", "0", "--json")
        flows = [thing for thing in ran.objects if thing["type"] == "flow"]
        self.assertEqual(len(flows), 500)
        self.assertEqual(flows[-1]["input"]["dropped"], 0)
        for flow in flows:
            self.assertIn(flow["input"]["dropped"], (0, None))  # known at the end of the capture only
            flags = {fact["id"] for fact in flow["facts"]}
            self.assertFalse(flags & {"start-missing", "client-stream-hole", "server-stream-hole", "one-way-only"}, flow["flow"])
            self.assertEqual(flow["verdict"]["code"], "server.fin.client_hello")

    def test_addresses_that_differ_are_told_apart_in_one_line(self):
        server = Server(close_after_hello)
        ran = run("probe", server.target, "--resolve", "127.0.0.1", "--resolve", "127.0.0.2", "--interval", "0")
        told = " ".join(ran.out.split())
        self.assertIn("They differ. 1 of 2: server.fin.client_hello at 127.0.0.1 port", told)
        self.assertIn("1 of 2: server.rst.syn at 127.0.0.2 port", told)

    def test_addresses_that_are_left_out_are_told_of(self):
        words = [word for last in range(1, 19) for word in ("--resolve", f"127.0.0.{last}")]
        ran = run("probe", "lab.test", "--dry-run", *words)
        self.assertEqual(ran.out.count("lab.test: connect"), 16)
        self.assertIn("2 more left out: 16 addresses are tried in one run; --resolve names others", ran.err)

    def test_dry_run_sends_nothing(self):
        server = Server(close_after_hello)
        ran = run("probe", server.target, "--dry-run")
        self.assertEqual((ran.status, server.heard), (0, []))
        self.assertIn("send a ClientHello of 332 bytes, finish the handshake;", " ".join(ran.out.split()))


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("capturing on loopback needs root here")
    unittest.main()
