"""Evidence bundles of our own probes: written after every right was given up, and Wireshark reads the
handshake in them."""

import glob
import json
import os
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from probe_server import Server  # noqa: E402
from program import PROGRAM, run, skip  # noqa: E402


def tool(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)


def finishes_handshakes(folder):
    """A server on loopback that does so, under a certificate of its own."""
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    made = tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                "-days", "2", "-subj", "/CN=probe.example")
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def behave(_, connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(100)

    return Server(behave)


class Probe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server_folder = tempfile.mkdtemp(prefix="whohungup-server-")
        cls.addClassCleanup(shutil.rmtree, cls.server_folder)
        cls.server = finishes_handshakes(cls.server_folder)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="whohungup-probe-")  # 0700, and root's
        self.addCleanup(shutil.rmtree, self.folder)
        self.directory = os.path.join(self.folder, "b")

    def probe(self, *words, status=(0,)):
        ran = run("probe", self.server.target, "--timeout", "4", "-o", self.directory, *words)
        self.assertIn(ran.status, status, ran.err + ran.out)
        return ran

    def read(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8") as file:
            return file.read()

    def test_the_bundle_verifies_and_is_private_to_who_asked(self):
        self.probe("--sni", "probe.example")
        ran = run("verify", self.directory)
        self.assertEqual((ran.status, ran.err), (0, ""), ran.out)
        for path in [self.directory, *glob.glob(self.directory + "/*")]:
            is_ = os.stat(path)
            self.assertEqual((is_.st_uid, is_.st_mode & 0o077), (os.geteuid(), 0), path)
        about = json.loads(self.read("about.json"))
        self.assertEqual(about["capture"]["live_interface"], "lo")
        self.assertIn("generic_receive", about["capture"]["offload"])
        self.assertIsNotNone(about["clock"]["synchronised"])
        self.assertEqual(about["judged_with"]["tls_secrets"], "published")
        self.assertEqual(json.loads(self.read("probe.json"))["type"], "probe")

    def test_so_does_that_of_a_target_with_a_name(self):
        port = self.server.target.rsplit(":", 1)[1]
        ran = run("probe", f"named.example:{port}", "--resolve", "127.0.0.1", "--timeout", "4", "-o", self.directory)
        self.assertEqual(ran.status, 0, ran.err + ran.out)
        self.assertIn("(named.example)", self.read("report.html"))
        ran = run("verify", self.directory)
        self.assertEqual((ran.status, ran.err), (0, ""), ran.out)

    def test_wireshark_shows_the_decrypted_handshake(self):
        self.probe("--sni", "probe.example")
        capture = self.directory + "/flow.pcapng"
        port = self.server.target.split(":")[1]
        shown = tool("tshark", "-r", capture, "-d", f"tcp.port=={port},tls", "-Y", "tls.handshake.type", "-T", "fields",
                     "-e", "tls.handshake.type").stdout
        types = {int(one) for line in shown.split() for one in line.split(",")}
        # Encrypted extensions, certificate, certificate verify, finished: all sealed in TLS 1.3.
        self.assertLessEqual({1, 2, 8, 11, 15, 20}, types)

    def test_report_json_is_what_read_prints(self):
        self.probe("--sni", "probe.example")
        again = run("read", "--json", "--all", "--port", self.server.target.split(":")[1], "flow.pcapng", cwd=self.directory)
        self.assertEqual(json.loads(self.read("report.json")), again.flows[0])

    def test_the_command_it_prints_shows_the_packets_of_the_bundle(self):
        out = self.probe("--sni", "probe.example").out
        self.assertNotIn("next time", out)
        command = next(line for line in out.splitlines() if "see the packets: " in line).split("see the packets: ")[1]
        self.assertIn(self.directory + "/flow.pcapng", command)
        shown = tool("sh", "-c", command)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertTrue(shown.stdout)

    def test_several_connections_get_an_index(self):
        self.probe("--count", "3", "--interval", "0.05")
        self.assertEqual(len(glob.glob(self.directory + "/flows/flow-*.html")), 3)
        self.assertIn("3 TLS handshakes", self.read("report.html"))
        self.assertEqual(len(self.read("probe.json").splitlines()), 3)
        self.assertEqual(run("verify", self.directory).status, 0)

    def test_it_can_be_signed_though_no_program_may_be_run(self):
        if shutil.which("ssh-keygen") is None:
            self.skipTest("ssh-keygen is not installed")
        key = os.path.join(self.folder, "key")
        self.assertEqual(tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).returncode, 0)
        self.probe("--sign", key)
        ran = run("verify", self.directory)
        self.assertEqual(ran.status, 0, ran.out)
        self.assertIn("SHA256SUMS.sig: Good", ran.out)

    def test_anonymized_it_holds_no_secrets_and_no_name(self):
        self.probe("--sni", "probe.example", "--anonymize")
        self.assertEqual(run("verify", self.directory).status, 0)
        self.assertFalse(os.path.exists(self.directory + "/probe.json"))
        for path in glob.glob(self.directory + "/*"):
            with open(path, "rb") as file:
                data = file.read()
            for secret in (b"probe.example", b"127.0.0.1", b"TRAFFIC_SECRET"):
                self.assertFalse(secret in data, f"{secret} in {path}")
        # As bytes, 127.0.0.1 is also the end of a time stamp, padding and the code of a comment.
        shown = tool("tshark", "-r", self.directory + "/flow.pcapng", "-T", "fields", "-e", "ip.addr").stdout
        self.assertNotEqual(shown, "")
        self.assertNotIn("127.0.0.1", shown)

    def test_without_packets_there_is_no_bundle_and_nothing_is_sent(self):
        ran = self.probe("--no-capture", status=(3,))
        self.assertIn("a bundle is made of packets, and none would be captured", ran.err)
        self.assertEqual(os.listdir(self.folder), [])

    def test_never_overwrites(self):
        os.mkdir(self.directory)
        ran = self.probe(status=(3,))
        self.assertIn("it exists already and is not overwritten", ran.err)

    def test_killed_it_leaves_nothing(self):
        with subprocess.Popen([PROGRAM, "probe", self.server.target, "--count", "100", "--interval", "1", "-o",
                               self.directory], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
            until = time.monotonic() + 20
            while not os.listdir(self.folder) and time.monotonic() < until:
                time.sleep(0.02)
            self.assertEqual(len(os.listdir(self.folder)), 1)
            self.assertEqual(stat.S_IMODE(os.stat(glob.glob(self.folder + "/*")[0]).st_mode), 0o700)
            program.kill()
            program.wait(20)
        until = time.monotonic() + 20
        while os.listdir(self.folder) and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("only root may capture")
    unittest.main()
