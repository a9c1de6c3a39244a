"""Holds the hellos against tshark, over every public capture.

Every ClientHello that reads must write to the same bytes and have the JA3 tshark computes; every
ServerHello must write to the same bytes and have tshark's cipher suite. What tshark shows and we
do not read must be malformed: listed here with its reason.
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

# Hellos that break off inside (35 bytes of zeros; an extension block of one byte; fuzzer seeds).
MALFORMED = {
    "Proxy-IT+pcaptriage/r12-tls-failing.pcap",
    "arkime+arkime/arkime_synthetic.pcap",
    "ntop+nDPI/ossfuzz_seed_fake_traces_1.pcapng",
}

# JA4 as FoxIO-LLC/ja4 publishes it for these captures (rust/ja4/src/snapshots), TCP streams only.
JA4 = {
    "FoxIO-LLC+ja4/badcurveball.pcap": {"t13d1615h2_46e7e9700bed_45f260be83e2"},
    "FoxIO-LLC+ja4/https-connect.pcap": {"t12i860500_e18388e7f3a3_a1e935682795"},
    "FoxIO-LLC+ja4/latest.pcapng": {
        "t13d1516h2_8daaf6152771_e5627efa2ab1", "t12d190800_d83cc789557e_7af1ed941c26",
        "t13d1516h2_8daaf6152771_9b887d9acb53"},
    "FoxIO-LLC+ja4/tls-handshake.pcapng": {
        "t13d1516h2_8daaf6152771_e5627efa2ab1", "t13d1516h1_8daaf6152771_e5627efa2ab1",
        "t13d151400_8daaf6152771_de4a06bb82e3"},
}


def with_repeats(pairs):
    """A JSON object whose keys repeat, as a dictionary of lists."""
    found = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def handshakes(tree):
    """Yields (hex, fields) for every handshake message in tshark's tree."""
    if isinstance(tree, dict):
        for raw, fields in zip(tree.get("tls.handshake_raw", []), tree.get("tls.handshake", [])):
            if isinstance(fields, dict):
                yield raw[0], fields
        tree = [value for values in tree.values() for value in values]
    if isinstance(tree, list):
        for value in tree:
            yield from handshakes(value)


def hellos(capture):
    """Yields (line for the tool, fields) for every hello tshark sees on TCP."""
    run = subprocess.run(
        ["tshark", "-n", "-r", str(capture), "-T", "json", "-x",
         "-Y", "tcp && (tls.handshake.type == 1 || tls.handshake.type == 2)"],
        capture_output=True, timeout=300)
    packets = json.loads(run.stdout.decode(errors="replace") or "[]",
                         object_pairs_hook=with_repeats)
    for packet in packets:
        for raw, fields in handshakes(packet["_source"]):
            kind = {"1": "client", "2": "server"}.get(fields.get("tls.handshake.type", [""])[0])
            if kind and len(raw) > 8:
                yield f"{kind} {raw[8:]}", fields


def agrees(line, fields, mine):
    if line.startswith("client"):
        return mine[0] == "same" and mine[1] == fields.get("tls.handshake.ja3_full", [""])[0] \
            and mine[2] == fields.get("tls.handshake.ja3", [""])[0]
    suite = fields.get("tls.handshake.ciphersuite", [None])[0]
    return mine[0] == "same" and (suite is None or int(mine[2]) == int(suite, 16))


def main():
    source = pathlib.Path(os.environ["WHOHUNGUP_SOURCE"])
    shared = pathlib.Path(os.environ.get("WHOHUNGUP_SHARED", source.parent / "shared"))
    public = shared / "captures" / "public"
    tool = os.path.join(os.environ["WHOHUNGUP_TEST_TOOLS"], "hello_dump")
    if not (public / "truth.ndjson").exists() or not shutil.which("tshark"):
        print("no public captures or no tshark")
        return 77
    truth = [json.loads(line) for line in open(public / "truth.ndjson")]
    counts, wrong = collections.Counter(), 0
    for name in sorted({row["file"] for row in truth if row["client_hellos"]}):
        seen = list(hellos(public / name))
        run = subprocess.run([tool], input="\n".join(line for line, _ in seen), text=True,
                             capture_output=True, timeout=300, check=True)
        read = [line.split("\t") for line in run.stdout.splitlines()]
        ja4 = {row[3] for (line, _), row in zip(seen, read)
               if line.startswith("client") and len(row) > 3}
        if not JA4.get(name, set()) <= ja4:
            print(f"{name}: JA4 {sorted(JA4[name] - ja4)} missing in {sorted(ja4)}")
            wrong += 1
        for (line, fields), mine in zip(seen, read):
            kind = line.split(" ")[0]
            if mine[0] == "unreadable" and name in MALFORMED:
                counts[kind + " malformed"] += 1
            elif mine[0] != "unreadable" and agrees(line, fields, mine):
                counts[kind] += 1
            else:
                wrong += 1
                print(f"{name}: {line[:80]} read as {mine}")
    print(dict(counts), f"{wrong} wrong")
    return 1 if wrong or counts["client"] < 1000 else 0


sys.exit(main())
