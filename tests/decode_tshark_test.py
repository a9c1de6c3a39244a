"""Holds the decoder against tshark, frame by frame, over every capture at hand.

A frame that tshark calls TCP must be a segment with the same addresses, ports, TTL, IP id,
sequence numbers, flags, length, window and timestamp; a frame it does not must be none.
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

FIELDS = ["frame.number", "frame.protocols", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst",
          "ipv6.dst", "tcp.dstport", "ip.ttl", "ipv6.hlim", "ip.id", "tcp.seq_raw", "tcp.ack_raw",
          "tcp.flags", "tcp.len", "tcp.window_size_value", "tcp.options.timestamp.tsval",
          "frame.len", "ip.len"]
# What tshark walks into and we do not: dead or rare encapsulations.
NOT_WALKED = {"ayiya", "capwap", "fddi"}
NAMES = ["source", "sport", "destination", "dport", "ttl", "id", "seq", "ack", "flags", "len",
         "window", "tsval"]


def tshark(capture):
    """Returns frame -> row, and fields to compare (innermost headers) where it is a segment."""
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "occurrence=l",
               "-o", "ip.defragment:TRUE", "-o", "tcp.analyze_sequence_numbers:FALSE",
               "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.try_heuristic_first:FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, timeout=300).stdout
    frames = {}
    for line in out.decode(errors="replace").splitlines():
        row = dict(zip(FIELDS, line.split("\t")))
        row["protocols"] = protocols = row["frame.protocols"].split(":")
        frames[int(row["frame.number"])] = row
        if "tcp" not in protocols or "icmp" in protocols or "icmpv6" in protocols:
            continue
        before = protocols[:len(protocols) - protocols[::-1].index("tcp")]
        v6 = [p for p in before if p in ("ip", "ipv6")][-1:] == ["ipv6"]
        row["fields"] = [
            row["ipv6.src" if v6 else "ip.src"], row["tcp.srcport"],
            row["ipv6.dst" if v6 else "ip.dst"], row["tcp.dstport"],
            row["ipv6.hlim" if v6 else "ip.ttl"], "" if v6 else row["ip.id"], row["tcp.seq_raw"],
            row["tcp.ack_raw"], row["tcp.flags"], row["tcp.len"], row["tcp.window_size_value"],
            row["tcp.options.timestamp.tsval"]]
    return frames


def ours(tool, capture):
    """Yields (frame, kind, fields) as the decoder sees them; nothing if it cannot be opened."""
    run = subprocess.run([tool, str(capture)], capture_output=True, timeout=300)
    for line in run.stdout.decode().splitlines():
        frame, kind, *fields = line.split("\t")
        yield int(frame), kind, fields


def difference(row, kind, mine):
    """Says how the two differ, or nothing where they agree or ought not to."""
    theirs = row.get("fields")
    if theirs is None:
        return f"we see a segment: {mine}" if kind == "tcp" else None
    if kind != "tcp":
        not_walked = NOT_WALKED & {p.split(".")[0] for p in row["protocols"]}
        # A data offset below five words: tshark shows flags all the same, but no length.
        bogus_header = mine[0] == "malformed" and row["tcp.len"] == ""
        return None if not_walked or bogus_header else f"tshark sees {theirs}, we {kind} {mine}"
    apart = [name for name, a, b in zip(NAMES, theirs, mine) if a not in ("", b)]
    # tshark believes the frame's length, we believe IP's: the frame was cut and its file says not.
    if apart == ["len"] and int(row["frame.len"]) < int(row["ip.len"] or 0) + 14:
        return None
    return f"tshark {theirs}, we {mine}: {apart}" if apart else None


def compare(tool, capture, counts):
    """Prints where the two differ; returns how often."""
    seen = tshark(capture)
    wrong = 0
    for frame, kind, fields in ours(tool, capture):
        counts["frames"] += 1
        counts["segments"] += kind == "tcp"
        text = difference(seen.get(frame, {}), kind, fields)
        wrong += text is not None
        if text is not None and wrong <= 3:
            print(f"{capture}: frame {frame}: {text}")
    counts["differences"] += wrong
    return wrong


def captures(shared):
    for folder in ("anatomy", "public"):
        for path in sorted((shared / "captures" / folder).rglob("*")):
            if path.suffix in (".pcap", ".pcapng", ".cap"):
                yield path


def main():
    source = pathlib.Path(os.environ.get("WHOHUNGUP_SOURCE", "."))
    shared = pathlib.Path(os.environ.get("WHOHUNGUP_SHARED", source / ".." / "shared"))
    tool = os.path.join(os.environ.get("WHOHUNGUP_TEST_TOOLS", "."), "decode_dump")
    chosen = [pathlib.Path(p) for p in sys.argv[1:]] or list(captures(shared))
    if shutil.which("tshark") is None or not chosen:
        print("skipped: needs tshark and the shared captures")
        return 77
    counts = collections.Counter()
    bad = [c for c in chosen if compare(tool, c, counts)]
    print(json.dumps(counts))
    return 1 if bad else 0


sys.exit(main())
