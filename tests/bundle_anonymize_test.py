"""Anonymized bundles: nobody is left in them, and every verdict and fact is."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import run, sample, samples, shared_captures  # noqa: E402


def tshark(capture, *fields):
    words = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(["tshark", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                          "-T", "fields", *words], capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("\t") for line in out.splitlines()]


class Anonymize(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="whohungup-anonymize-")
        self.addCleanup(shutil.rmtree, self.folder)

    def both(self, capture):
        """The bundle as it is and the anonymized one."""
        made = []
        for name, more in (("plain", ()), ("anonymous", ("--anonymize",))):
            directory = os.path.join(self.folder, f"{len(os.listdir(self.folder))}-{name}")
            ran = run("read", "-q", capture, "-o", directory, *more)
            self.assertIn(ran.status, (0, 1), f"{capture}: {ran.err}")
            made.append(directory)
        return made

    def report(self, directory):
        with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
            return json.loads(file.readline())

    def test_verdict_and_facts_of_every_sample_stay(self):
        for capture in samples():
            plain, anonymous = map(self.report, self.both(capture))
            for key in ("code", "confidence", "frames"):
                self.assertEqual(plain["verdict"][key], anonymous["verdict"][key], capture)
            for part, name in (("facts", "id"), ("evidence", "rule"), ("dissent", "rule")):
                self.assertEqual([(one[name], one["frames"]) for one in plain[part]],
                                 [(one[name], one["frames"]) for one in anonymous[part]], capture)
            self.assertNotEqual(plain["flow"]["server"]["ip"], anonymous["flow"]["server"]["ip"])

    def test_headers_stay_and_checksums_are_right_again(self):
        plain, anonymous = self.both(sample("starttls-then-fin"))
        kept = ("frame.time_epoch", "frame.len", "ip.ttl", "ip.id", "ip.flags", "tcp.srcport", "tcp.dstport", "tcp.seq_raw",
                "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.options.timestamp.tsval", "tcp.checksum.status",
                "ip.checksum.status")
        self.assertEqual(tshark(plain + "/flow.pcapng", *kept), tshark(anonymous + "/flow.pcapng", *kept))

    def test_no_name_and_no_address_is_left_in_any_file(self):
        for name, secrets in (("starttls-then-fin", (b"server.example", b"client.example", b"192.0.2.10", b"198.51.100.20",
                                                     bytes([192, 0, 2, 10]), b"starttls-then-fin")),
                              ("tls12-completed", (b"a.example", bytes([198, 51, 100, 20])))):
            _, anonymous = self.both(sample(name))
            for file in os.listdir(anonymous):
                with open(os.path.join(anonymous, file), "rb") as content:
                    data = content.read()
                for secret in secrets:
                    self.assertNotIn(secret, data, f"{name}: {file}")

    def test_what_is_no_sound_hello_is_not_let_through(self):
        with open(sample("tls12-completed"), "rb") as file:
            capture = bytearray(file.read())
        hello = capture.index(b"\x16\x03\x01")
        capture[hello + 43] = 0xff  # the length of the session id: nothing behind it can be read
        self.assertIn(b"a.example", capture)
        broken = os.path.join(self.folder, "broken.pcap")
        with open(broken, "wb") as file:
            file.write(capture)
        _, anonymous = self.both(broken)
        with open(os.path.join(anonymous, "flow.pcapng"), "rb") as file:
            self.assertFalse(b"a.example" in file.read())

    def test_certificates_keep_no_dates_of_their_own(self):
        shown = [path for path in shared_captures("public") if path.endswith("195.64.201.42_psiphon.ca_example.com_2.pcap")]
        if not shown:
            self.skipTest("no ../shared/captures/public")
        files = []
        for folder in self.both(shown[0]):
            with open(os.path.join(folder, "flow.pcapng"), "rb") as file:
                files.append(file.read())
        dates = set(re.findall(rb"\x17\x0d(\d{12}Z)", files[0]))
        self.assertIn(b"200819034106Z", dates)
        self.assertEqual([date for date in dates if date in files[1]], [])

    # Between them: chains, requests for a client's certificate, OCSP, tickets, SSLv2, both key exchanges.
    SHOWN = ("tls-handshake.pcapng", "certificate-request-failed.pcap", "pgsql-ssl.pcapng", "smtp-starttls.pcap",
             "ssl-v2.pcap", "tls12-dsb.pcapng", "surfshark.pcap", "tls_1_2_expired_certificate_alert_16.pcap", "line.pcap")

    def shown(self):
        """Bundles of public captures with certificates, as they are and anonymized."""
        captures = [path for path in shared_captures("public") if os.path.basename(path) in self.SHOWN]
        if not captures:
            self.skipTest("no ../shared/captures/public")
        for capture in captures:
            files = [os.path.join(self.folder, name + os.path.basename(capture)) for name in ("plain-", "anonymous-")]
            for file, more in zip(files, ((), ("--anonymize",))):
                ran = run("read", "-q", "--all", capture, "-w", file, *more)
                self.assertIn(ran.status, (0, 1), f"{capture}: {ran.err}")
            yield capture, *files

    def test_dissectors_read_anonymized_handshakes_as_they_read_others(self):
        for capture, plain, anonymous in self.shown():
            fields = ["frame.number", "tls.handshake.certificate_length", "_ws.malformed"]
            if "ssl-v2" not in capture:  # of SSL 2.0 only the hellos stay
                fields.append("tls.handshake.type")
            self.assertEqual(tshark(plain, *fields), tshark(anonymous, *fields), capture)

    def test_nothing_that_identifies_a_certificate_or_key_is_left(self):
        searched = 0
        for capture, plain, anonymous in self.shown():
            # The last is the number in an issuer's key identifier, which lies where names may lie.
            fields = ("x509af.serialNumber", "x509ce.SubjectKeyIdentifier", "x509ce.keyIdentifier", "x509af.encrypted",
                      "pkcs1.modulus", "x509ce.authorityCertSerialNumber")
            for before, after in zip(tshark(plain, *fields), tshark(anonymous, *fields)):
                for was, becomes in zip(",".join(before).split(","), ",".join(after).split(",")):
                    if not re.fullmatch("(0x)?([0-9a-f]{2}:?){8,}", was):
                        continue
                    was, becomes = (bytes.fromhex(text.removeprefix("0x").replace(":", "")) for text in (was, becomes))
                    same = sum(one == other for one, other in zip(was, becomes))
                    self.assertLessEqual(same, max(3, len(was) // 16), f"{capture}: {was.hex()} {becomes.hex()}")
                    searched += 1
        self.assertGreater(searched, 30)

    def test_numbers_and_addresses_in_text_are_somebody_s_too(self):
        story = os.path.join(self.folder, "story.txt")
        with open(story, "w", encoding="utf-8") as file:
            file.write("server 198.51.100.20:110\n0.0 > S\n0.03 < SA\n+0.00002 > A\n"
                       '+0.03 < PA text "+OK ready for 192.168.1.10 at 00:1b:44:11:3a:b7, lat 52.5200\\r\\n"\n'
                       '+0.001 > PA text "USER 5551234567\\r\\n"\n+0.03 < PA text "+OK\\r\\n"\n'
                       '+0.001 > PA text "PASS 48151623\\r\\n"\n+0.03 < PA text "-ERR badge 0007734\\r\\n"\n'
                       '+0.001 > PA text "STLS\\r\\n"\n+0.03 < PA text "+OK\\r\\n"\n'
                       "+0.001 > PA hello mx.server.example size 332\n+0.03 < A\n+0.001 < FA\n+0.00002 > A\n")
        made = os.path.join(self.folder, "numbers.pcap")
        subprocess.run([os.path.join(os.environ.get("WHOHUNGUP_TEST_TOOLS", "build/release/tests"), "story2pcap"), story, made],
                       check=True, timeout=60)
        directory = os.path.join(self.folder, "numbers")
        ran = run("read", "-q", "--all", made, "-o", directory, "--anonymize")
        self.assertIn(ran.status, (0, 1), ran.err)
        with open(os.path.join(directory, "flow.pcapng"), "rb") as file:
            data = file.read()
        for word in (b"5551234567", b"48151623", b"0007734", b"00:1b:44:11:3a:b7", b"192.168.1.10", b"52.5200"):
            self.assertNotIn(word, data)
        address = re.search(rb"ready [a-z]{3} (\d{3})\.(\d{3})\.(\d)\.(\d\d) ", data)
        self.assertTrue(address and all(int(one) < 256 for one in address.groups()))

    def test_the_same_name_becomes_the_same_everywhere_and_keeps_its_length(self):
        _, anonymous = self.both(sample("starttls-then-fin"))
        report = self.report(anonymous)
        sni = report["tls"]["client_hello"]["sni"]
        self.assertEqual(len(sni), len("mx.server.example"))
        self.assertIn(sni, report["tls"]["starttls"]["steps"][0]["text"])

    def test_it_verifies_and_logs_what_was_changed_without_the_key(self):
        _, anonymous = self.both(sample("forged-rst-data-after"))
        ran = run("verify", anonymous)
        self.assertEqual(ran.status, 0, ran.out)
        with open(os.path.join(anonymous, "about.json"), encoding="utf-8") as file:
            about = json.load(file)
        self.assertTrue(about["anonymized"])
        self.assertIn("IP addresses replaced, prefixes kept: 2", about["changes"])
        self.assertIsNone(about["program"]["command"])
        self.assertIsNone(about["inputs"][0]["file"])


if __name__ == "__main__":
    unittest.main()
