"""Evidence bundles: what is in them, what other tools say of them, and that nothing half is ever
left."""

import gzip
import hashlib
import json
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from bundle import ALWAYS, FORGED, BundleTest, pcap_packets, pcapng_packets, tool  # noqa: E402
from program import PROGRAM, run, sample, samples  # noqa: E402


class Bundle(BundleTest):
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

    def test_so_is_the_summary_of_many(self):
        for captures in (samples()[:12], [sample("ipv6-rst")] * 3, samples()):
            directory = self.bundle("--all", *captures, name=str(len(captures)))
            lines = self.read(directory, "summary.txt").splitlines()
            self.assertLess(len(lines), 40)
            self.assertLessEqual(max(map(len, lines)), 100)

    def test_about_says_where_it_comes_from(self):
        about = json.loads(self.read(self.bundle(FORGED), "about.json"))
        self.assertEqual(about["inputs"][0]["sha256"], tool("sha256sum", FORGED).stdout.split()[0])
        self.assertEqual(about["inputs"][0]["bytes"], os.path.getsize(FORGED))
        self.assertEqual(about["inputs"][0]["summed"], "before it was read")
        self.assertIn("-o", about["program"]["command"])
        self.assertIn(os.uname().release, about["machine"]["kernel"])
        self.assertIsNone(about["capture"]["dropped"])

    def test_standard_input_is_kept_until_its_packets_are_needed(self):
        with open(FORGED, "rb") as file:
            ran = run("read", "-q", "-", "-o", self.path("b"), "-w", self.path("w.pcapng"), stdin=file.read())
        self.assertEqual(ran.status, 1, ran.err)
        self.assertEqual(pcapng_packets(self.path("b/flow.pcapng")), pcap_packets(FORGED))
        self.assertEqual(pcapng_packets(self.path("w.pcapng")), pcap_packets(FORGED))

    def test_so_is_a_pipe_that_the_shell_gave_a_name(self):
        done = tool("bash", "-c", f"{PROGRAM} read -q <(cat {FORGED}) -o {self.path('b')}")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertEqual(pcapng_packets(self.path("b/flow.pcapng")), pcap_packets(FORGED))
        self.assertEqual(self.input_of("b")["sha256"], tool("sha256sum", FORGED).stdout.split()[0])

    def input_of(self, name):
        """What about.json says of the one input; the bundle must verify."""
        ran = run("verify", "-q", self.path(name))
        self.assertEqual((ran.status, ran.out), (0, ""))
        return json.loads(self.read(self.path(name), "about.json"))["inputs"][0]

    def test_what_can_be_read_only_once_is_summed_while_it_is_read(self):
        with open(FORGED, "rb") as file:
            data = file.read()
        # Through a pipe, packed, and cut in the middle of a packet: always of what the pipe carried.
        for name, content in (("plain", data), ("packed", gzip.compress(data)), ("damaged", data[:-20])):
            run("read", "-q", "-", "-o", self.path(name), stdin=content)
            said = self.input_of(name)
            self.assertEqual(said, {"file": "-", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
                                    "summed": "while it was read", "whole": True}, name)
            self.assertIn(f"Taken from standard input, SHA-256 {said['sha256']} of its {len(content)} bytes, as they were read",
                          self.read(self.path(name), "report.html"))

    def test_of_a_pipe_that_was_not_read_to_its_end_the_sum_is_of_what_was(self):
        capture = self.long_capture(4000)  # some megabytes: more than is read at once
        with open(capture, "rb") as file:
            data = file.read()
        done = tool("bash", "-c", f"cat {capture} | {PROGRAM} read -q --flow 0 - -o {self.path('b')}")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        said = self.input_of("b")
        self.assertFalse(said["whole"])
        self.assertLess(said["bytes"], len(data))
        self.assertEqual(said["sha256"], hashlib.sha256(data[:said["bytes"]]).hexdigest())
        self.assertIn(f"of its first {said['bytes']} bytes", self.read(self.path("b"), "report.html"))

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

    def test_w_never_destroys_its_input_by_whatever_name(self):
        capture = self.path("in.pcap")
        shutil.copy(FORGED, capture)
        os.symlink(capture, self.path("symbolic"))
        os.link(capture, self.path("hard"))
        for name in ("in.pcap", "symbolic", "hard"):
            ran = run("read", "-q", capture, "-w", self.path(name))
            self.assertEqual((ran.status, ran.out), (2, ""), name)
            self.assertIn("would destroy the input", ran.err)
            self.assertEqual(pcap_packets(capture), pcap_packets(FORGED))

    def test_w_is_private_to_the_user(self):
        run("read", "-q", FORGED, "-w", self.path("w.pcapng"))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("w.pcapng")).st_mode), 0o600)

    def test_anonymize_without_anything_to_write_would_print_the_true_addresses(self):
        ran = run("read", FORGED, "--anonymize")
        self.assertEqual((ran.status, ran.out), (2, ""))
        self.assertIn("--anonymize is about what -o and -w write", ran.err)

    def test_an_empty_name_is_no_place(self):
        for option in ("-o", "-w"):
            ran = run("read", FORGED, option, "")
            self.assertEqual((ran.status, ran.out), (2, ""))
            self.assertIn("needs a name", ran.err)

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

    def long_capture(self, copies):
        """The same flow again and again, seconds apart: writing its bundle takes a while."""
        with open(FORGED, "rb") as file:
            data = file.read()
        long = bytearray(data[:24])
        for copy in range(copies):
            at = 24
            while at < len(data):
                seconds, part, captured, wire = struct.unpack_from("<IIII", data, at)
                long += struct.pack("<IIII", seconds + 600 * copy, part, captured, wire)
                long += data[at + 16:at + 16 + captured]
                at += 16 + captured
        with open(self.path("long.pcap"), "wb") as file:
            file.write(long)
        return self.path("long.pcap")

    def has_part_of_a_bundle(self):
        return any(".partial-" in name for name in os.listdir(self.folder))

    def test_an_interrupt_leaves_a_whole_bundle_or_none(self):
        capture = self.long_capture(120)
        took = time.monotonic()
        self.bundle(capture, name="b")
        took = time.monotonic() - took
        shutil.rmtree(self.path("b"))
        left = set()
        for number, signals in enumerate([(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)] * 3):
            program = subprocess.Popen([PROGRAM, "read", "-q", capture, "-o", self.path("b")], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            # The first three come as soon as there is something of a bundle, the others at any time.
            begun = time.monotonic()
            while number < 3 and not self.has_part_of_a_bundle() and time.monotonic() < begun + 20:
                time.sleep(0.001)
            time.sleep(0 if number < 3 else took * (number + 1) / 10)
            for one in signals:
                program.send_signal(one)
                time.sleep(0.005)
            program.wait(timeout=60)
            deadline = time.monotonic() + 20  # the keeper clears up behind one who was killed
            while self.has_part_of_a_bundle() and time.monotonic() < deadline:
                time.sleep(0.05)
            names = set(os.listdir(self.folder)) - {"long.pcap"}
            self.assertLessEqual(names, {"b"}, f"signals {signals} after {number + 1}/10 of {took:.1f} s")
            left.add(bool(names))
            if names:
                checked = run("verify", "-q", self.path("b"))
                self.assertEqual((checked.status, checked.out), (0, ""))
                shutil.rmtree(self.path("b"))
        self.assertIn(False, left, "no signal came in the middle of writing")

    def test_what_was_stopped_early_says_so_everywhere(self):
        program = subprocess.Popen([PROGRAM, "read", "-", "-o", self.path("b")], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with open(self.long_capture(20), "rb") as file:
            program.stdin.write(file.read())
        program.stdin.flush()  # and no end of file
        time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        self.assertIn(b"stopped early", program.communicate(timeout=60)[0])
        about = json.loads(self.read(self.path("b"), "about.json"))
        self.assertTrue(about["capture"]["stopped_early"])
        for name in ("summary.txt", "report.html"):
            self.assertIn("Stopped early: the input holds more than was read", self.read(self.path("b"), name))
        self.assertIn('"interrupted":true', self.read(self.path("b"), "report.json"))
        self.assertEqual(run("verify", self.path("b")).status, 0)

    def test_no_judged_flow_no_bundle(self):
        capture = self.path("none.pcap")
        with open(FORGED, "rb") as file, open(capture, "wb") as out:
            out.write(file.read(24))
        self.assertEqual(run("read", "-q", capture, "-o", self.path("b")).status, 4)
        self.assertFalse(os.path.exists(self.path("b")))


if __name__ == "__main__":
    unittest.main()
