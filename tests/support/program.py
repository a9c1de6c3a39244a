"""Running the built program from a test script, and finding captures to run it on."""

import glob
import json
import os
import subprocess
import sys

PROGRAM = os.environ.get("WHOHUNGUP", "build/release/whohungup")
SOURCE = os.environ.get("WHOHUNGUP_SOURCE", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SHARED = os.environ.get("WHOHUNGUP_SHARED", os.path.join(SOURCE, "..", "shared"))

CAPTURE_ENDINGS = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".pcap.zst", ".ntar")


def sample(name):
    """The capture of one folder of samples/."""
    return glob.glob(os.path.join(SOURCE, "samples", name, "capture.pcap*"))[0]


def samples():
    return sorted(glob.glob(os.path.join(SOURCE, "samples", "*", "capture.pcap*")))


def shared_captures(folder):
    """The captures below shared/captures/FOLDER; none where it is absent."""
    found = []
    for directory, _, files in os.walk(os.path.join(SHARED, "captures", folder)):
        found += [os.path.join(directory, file) for file in files if file.endswith(CAPTURE_ENDINGS)]
    return sorted(found)


class Ran:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def flows(self):
        return [thing for thing in self.objects if thing["type"] == "flow"]

    @property
    def summary(self):
        return self.objects[-1]


def run(*words, stdin=None, env=None, cwd=None):
    """Runs the program to its end. Output is text; broken UTF-8 fails the test."""
    done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, timeout=300, cwd=cwd,
                          env={**os.environ, **(env or {})})
    done.stdout, done.stderr = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    return Ran(done)


def skip(why):
    print("skipped:", why)
    sys.exit(77)
