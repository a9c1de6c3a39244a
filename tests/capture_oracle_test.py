"""Holds the readers against tshark, frame by frame, over every capture at hand: the same numbers,
times to the nanosecond, and lengths; and against the list of format facts that came with the
captures: packets, truncation, link types.

Starting tshark costs a third of a second, so plain pcap files, nearly all alike, are held against
it one in five; WHOHUNGUP_THOROUGH=1 takes them all."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

# Why tshark and this program rightly differ about a capture.
ARGUED = {
    # Not pcap or pcapng: refused, with the command that converts them.
    "iphttps.cap": "netmon", "forensics5.cap": "netmon", "ICA.snoop": "snoop",
    "20102008184715.pcap": "snoop", "tcpshake.cap": "netxray", "manish123.cap": "netxray",
    # tshark gives up at a Bluetooth frame without its pseudo-header, 2 frames before the end.
    "pcap-ng_Wi-Fi_Bluetooth_USB_Cooked_timestamps_issue_1.ntar": "tshark stops early",
}
LAST_SECOND = 9223372036 // 2 - 8  # times stop there, see time_from() in capture/capture_file.h
LINKS = {"EN10MB": 1, "LINUX_SLL": 113, "LINUX_SLL2": 276, "NULL": 0, "RAW": 101, "PPP": 9}


def clamped(row):
    """A row of tshark's: times that 64 bits of nanoseconds cannot count stop at the last one, and
    no frame is shorter on the wire than in the file."""
    number, time, captured, on_wire = row.split("\t")
    seconds, _, fraction = time.partition(".")
    if int(seconds) > LAST_SECOND:
        time = f"{LAST_SECOND}.{fraction}"
    return number, time, captured, str(max(int(on_wire), int(captured)))


def difference(tool, path, facts, ask_tshark):
    """What is wrong about a capture, in words; nothing if all agree."""
    run = subprocess.run([tool, path], capture_output=True, text=True, timeout=100)
    mine = [tuple(line.split("\t")) for line in run.stdout.splitlines()]
    if path.name in ARGUED and run.returncode == 3:
        return None if "editcap" in run.stderr else run.stderr
    if facts:
        if len(mine) != facts["packets_whole"]:
            return f"{len(mine)} frames, files.ndjson says {facts['packets_whole']}"
        if ("damaged" in run.stderr) != facts["truncated"]:
            return f"truncated: {facts['truncated']}, but: {run.stderr}"
        links = {LINKS.get(name) for name in facts["linktypes"]}
        if None not in links and not {int(row[4]) for row in mine} <= links:
            return f"link types are not {facts['linktypes']}"
    if path.name in ARGUED or not ask_tshark:
        return None
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number",
               "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=100).stdout
    theirs = [clamped(row) for row in out.splitlines()]
    if [row[:4] for row in mine] == theirs:
        return None
    first = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a[:4] != b),
                 min(len(mine), len(theirs)))
    return (f"{len(mine)} frames, tshark has {len(theirs)}; first difference: "
            f"{mine[first:first + 1]} / {theirs[first:first + 1]}")


def main():
    source = pathlib.Path(os.environ.get("WHOHUNGUP_SOURCE", "."))
    shared = pathlib.Path(os.environ.get("WHOHUNGUP_SHARED", source / ".." / "shared"))
    tool = os.path.join(os.environ.get("WHOHUNGUP_TEST_TOOLS", "."), "capture_dump")
    root = shared / "captures"
    if shutil.which("tshark") is None or not root.is_dir():
        print("skipped: needs tshark and the shared captures")
        return 77
    facts = {}
    for line in (root / "public" / "files.ndjson").read_text().splitlines():
        fact = json.loads(line)
        facts[root / "public" / fact["file"]] = fact
    kinds = (".pcap", ".pcapng", ".cap", ".gz", ".ntar", ".snoop")
    chosen = [pathlib.Path(a) for a in sys.argv[1:]] or sorted(
        path for path in root.rglob("*") if path.suffix in kinds)
    asked = {path for i, path in enumerate(chosen)
             if i % 5 == 0 or path.suffix != ".pcap" or path not in facts
             or os.environ.get("WHOHUNGUP_THOROUGH")}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda p: difference(tool, p, facts.get(p), p in asked), chosen))
    wrong = [(p, what) for p, what in zip(chosen, results) if what]
    for path, what in wrong:
        print(f"{path}: {what}")
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} captures agree, {len(ARGUED)} of them "
          f"argued; tshark was asked about {len(asked)}")
    return 1 if wrong else 0


sys.exit(main())
