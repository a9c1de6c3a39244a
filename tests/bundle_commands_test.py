"""Every command and filter that a report prints shows exactly the frames it promises."""

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import run, sample, samples  # noqa: E402


def shown(words, folder):
    """What tshark prints."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="whohungup-commands-")
        self.addCleanup(shutil.rmtree, self.folder)

    def bundle(self, capture):
        directory = os.path.join(self.folder, str(len(os.listdir(self.folder))))
        self.assertIn(run("read", "-q", capture, "-o", directory).status, (0, 1))
        with open(directory + "/report.json", encoding="utf-8") as file:
            flow = json.loads(file.readline())
        with open(directory + "/report.html", encoding="utf-8") as file:
            return directory, flow, file.read()

    def test_of_the_page_show_the_frames_they_are_about(self):
        for capture in samples()[::4]:
            directory, flow, page = self.bundle(capture)
            commands = [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.S)]
            cited = flow["cited"] or flow["verdict"]["frames"]
            for command in commands:
                words = shlex.split(command)
                if words[0] != "tshark":
                    continue
                self.assertEqual(words[1:3], ["-r", "flow.pcapng"])
                filtered = words[words.index("-Y") + 1] if "-Y" in words else ""
                if filtered.startswith("frame.number"):
                    out = shown([*words, "-T", "fields", "-e", "frame.number"], directory)
                    self.assertEqual([int(line) for line in out.split()], cited, (capture, command))

    def test_of_the_page_run_as_printed(self):
        for name in ("forged-rst-data-after", "ipv6-rst", "icmp-admin-prohibited-hello", "silence-acked",
                     "starttls-refused", "proxy-header-unexpected", "linux-cooked-capture"):
            directory, flow, page = self.bundle(sample(name))
            cited = set(flow["cited"] or flow["verdict"]["frames"])
            for command in (html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.S)):
                words = shlex.split(command)
                if words[0] == "sha256sum":
                    shown(words, directory)
                elif words[0] == "whohungup":
                    self.assertEqual(run(*words[1:], cwd=directory).status, 0, name)
                elif words[-1] == "frame.comment":
                    lines = shown(words, directory).splitlines()
                    self.assertLessEqual({int(line.split("\t")[0]) for line in lines}, cited | set(flow["verdict"]["frames"]))
                    self.assertTrue(all(("fact " in line or "verdict " in line) for line in lines), name)
                elif "-T" in words:  # the fields the facts compare: one line a packet, the numbers of the report
                    lines = [line.split("\t") for line in shown(words, directory).splitlines()]
                    self.assertEqual([int(line[0]) for line in lines], flow["flow"]["frames"], name)
                    fields = [word for before, word in zip(words, words[1:]) if before == "-e"]
                    self.assertEqual(len(lines[0]), len(fields), name)
                else:
                    self.assertTrue(shown(words, directory), command)

    def test_every_filter_of_the_evidence_shows_its_frames(self):
        for name in ("forged-rst-data-after", "forged-rst-triplet", "pmtu-black-hole", "starttls-then-fin"):
            directory, flow, page = self.bundle(sample(name))
            filters = re.findall(r"<code>(frame\.number in \{[\d,]+\})</code>", page)
            self.assertEqual(len(filters), len(flow["evidence"]) + len(flow["dissent"]), name)
            for reason, printed in zip(flow["evidence"] + flow["dissent"], filters):
                out = shown(["tshark", "-r", "flow.pcapng", "-Y", printed, "-T", "fields", "-e", "frame.number"], directory)
                self.assertEqual([int(line) for line in out.split()], sorted(set(reason["frames"])), (name, reason["rule"]))

    def test_of_the_story_shows_the_cited_frames_of_the_input(self):
        for capture in samples()[::6]:
            story = run("read", "--flow", "0", os.path.basename(capture), cwd=os.path.dirname(capture)).out
            words = shlex.split(story.rsplit("see the packets: ", 1)[1])
            out = shown([*words, "-T", "fields", "-e", "frame.number"], os.path.dirname(capture))
            flow = run("read", "--json", capture).flows[0]
            self.assertEqual([int(line) for line in out.split()], flow["cited"] or flow["verdict"]["frames"], capture)


if __name__ == "__main__":
    unittest.main()
