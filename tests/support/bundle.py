"""Writing bundles in a test, and reading what is in them."""

import os
import shutil
import struct
import subprocess
import tempfile
import unittest

from program import run, sample

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


class BundleTest(unittest.TestCase):
    """With a folder of its own to write bundles in."""

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

    def sum_again(self, directory):
        names = [line.split("  ")[1] for line in self.read(directory, "SHA256SUMS").splitlines()]
        sums = tool("sha256sum", *names, cwd=directory).stdout
        with open(os.path.join(directory, "SHA256SUMS"), "w", encoding="utf-8") as file:
            file.write(sums)

    def add_sum(self, directory, name):
        with open(os.path.join(directory, "SHA256SUMS"), "a", encoding="utf-8") as sums:
            sums.write(tool("sha256sum", name, cwd=directory).stdout)

    def key(self):
        if shutil.which("ssh-keygen") is None:
            self.skipTest("ssh-keygen is not installed")
        key = self.path("key")
        if not os.path.exists(key):
            self.assertEqual(tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ops@example.org", "-f", key).returncode, 0)
        return key
