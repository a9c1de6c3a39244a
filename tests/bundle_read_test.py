"""Evidence bundles: what is in them, what other tools say of them, that a changed byte anywhere is
found, and that nothing half is ever left."""

import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import PROGRAM, run, sample, samples, shared_captures  # noqa: E402

ALWAYS = {"SHA256SUMS", "about.json", "flow.pcapng", "report.html", "report.json", "summary.txt"}
FORGED = sample("forged-rst-data-after")


def tool(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)


def pcap_packets(path):
    """Time, sizes and bytes of a classic little-endian pcap's packets."""
    with open(path, "rb") as file:
        data = file.read()
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[struct.unpack_from("<I", data)[0]]
    at, packets = 24, []
    while at < len(data):
        seconds, part, captured, wire = struct.unpack_from("<IIII", data, at)
        packets.append((seconds * 10**9 + part * unit, wire, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return packets


def pcapng_packets(path):
    """The same of a pcapng file in this machine's byte order with stamps in nanoseconds."""
    with open(path, "rb") as file:
        data = file.read()
    at, packets = 0, []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            _, high, low, captured, wire = struct.unpack_from("<IIIII", data, at + 8)
            packets.append(((high << 32) | low, wire, data[at + 28:at + 28 + captured]))
        at += length
    return packets


class Bundle(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="whohungup-bundle-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def bundle(self, *words, name="b", status=(1,)):
        directory = self.path(name)
        ran = run("read", "-q", *words, "-o", directory)
        self.assertIn(ran.status, status, ran.err)
        self.assertEqual(ran.err, "")
        return directory

    def read(self, directory, name):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return file.read()

    # ── what is in it ────────────────────────────────────────────────────────────────────────

    def test_holds_six_files_private_to_the_user_that_sha256sum_accepts(self):
        directory = self.bundle(FORGED)
        self.assertEqual(set(os.listdir(directory)), ALWAYS)
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        for name in ALWAYS:
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode), 0o600)
        self.assertEqual(tool("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=directory).returncode, 0)

    def test_packets_are_byte_for_byte_those_of_the_capture(self):
        self.assertEqual(pcapng_packets(self.bundle(FORGED) + "/flow.pcapng"), pcap_packets(FORGED))

    def test_only_the_judged_flow_is_taken_and_frames_keep_their_old_number_in_about(self):
        others = sample("fin-after-hello")
        merged = self.path("merged.pcap")
        tool("mergecap", "-a", "-F", "nsecpcap", "-w", merged, others, FORGED)
        directory = self.bundle(merged, "--flow", "1")
        self.assertEqual([packet[1:] for packet in pcapng_packets(directory + "/flow.pcapng")],
                         [packet[1:] for packet in pcap_packets(FORGED)])
        before = len(pcap_packets(others))
        self.assertEqual(json.loads(self.read(directory, "about.json"))["original_frames"],
                         list(range(before + 1, before + 10)))

    def test_wireshark_s_tools_accept_the_capture_and_show_the_comments(self):
        capture = self.bundle(FORGED) + "/flow.pcapng"
        info = tool("capinfos", capture)
        self.assertEqual(info.returncode, 0, info.stderr)
        self.assertIn("Number of packets:   9", info.stdout)
        self.assertIn("Capture application: whohungup", info.stdout)
        self.assertEqual(tool("editcap", capture, self.path("again.pcapng")).returncode, 0)
        shown = tool("tshark", "-r", capture, "-Y", "frame.comment", "-T", "fields", "-e", "frame.number", "-e", "frame.comment")
        comments = dict(line.split("\t", 1) for line in shown.stdout.splitlines())
        self.assertEqual(set(comments), {"2", "5", "6", "8"})
        self.assertIn("fact rst-ttl-differs: TTL 61, its sender's ACKs and data 52", comments["5"])
        self.assertIn("verdict middlebox.rst.client_hello (strong)", comments["5"])

    def test_report_json_is_what_read_prints_about_the_bundled_capture(self):
        directory = self.bundle(FORGED)
        again = run("read", "--json", "--failed", "flow.pcapng", cwd=directory)
        self.assertEqual(json.loads(self.read(directory, "report.json")), again.flows[0])

    def test_reading_the_bundled_capture_gives_the_verdict_of_the_whole(self):
        # Silence needs to know how long the capture went on after the flow's last packet.
        for name in ("silence-acked", "silence-unacked", "syn-unanswered", "pmtu-black-hole", "one-direction-only"):
            directory = self.bundle(sample(name), name=name)
            before, after = run("read", "--json", sample(name)), run("read", "--json", directory + "/flow.pcapng")
            self.assertEqual(before.flows[0]["verdict"], after.flows[0]["verdict"], name)

    def test_summary_is_short_enough_for_a_ticket(self):
        for capture in samples():
            directory = self.bundle(capture, name=os.path.basename(os.path.dirname(capture)), status=(0, 1))
            lines = self.read(directory, "summary.txt").splitlines()
            self.assertLess(len(lines), 40, capture)
            self.assertLessEqual(max(map(len, lines)), 100, capture)

    def test_about_says_where_it_comes_from(self):
        about = json.loads(self.read(self.bundle(FORGED), "about.json"))
        self.assertEqual(about["inputs"][0]["sha256"], tool("sha256sum", FORGED).stdout.split()[0])
        self.assertEqual(about["inputs"][0]["bytes"], os.path.getsize(FORGED))
        self.assertIn("-o", about["program"]["command"])
        self.assertIn(os.uname().release, about["machine"]["kernel"])
        self.assertIsNone(about["capture"]["dropped"])

    def test_standard_input_is_kept_until_its_packets_are_needed(self):
        with open(FORGED, "rb") as file:
            ran = run("read", "-q", "-", "-o", self.path("b"), "-w", self.path("w.pcapng"), stdin=file.read())
        self.assertEqual(ran.status, 1, ran.err)
        self.assertEqual(pcapng_packets(self.path("b/flow.pcapng")), pcap_packets(FORGED))
        self.assertEqual(pcapng_packets(self.path("w.pcapng")), pcap_packets(FORGED))

    def test_w_writes_the_failed_flows_of_many_or_all_of_them(self):
        captures = [sample(name) for name in ("forged-rst-data-after", "tls13-completed", "starttls-then-fin")]
        merged = self.path("merged.pcap")
        tool("mergecap", "-a", "-F", "nsecpcap", "-w", merged, *captures)
        self.assertEqual(run("read", "-q", merged, "-w", self.path("w.pcapng")).status, 1)
        self.assertEqual(len(pcapng_packets(self.path("w.pcapng"))),
                         len(pcap_packets(captures[0])) + len(pcap_packets(captures[2])))
        self.assertEqual(run("read", "-q", "--all", merged, "-w", self.path("all.pcapng")).status, 1)
        self.assertEqual(len(pcapng_packets(self.path("all.pcapng"))), len(pcap_packets(merged)))

    def test_w_to_standard_output_would_mix_with_the_report(self):
        ran = run("read", FORGED, "-w", "-")
        self.assertEqual((ran.status, ran.out), (2, ""))
        self.assertIn("-w - and the report cannot both go to standard output", ran.err)

    # ── checking it ──────────────────────────────────────────────────────────────────────────

    def test_every_capture_at_hand_is_bundled_and_verified(self):
        for number, capture in enumerate(samples() + shared_captures("anatomy")):
            ran = run("read", "-q", capture, "-o", self.path(str(number)))
            if ran.status >= 3:
                continue
            self.assertEqual(ran.err, "", capture)
            checked = run("verify", self.path(str(number)))
            self.assertEqual((checked.status, checked.err), (0, ""), f"{capture}: {checked.out}")

    def test_a_changed_byte_anywhere_is_found(self):
        directory = self.bundle(FORGED, "--sign", self.key())
        self.assertEqual(run("verify", directory).status, 0)
        for name in sorted(os.listdir(directory)):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                data = file.read()
            # All bytes of what is not itself summed, and a sample of the rest.
            step = 1 if name.startswith("SHA256SUMS") else max(1, len(data) // 12)
            if name == "SHA256SUMS.sig":
                step = 7  # each costs a run of ssh-keygen
            for at in list(range(0, len(data), step)) + [len(data) - 1]:
                with open(path, "wb") as file:
                    file.write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                self.assertNotEqual(run("verify", "-q", directory).status, 0, f"{name} byte {at}")
            with open(path, "wb") as file:
                file.write(data)
        self.assertEqual(run("verify", directory).status, 0)

    def test_files_that_are_missing_or_too_many_are_named(self):
        directory = self.bundle(FORGED)
        os.remove(os.path.join(directory, "summary.txt"))
        with open(os.path.join(directory, "notes.txt"), "w", encoding="utf-8") as file:
            file.write("mine")
        ran = run("verify", directory)
        self.assertEqual(ran.status, 1)
        self.assertIn("summary.txt: is not there", ran.out)
        self.assertIn("notes.txt: does not belong to the bundle", ran.out)

    def test_a_forged_report_with_right_sums_does_not_follow_from_the_capture(self):
        directory = self.bundle(FORGED)
        report = self.read(directory, "report.json")
        changed = report.replace('"actor":"middlebox"', '"actor":"server"').replace("TTL 61", "TTL 52")
        self.assertNotEqual(report, changed)
        with open(os.path.join(directory, "report.json"), "w", encoding="utf-8") as file:
            file.write(changed)
        self.sum_again(directory)
        ran = run("verify", directory)
        self.assertEqual(ran.status, 1)
        self.assertIn('flow 0: verdict.actor is "server", judged again "middlebox"', ran.out)
        self.assertIn("flow 0: facts rst-ttl-differs is", ran.out)

    def sum_again(self, directory):
        names = [line.split("  ")[1] for line in self.read(directory, "SHA256SUMS").splitlines()]
        sums = tool("sha256sum", *names, cwd=directory).stdout
        with open(os.path.join(directory, "SHA256SUMS"), "w", encoding="utf-8") as file:
            file.write(sums)

    def key(self):
        if shutil.which("ssh-keygen") is None:
            self.skipTest("ssh-keygen is not installed")
        key = self.path("key")
        if not os.path.exists(key):
            self.assertEqual(tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ops@example.org", "-f", key).returncode, 0)
        return key

    def test_ssh_keygen_checks_the_signature_and_verify_knows_the_signer(self):
        key = self.key()
        directory = self.bundle(FORGED, "--sign", key)
        with open(key + ".pub", encoding="utf-8") as file, open(self.path("signers"), "w", encoding="utf-8") as signers:
            signers.write("ops@example.org " + file.read())
        with open(directory + "/SHA256SUMS", encoding="utf-8") as sums:
            checked = tool("ssh-keygen", "-Y", "verify", "-f", self.path("signers"), "-I", "ops@example.org",
                           "-n", "whohungup-bundle", "-s", directory + "/SHA256SUMS.sig", stdin=sums)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        ran = run("verify", directory, "--signers", self.path("signers"))
        self.assertEqual(ran.status, 0, ran.out)
        self.assertIn("Good \"whohungup-bundle\" signature for ops@example.org", ran.out)
        with open(self.path("others"), "w", encoding="utf-8") as file:
            file.write("someone@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvq7JxM0bYf0Fb0Tt0Kqk0o1Jm0o0X0f0Jm0o0X0f0J\n")
        self.assertEqual(run("verify", directory, "--signers", self.path("others")).status, 1)

    # ── writing it ───────────────────────────────────────────────────────────────────────────

    def test_never_overwrites(self):
        os.mkdir(self.path("there"))
        ran = run("read", FORGED, "-o", self.path("there"))
        self.assertEqual(ran.status, 3)
        self.assertEqual(ran.err, f"whohungup: {self.path('there')}: it exists already and is not overwritten; choose another name\n")
        self.assertEqual(os.listdir(self.path("there")), [])

    def test_an_unwritable_place_is_named_and_nothing_is_left(self):
        ran = run("read", "-q", FORGED, "-o", self.path("no/such/place"))
        self.assertEqual(ran.status, 3)
        self.assertIn("cannot be created: No such file or directory", ran.err)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_key_that_cannot_sign_leaves_nothing(self):
        if shutil.which("ssh-keygen") is None:
            self.skipTest("ssh-keygen is not installed")
        ran = run("read", "-q", FORGED, "-o", self.path("b"), "--sign", self.path("nokey"))
        self.assertEqual(ran.status, 3)
        self.assertIn("cannot sign with", ran.err)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_full_disk_leaves_no_half_bundle_and_is_told(self):
        for blocks in range(4, 64, 12):  # full at the report, the packets, the sums …
            script = (f"mount -t tmpfs -o size={blocks * 1024},nr_inodes=64 none {self.folder} || exit 77\n"
                      f"TMPDIR=/tmp {PROGRAM} read -q {FORGED} -o {self.folder}/b >/dev/null\n"
                      f"echo status $?; ls -A {self.folder}")
            done = tool("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script)
            if done.returncode == 77 or "unshare" in done.stderr:
                self.skipTest("no tmpfs can be mounted here: " + done.stderr)
            lines = done.stdout.split("\n")
            if lines[0] == "status 1":  # there was room for all of it
                self.assertEqual(lines[1], "b")
                continue
            self.assertEqual(lines, ["status 3", ""], f"{blocks} kB: {done.stdout}")
            self.assertRegex(done.stderr, "disk is full|No space left on device")

    def test_no_judged_flow_no_bundle(self):
        capture = self.path("none.pcap")
        with open(FORGED, "rb") as file, open(capture, "wb") as out:
            out.write(file.read(24))
        self.assertEqual(run("read", "-q", capture, "-o", self.path("b")).status, 4)
        self.assertFalse(os.path.exists(self.path("b")))


if __name__ == "__main__":
    unittest.main()
