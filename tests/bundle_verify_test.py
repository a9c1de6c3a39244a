"""`whohungup verify`: a changed byte anywhere is found, and so is whatever does not belong to a bundle
or does not follow from its capture."""

import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from bundle import ALWAYS, FORGED, BundleTest, tool  # noqa: E402
from program import run, sample, samples, shared_captures  # noqa: E402


class Verify(BundleTest):
    def test_every_capture_at_hand_is_bundled_and_verified(self):
        for number, capture in enumerate(samples() + shared_captures("anatomy")):
            ran = run("read", "-q", capture, "-o", self.path(str(number)))
            if ran.status >= 3:
                continue
            self.assertEqual(ran.err, "", capture)
            lines = self.read(self.path(str(number)), "summary.txt").splitlines()
            self.assertLess(len(lines), 40, capture)
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

    def replaced(self, name, directory, make):
        """Puts something else in the place of a file of the bundle."""
        path = os.path.join(directory, name)
        os.rename(path, self.path("aside"))
        make(path)

    def test_what_is_no_file_is_named_and_never_waited_for(self):
        for name in sorted(ALWAYS | {"SHA256SUMS.sig"}):
            directory = self.bundle(FORGED, "--sign", self.key(), name=name + ".d")
            self.replaced(name, directory, os.mkfifo)
            ran = run("verify", directory)
            if name == "SHA256SUMS":  # without it there is no bundle
                self.assertEqual(ran.status, 3)
                self.assertIn("SHA256SUMS: cannot be read", ran.err)
                continue
            self.assertEqual((ran.status, ran.err), (1, ""), name)
            self.assertIn(f"DIFFERS  {name}: is no file", ran.out)

    def test_a_page_that_says_something_else_differs_though_its_sum_is_right(self):
        one = self.bundle(FORGED, name="one")
        many = self.bundle(*(sample(name) for name in ("fin-after-hello", "ipv6-rst")), name="many")
        for directory, name, word in ((one, "report.html", "something on the path"), (one, "summary.txt", "strong"),
                                      (many, "flows/flow-1.html", "strong"), (many, "report.html", "hung up on")):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                true = file.read()
            self.assertIn(word.encode(), true)
            with open(path, "wb") as file:
                file.write(true.replace(word.encode(), b"X" * len(word), 1))
            self.sum_again(directory)
            ran = run("verify", "-q", directory)
            self.assertEqual((ran.status, ran.out),
                             (1, f"DIFFERS  {name}: does not say what follows from flow.pcapng\n"))
            with open(path, "wb") as file:
                file.write(true)
            self.sum_again(directory)
            self.assertEqual(run("verify", "-q", directory).status, 0)

    def falsified(self, directory, name, change):
        """What verify says of a bundle in which one file was changed and the sums made anew."""
        path = os.path.join(directory, name)
        with open(path, "rb") as file:
            true = file.read()
        changed = change(true)
        self.assertNotEqual(true, changed)
        with open(path, "wb") as file:
            file.write(changed)
        self.sum_again(directory)
        ran = run("verify", "-q", directory)
        with open(path, "wb") as file:
            file.write(true)
        self.sum_again(directory)
        self.assertEqual((ran.status, ran.err), (1, ""))
        return ran.out

    def test_a_comment_in_the_capture_that_says_something_else_differs(self):
        directory = self.bundle(FORGED)
        said = self.falsified(directory, "flow.pcapng", lambda data: data.replace(b"TTL 61, its", b"TTL 52, its", 1))
        self.assertEqual(said, "DIFFERS  flow.pcapng: frame 5: the comment is \"fact rst-ttl-differs: TTL 52, its sender's ACKs "
                               "and data 52\", judged again \"fact rst-ttl-differs: TTL 61, its sender's ACKs and data 52\"\n")
        # Made an option that nobody knows, it is no comment any more; and a comment more is one too many.
        option = b"\1\0" + bytes([len("fact rst-ttl-differs: TTL 61, its sender's ACKs and data 52")]) + b"\0fact rst-ttl-differs"
        said = self.falsified(directory, "flow.pcapng", lambda data: data.replace(option, b"\x99\x09" + option[2:], 1))
        self.assertIn("flow.pcapng: frame 5: the comment \"fact rst-ttl-differs", said)
        self.assertIn("is missing, which follows from the packets", said)

    def test_a_comment_too_many_differs(self):
        directory = self.bundle(FORGED)
        tool("editcap", "-a", "1:the server did it", directory + "/flow.pcapng", self.path("more.pcapng"))
        with open(self.path("more.pcapng"), "rb") as file:
            said = self.falsified(directory, "flow.pcapng", lambda _: file.read())
        self.assertIn("DIFFERS  flow.pcapng: frame 1: the comment \"the server did it\" does not follow from the packets\n", said)

    def test_what_wireshark_would_show_beside_the_packets_is_the_program_s_own(self):
        directory = self.bundle(FORGED)
        capture = directory + "/flow.pcapng"
        tool("editcap", "--discard-capture-comment", capture, self.path("bare.pcapng"))
        tool("editcap", "--capture-comment", "they admitted it", self.path("bare.pcapng"), self.path("told.pcapng"))
        with open(self.path("told.pcapng"), "rb") as file:
            said = self.falsified(directory, "flow.pcapng", lambda _: file.read())
        self.assertIn('DIFFERS  flow.pcapng: the comment on the whole file, "they admitted it", is not this program\'s\n', said)
        record = bytes([10, 77, 2, 2]) + b"evil.example\0"
        names = b"\1\0" + len(record).to_bytes(2, "little") + record + bytes(-len(record) % 4) + bytes(4)
        size = (12 + len(names)).to_bytes(4, "little")
        said = self.falsified(directory, "flow.pcapng", lambda data: data + b"\4\0\0\0" + size + names + size)
        self.assertIn("DIFFERS  flow.pcapng: holds a block of type 0x4,", said)
        self.assertEqual(run("verify", "-q", directory).status, 0)

    def test_what_about_json_says_of_the_capture_is_compared_with_it(self):
        directory = self.bundle(FORGED)
        self.assertIn("about.json tells of 8 packets, flow.pcapng holds 9",
                      self.falsified(directory, "about.json", lambda data: data.replace(b'"packets":9', b'"packets":8')))
        self.assertIn("about.json and flow.pcapng do not describe interface 0 alike",
                      self.falsified(directory, "about.json", lambda data: data.replace(b'"snaplen":', b'"snaplen":1')))

        for contradiction, before, after in (
                ("capture.begin is not the moment of capture.begin_ns", b'"begin":"2', b'"begin":"1'),
                ("capture.end is not the moment of capture.end_ns", b'"end_ns":1', b'"end_ns":2'),
                ("anonymized is true, and changes are not", b'"anonymized":false', b'"anonymized":true'),
                ("anonymized is false, and changes are listed", b'"changes":[]', b'"changes":["names"]')):
            said = self.falsified(directory, "about.json", lambda data: data.replace(before, after))
            self.assertIn("DIFFERS  about.json: " + contradiction, said)
        interfaces = json.loads(self.read(directory, "about.json"))["capture"]["interfaces"]
        one = json.dumps(interfaces[0], separators=(",", ":")).encode()
        self.assertIn("about.json describes 2 interfaces, flow.pcapng 1",
                      self.falsified(directory, "about.json", lambda data: data.replace(one, one + b"," + one)))

    def test_a_sum_that_sha256sum_would_not_write_so_is_named(self):
        for change, said in ((lambda sums: sums + sums.splitlines(True)[0], "line 6 names a file again"),
                             (lambda sums: sums.replace("\n", "\r\n"), "its lines end as on Windows"),
                             (lambda sums: sums.upper(), "line 1 is not 64 digits and small letters")):
            directory = self.bundle(FORGED, name=said[:9])
            sums = change(self.read(directory, "SHA256SUMS"))
            with open(directory + "/SHA256SUMS", "w", encoding="utf-8", newline="") as file:
                file.write(sums)
            ran = run("verify", directory)
            self.assertEqual(ran.status, 1)
            self.assertIn(said, ran.out)

    def test_what_nothing_can_check_is_said(self):
        directory = self.bundle(FORGED)
        self.assertIn("on trust about.json: command line, version, ports",
                      run("verify", directory).out)
        for name in ("probe.json", "trace.json"):
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
                file.write("{}\n")
            self.add_sum(directory, name)
            ran = run("verify", directory)
            if name == "probe.json":
                self.assertIn("on trust probe.json: what the sender's sockets saw\n", ran.out)
            else:  # where nothing was compared, no trace belongs to it
                self.assertIn("DIFFERS  trace.json: is no part of a bundle, though it has a sum\n", ran.out)

    def test_a_file_of_somebody_s_own_is_named_though_it_has_a_sum(self):
        directory = self.bundle(FORGED)
        with open(directory + "/report-final.html", "w", encoding="utf-8") as file:
            file.write("<h1>It was the server</h1>")
        self.add_sum(directory, "report-final.html")
        ran = run("verify", "-q", directory)
        self.assertEqual((ran.status, ran.out), (1, "DIFFERS  report-final.html: is no part of a bundle, though it has a sum\n"))

    def test_another_version_in_about_json_hides_nothing(self):
        directory = self.bundle(FORGED)
        path = os.path.join(directory, "summary.txt")
        with open(path, "a", encoding="utf-8") as file:
            file.write("The server did it.\n")
        version = f'"version":"{json.loads(self.read(directory, "about.json"))["program"]["version"]}"'.encode()
        said = self.falsified(directory, "about.json", lambda data: data.replace(version, b'"version":"99.0"', 1))
        self.assertIn("DIFFERS  summary.txt: does not say what follows from flow.pcapng\n", said)
        self.assertIn("it was written by version 99.0, this is", said)

    def test_a_link_is_named_even_if_it_leads_to_the_very_file(self):
        for name in sorted(ALWAYS | {"SHA256SUMS.sig"}):
            directory = self.bundle(FORGED, "--sign", self.key(), name=name + ".d")
            self.replaced(name, directory, lambda path: os.symlink(self.path("aside"), path))
            ran = run("verify", directory)
            self.assertEqual((ran.status, ran.err), (1, ""), name)
            self.assertIn(f"DIFFERS  {name}: is a link, not a file", ran.out)

    def test_an_empty_folder_does_not_belong_to_it(self):
        directory = self.bundle(FORGED)
        os.mkdir(directory + "/more")
        ran = run("verify", directory)
        self.assertEqual(ran.status, 1)
        self.assertIn("more: does not belong to the bundle", ran.out)

    def test_what_was_changed_beyond_reading_differs(self):
        for name in ("about.json", "flow.pcapng"):
            directory = self.bundle(FORGED, name=name + ".d")
            with open(os.path.join(directory, name), "r+b") as file:
                file.write(b"?")
            ran = run("verify", directory)
            self.assertEqual((ran.status, ran.err), (1, ""))
            self.assertIn(f"DIFFERS  {name}: was changed since the bundle was written", ran.out)
            self.assertIn(f"DIFFERS  flow.pcapng was not judged again, since {name} was changed", ran.out)

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

    def test_ssh_keygen_checks_the_signature_and_verify_knows_the_signer(self):
        key = self.key()
        directory = self.bundle(FORGED, "--sign", key)
        self.assertEqual({os.stat(os.path.join(directory, name)).st_mode & 0o777 for name in os.listdir(directory)}, {0o600})
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

    def test_a_signer_may_have_several_names(self):
        key = self.key()
        directory = self.bundle(FORGED, "--sign", key)
        with open(key + ".pub", encoding="utf-8") as file, open(self.path("signers"), "w", encoding="utf-8") as signers:
            signers.write("ops@example.org,noc@example.org " + file.read())
        ran = run("verify", directory, "--signers", self.path("signers"))
        self.assertEqual(ran.status, 0, ran.out)

    def test_signers_that_cannot_be_read_are_no_verdict_on_the_bundle(self):
        ran = run("verify", self.bundle(FORGED, "--sign", self.key()), "--signers", self.path("nobody"))
        self.assertEqual((ran.status, ran.out), (3, ""))
        self.assertIn("nobody: cannot be read: No such file or directory", ran.err)


if __name__ == "__main__":
    unittest.main()
