#!/usr/bin/env python3
"""`read --threads N` writes the same bytes as one thread does, whatever is asked and read."""
import glob
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.environ["WHOHUNGUP"]
SOURCE = os.environ["WHOHUNGUP_SOURCE"]
GENERATE = os.path.join(os.environ["WHOHUNGUP_TEST_TOOLS"], "generate")


def told(capture, options, threads, stdin=None):
    ran = subprocess.run([PROGRAM, "read", *options, "--threads", str(threads), capture],
                         capture_output=True, check=False, stdin=stdin, timeout=120)
    return ran.returncode, hashlib.sha256(ran.stdout).hexdigest(), ran.stderr


def check(capture, options, threads=(2, 3)):
    alone = told(capture, options, 1)
    assert alone[0] in (0, 1, 4), alone
    for number in threads:
        assert told(capture, options, number) == alone, (capture, options, number)


def generated(folder, kind, amount):
    path = os.path.join(folder, f"{kind}.pcap")
    subprocess.run([GENERATE, kind, path, str(amount)], check=True)
    return path


def squeezed(path, whole):
    """The first part of a file, gzipped, and cut short if not `whole`."""
    with open(path, "rb") as plain:
        packed = gzip.compress(plain.read(4_000_000), 1)
    name = path + (".whole.gz" if whole else ".cut.gz")
    with open(name, "wb") as out:
        out.write(packed if whole else packed[:-5_000])
    return name


def damaged_zstd(path):
    """The file packed by zstd, and some bytes in the middle wrong; nothing without zstd."""
    name = path + ".damaged.zst"
    if not shutil.which("zstd"):
        return []
    packed = bytearray(subprocess.run(["zstd", "-q", "-c", path], check=True, capture_output=True).stdout)
    middle = len(packed) // 5
    packed[middle:middle + 8] = bytes(byte ^ 0x5a for byte in packed[middle:middle + 8])
    with open(name, "wb") as out:
        out.write(packed)
    return [name]


def main():
    with tempfile.TemporaryDirectory() as folder:
        mixed = generated(folder, "mixed", 20_000_000)
        adversary = generated(folder, "adversary", 300)
        flood = generated(folder, "flood", 5_000)
        for options in (["--json"], [], ["--all"], ["--all", "-v"], ["--json", "--failed"],
                        ["--summary"], ["--json", "--summary"]):
            check(mixed, options)
        check(adversary, ["--json"])
        check(flood, ["--json"])
        # Which flows a limit ends does not depend on who judges them.
        check(mixed, ["--json", "--memory", "3M"])
        check(adversary, ["--json", "--memory", "2M"])
        # Unpacked in a thread of its own; damage is told of the same flows.
        check(squeezed(mixed, True), ["--json"])
        check(squeezed(mixed, False), ["--json"])
        for name in damaged_zstd(mixed):
            check(name, ["--json"])
            with open(name, "rb") as one, open(name, "rb") as other:
                assert told("-", ["--json"], 2, one) == told("-", ["--json"], 1, other)
        with open(flood, "rb") as one, open(flood, "rb") as other:
            assert told("-", ["--json"], 2, one) == told("-", ["--json"], 1, other)
    samples = sorted(glob.glob(os.path.join(SOURCE, "samples", "*", "capture.pcap*")))
    assert samples
    for capture in samples:
        check(capture, ["--json"], threads=(2,))
    return 0


if __name__ == "__main__":
    sys.exit(main())
