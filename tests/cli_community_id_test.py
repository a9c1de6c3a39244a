"""Our Community IDs are Wireshark's."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import run, samples, skip  # noqa: E402


def wiresharks(capture):
    """The Community ID of each frame, by tshark."""
    done = subprocess.run(["tshark", "--enable-protocol", "communityid", "-r", capture, "-T", "fields", "-e", "frame.number",
                           "-e", "communityid"], capture_output=True, text=True, timeout=120)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {int(row[0]): row[1].split(",") for row in rows if len(row) == 2 and row[1]}


def main():
    if shutil.which("tshark") is None:
        skip("tshark is not installed")
    checked, broken = 0, 0
    for capture in samples():
        theirs = wiresharks(capture)
        for flow in run("read", "--json", capture).flows:
            frame = flow["flow"]["frames"][0]
            if frame not in theirs:
                continue
            checked += 1
            if flow["flow"]["community_id"] not in theirs[frame]:
                print(f"{capture}: frame {frame}: {flow['flow']['community_id']} is not in {theirs[frame]}")
                broken += 1
    print(f"{checked} flows compared, {broken} differ")
    return 1 if broken or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
