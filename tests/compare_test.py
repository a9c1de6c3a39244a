#!/usr/bin/env python3
"""Compares the pairs of captures of known truth, and holds what is said to what happened: as they are,
with packets taken out of either side, with a clock an hour off and one that drifts, through a translator
and a box that renumbers sequences, cut, swapped, empty and the same file twice.

The truth of the pairs is in the index at the end of diagnosis.md; it was read with tshark, never taken
from the program. Pairs with missing packets may be judged more weakly; nobody innocent may be named.
"""

import hashlib
import json
import pathlib
import random
import re
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
from expecting import Expecting  # noqa: E402
from program import SHARED, SOURCE, run, skip  # noqa: E402

ANATOMY = pathlib.Path(SHARED) / "captures" / "anatomy"
try:
    import jsonschema
except ImportError:
    jsonschema = None

# Ports on which the anatomy's silent servers listened.
PORTS = ["--port", "6101", "--port", "6102", "--port", "6103", "--port", "6104", "--port", "6105"]

# What happened: the code, the least confidence, and frames by their lists. Written from tshark.
TRUTH = {
    "i_cli_400": ("server.plaintext.client_hello", "proven", {"made_for_client": [9]}),
    "i_cli_late": ("middlebox.rst.client_hello", "proven", {"made_for_client": [6]}),
    "i_gfw_400": ("server.plaintext.client_hello", "proven", {"made_for_client": [9, 10, 12]}),
    "i_suri_hold": ("middlebox.rst.client_hello", "proven", {"made_for_client": [6], "made_for_server": [6]}),
    # Nothing is in the server's file behind the handshake: it may have been stopped just then. So it is
    # with m_fwd_icmp_admin and m_fwd_reject.
    "m_fwd_drop": ("middlebox.silence.client_hello", "strong", {"made_for_client": [], "lost_to_client": []}),
    "m_fwd_drop_reply": ("middlebox.silence.client_hello", "proven", {"lost_to_client": [6, 9, 10, 11, 12]}),
    "m_fwd_icmp_admin": ("middlebox.icmp.client_hello", "strong", {"made_for_server": []}),
    "m_fwd_reject": ("middlebox.rst.client_hello", "strong", {"made_for_client": [5], "lost_to_server": [4]}),
    "m_srv_reject": ("server.rst.client_hello", "proven", {"made_for_client": [], "lost_to_server": []}),
    "syp": ("server.rst.client_hello", "proven", {"made_for_client": []}),
    "tr_srvrej": ("server.rst.client_hello", "proven", {"made_for_client": [], "lost_to_server": []}),
    "x_port_est": ("server.icmp.client_hello", "suggested", {"made_for_client": []}),
}
WEIGHT = ["undetermined", "suggested", "strong", "proven"]
COPIES_CUT_SHORT = {"m_fwd_drop_reply"}  # what follows the linger of a closed flow is in no list


class Pcap:
    """The records of a capture in microseconds or nanoseconds, to be spoiled and written again."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        magic = struct.unpack_from("<I", data)[0]
        self.fraction = 10**9 if magic == 0xA1B23C4D else 10**6
        self.header, self.records, at = data[:24], [], 24
        while at + 16 <= len(data):
            seconds, fraction, kept, length = struct.unpack_from("<IIII", data, at)
            self.records.append((seconds * 10**9 + fraction * (10**9 // self.fraction), data[at + 16:at + 16 + kept], length))
            at += 16 + kept

    def write(self, path, records):
        step = 10**9 // self.fraction
        with open(path, "wb") as file:
            file.write(self.header)
            for moment, data, length in records:
                file.write(struct.pack("<IIII", moment // 10**9, moment % 10**9 // step, len(data), length) + data)
        return path


def compare(*words):
    ran = run("compare", "--json", *PORTS, *words)
    if ran.status not in (0, 1, 4):
        raise AssertionError(f"compare {words}: exit status {ran.status}: {ran.err}")
    return ran


class Test(Expecting):
    def parts(self):
        self.samples(update="--update" in sys.argv)
        if not ANATOMY.is_dir() and not self.broken:
            skip(f"the samples are as they should be, and there are no captures in {ANATOMY}")
        return (self.truth, self.missing, self.clocks, self.bundle, self.rewriting, self.firewall, self.oddities,
                self.mangled)

    def pair(self, name):
        return ANATOMY / f"{name}.pcap", ANATOMY / f"{name}.srv.pcap"

    # ── the pairs as they are ────────────────────────────────────────────────────────────────────
    def truth(self):
        for name, (code, least, lists) in TRUTH.items():
            ran = compare(*self.pair(name))
            self.expect(len(ran.flows) == 1, f"{name}: {len(ran.flows)} flows")
            for flow in ran.flows:
                verdict, seen = flow["verdict"], flow["comparison"]
                self.expect(verdict["code"] == code and WEIGHT.index(verdict["confidence"]) >= WEIGHT.index(least),
                            f"{name}: {verdict['code']} {verdict['confidence']}, expected {code} {least}")
                for key, frames in lists.items():
                    same = set(frames) <= set(seen[key]) if name in COPIES_CUT_SHORT else seen[key] == frames
                    self.expect(same, f"{name}: {key} {seen[key]}, expected {frames}")
                one_way = seen["clock_uncertainty_ms"] is None  # behind a SYN proxy, without a byte of answer
                self.expect(one_way == (name == "syp") and (one_way or abs(seen["clock_offset_ms"]) <= seen["clock_uncertainty_ms"] + 0.2),
                            f"{name}: one clock, but {seen['clock_offset_ms']} ms apart")
                self.valid(name, ran)

    def valid(self, name, ran):
        if jsonschema is None:
            return
        schema = json.loads(pathlib.Path(SOURCE, "docs", "schema.json").read_text(encoding="utf-8"))
        for thing in ran.objects:
            kind = {**schema["definitions"][thing["type"]], "definitions": schema["definitions"]}
            for error in jsonschema.Draft7Validator(kind).iter_errors(thing):
                self.expect(False, f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")

    # ── the same with packets missing ────────────────────────────────────────────────────────────
    def missing(self):
        for name, (code, *_) in TRUTH.items():
            client, server = map(Pcap, self.pair(name))
            guilty = code.split(".")[0]
            for share in (0.01, 0.1):
                for side in ("client", "server"):
                    for seed in range(2):
                        chance = random.Random(f"{name} {share} {side} {seed}")
                        ends = {"client": client, "server": server}
                        whole = ends[side].records
                        unlucky = chance.randrange(len(whole))
                        kept = [r for i, r in enumerate(whole) if i != unlucky and chance.random() >= share]
                        spoiled = ends[side].write(self.folder / "spoiled.pcap", kept)
                        paths = [spoiled if side == "client" else self.pair(name)[0],
                                 spoiled if side == "server" else self.pair(name)[1]]
                        for flow in compare(*paths).flows:
                            self.innocent(f"{name}, {share:.0%} of the {side}'s missing, seed {seed}", guilty, flow["verdict"])

    def bundle(self):
        """A bundle of both ends, and verify, which compares its halves again."""
        for name in ("i_suri_hold", "m_fwd_drop_reply"):
            directory = self.folder / name
            ran = run("compare", *PORTS, *self.pair(name), "-o", directory)
            self.expect(ran.status == 1 and (directory / "report.html").exists(), f"{name}: no bundle: {ran.err}")
            verified = run("verify", directory)
            self.expect(verified.status == 0, f"{name}: {verified.out}")
            self.bundle_is_whole(name, directory)
            verdict = json.loads((directory / "report.json").read_text(encoding="utf-8"))["verdict"]
            self.expect(verdict["code"] == TRUTH[name][0], f"{name}: the bundle says {verdict['code']}")
            self.expect(run("compare", *PORTS, *self.pair(name), "-o", directory).status == 3, f"{name}: overwritten")

    def bundle_is_whole(self, name, directory):
        """Its summary is short, its input summed, and no falsehood in it passes."""
        summary = (directory / "summary.txt").read_text(encoding="utf-8").splitlines()
        self.expect(len(summary) < 40 and max(map(len, summary)) <= 100, f"{name}: {len(summary)} lines of summary")
        about = json.loads((directory / "about.json").read_text(encoding="utf-8"))
        sums = [hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() for path in self.pair(name)]
        self.expect([one["sha256"] for one in about["inputs"]] == sums, f"{name}: wrong sums of the inputs")
        names = {one["name"] for one in about["capture"]["interfaces"]}
        self.expect(names == {"client", "server"}, f"{name}: interfaces {names}")
        comments = subprocess.run(["tshark", "-r", directory / "flow.pcapng", "-Y", "frame.comment", "-T", "fields", "-e",
                                   "frame.number", "-e", "frame.comment"], capture_output=True, text=True).stdout
        self.expect("verdict " + TRUTH[name][0] in comments and "fact " in comments, f"{name}: comments: {comments}")
        for file, word in (("report.html", b"strong"), ("report.html", b"proven"), ("summary.txt", b"client"),
                           ("flow.pcapng", b"verdict ")):
            path = directory / file
            true = path.read_bytes()
            if word not in true:
                continue
            path.write_bytes(true.replace(word, b"X" * len(word), 1))
            listed = subprocess.run(["sha256sum", "about.json", "comparison.json", "flow.pcapng", "report.html", "report.json",
                                     "summary.txt"], cwd=directory, capture_output=True, text=True).stdout
            true_sums = (directory / "SHA256SUMS").read_text(encoding="utf-8")
            (directory / "SHA256SUMS").write_text(listed, encoding="utf-8")
            verified = run("verify", "-q", directory)
            self.expect(verified.status == 1 and verified.out.startswith(f"DIFFERS  {file}: "),
                        f"{name}: a falsified {file} passes: {verified.out}")
            path.write_bytes(true)
            (directory / "SHA256SUMS").write_text(true_sums, encoding="utf-8")

    def innocent(self, what, guilty, verdict):
        """Whoever did not do it may be suspected only where one capture alone would suspect him."""
        actor, sure = verdict["actor"], verdict["confidence"]
        if guilty == "middlebox" and verdict["code"].startswith("server.plaintext"):
            return  # the server did answer in clear; that nobody got it may not show any more
        self.expect(actor in (guilty, "unknown", "nobody") or sure in ("suggested", "undetermined")
                    or (actor, guilty) in (("client", "server"), ("server", "client")),
                    f"{what}: {verdict['code']} {sure}")
        if guilty != "middlebox":
            self.expect(actor != "middlebox", f"{what}: {verdict['code']} {sure}")

    # ── clocks ───────────────────────────────────────────────────────────────────────────────────
    def clocks(self):
        for name in ("i_suri_hold", "m_fwd_drop_reply", "m_srv_reject"):
            server = Pcap(self.pair(name)[1])
            first = server.records[0][0]
            for hours, drift in ((1, 0), (-5, 0), (0, 100e-6), (1, 100e-6)):
                moved = [(m + hours * 3600 * 10**9 + round((m - first) * drift), d, n) for m, d, n in server.records]
                ran = compare(self.pair(name)[0], server.write(self.folder / "clock.pcap", moved))
                for flow in ran.flows:
                    seen = flow["comparison"]
                    off = seen["clock_offset_ms"] - hours * 3600e3
                    self.expect(abs(off) <= seen["clock_uncertainty_ms"] + 1, f"{name} {hours} h: {off} ms off the truth")
                    self.expect(flow["verdict"]["code"] == TRUTH[name][0], f"{name} {hours} h {drift}: {flow['verdict']['code']}")
                    for way in ("shortest_to_server_ms", "shortest_to_client_ms"):
                        self.expect(seen[way] is None or seen[way] >= 0, f"{name}: {way} {seen[way]}")

    # ── what boxes rewrite ───────────────────────────────────────────────────────────────────────
    def rewriting(self):
        name = "m_srv_reject"
        server = Pcap(self.pair(name)[1])
        link = 14 if struct.unpack_from("<I", server.header, 20)[0] == 1 else 16 if struct.unpack_from("<I", server.header, 20)[0] == 113 else 0
        translated, renumbered = [], []
        for moment, data, length in server.records:
            data = bytearray(data)
            ip = link
            tcp = ip + (data[ip] & 15) * 4
            from_client = data[ip + 12:ip + 16] == bytes([10, 77, 1, 2])
            other = bytearray(data)
            other[ip + 12 + (0 if from_client else 4):ip + 16 + (0 if from_client else 4)] = bytes([192, 0, 2, 7])
            struct.pack_into(">H", other, tcp + (0 if from_client else 2), 4242)
            translated.append((moment, bytes(other), length))
            shifted = bytearray(data)
            at = tcp + (4 if from_client else 8)
            if from_client or data[tcp + 13] & 16:
                struct.pack_into(">I", shifted, at, (struct.unpack_from(">I", shifted, at)[0] + 0x89ABCDEF) % 2**32)
            renumbered.append((moment, bytes(shifted), length))
        for records, joined, rewritten in ((translated, "translated", ["client-address"]),
                                           (renumbered, "renumbered", ["client-sequence"])):
            ran = compare(self.pair(name)[0], server.write(self.folder / "rewritten.pcap", records))
            self.expect(len(ran.flows) == 1, f"{joined}: {len(ran.flows)} flows")
            for flow in ran.flows:
                seen = flow["comparison"]
                self.expect((seen["joined"], seen["rewritten"]) == (joined, rewritten), f"{joined}: {seen['joined']} {seen['rewritten']}")
                self.expect(seen["matched"] == 5, f"{joined}: {seen['matched']} of 5 packets matched")
                self.expect(flow["verdict"]["code"] == TRUTH[name][0], f"{joined}: {flow['verdict']['code']}")

    def firewall(self):
        """A firewall that numbers anew and strips options, as many do: what the server did stays the
        server's. With new IP-IDs as well nothing shows that it is one connection, and nobody is proven
        guilty."""
        name = "m_srv_reject"
        server = Pcap(self.pair(name)[1])
        for new_ids in (False, True):
            rewritten = []
            for moment, data, length in server.records:
                data = bytearray(data)
                ip = data.index(bytes([0x45, 0]), 12)
                tcp = ip + 20
                from_client = data[ip + 12:ip + 16] == bytes([10, 77, 1, 2])
                if new_ids:
                    struct.pack_into(">H", data, ip + 4, (struct.unpack_from(">H", data, ip + 4)[0] ^ 0x5555))
                shifts = (0x89ABCDEF, 0x12345678) if from_client else (0x12345678, 0x89ABCDEF)
                for at, shift in zip((tcp + 4, tcp + 8), shifts):
                    if at == tcp + 4 or data[tcp + 13] & 16:
                        struct.pack_into(">I", data, at, (struct.unpack_from(">I", data, at)[0] + shift) % 2**32)
                at, end = tcp + 20, tcp + (data[tcp + 12] >> 4) * 4
                while at < end and data[at] != 0:
                    size = 1 if data[at] == 1 else data[at + 1]
                    if data[at] != 2:  # the MSS alone stays
                        data[at:at + size] = bytes([1] * size)
                    at += size
                rewritten.append((moment, bytes(data), length))
            ran = compare(self.pair(name)[0], server.write(self.folder / "firewall.pcap", rewritten))
            self.expect(len(ran.flows) == 1, f"firewall: {len(ran.flows)} flows")
            for flow in ran.flows:
                verdict, seen = flow["verdict"], flow["comparison"]
                said = f"firewall, new IP-IDs {new_ids}: {seen['joined']} {verdict['code']} {verdict['confidence']}"
                self.valid("firewall", ran)
                if new_ids:
                    self.expect(seen["joined"] == "terminated" and not seen["shown_apart"], said)
                    self.expect(verdict["actor"] != "middlebox", said)
                else:
                    self.expect(seen["joined"] == "renumbered" and seen["matched"] == 5, said)
                    self.expect((verdict["code"], verdict["confidence"]) == (TRUTH[name][0], "proven"), said)

    # ── what is no pair ──────────────────────────────────────────────────────────────────────────
    def oddities(self):
        client, server = self.pair("i_suri_hold")
        swapped = run("compare", server, client)
        self.expect("are they swapped?" in swapped.err + swapped.out, "swapped sides are not noticed")
        same = compare(client, client)
        self.expect(all(not flow["comparison"]["made_for_client"] for flow in same.flows), "one file twice: packets made on the way")
        empty = Pcap(client).write(self.folder / "empty.pcap", [])
        for paths in ((client, empty), (empty, server)):
            ran = compare(*paths)
            self.expect(len(ran.flows) == 1 and ran.flows[0]["comparison"]["seen_by"] != "both", f"empty: {ran.out[:200]}")
            self.expect(ran.flows[0]["verdict"]["actor"] != "middlebox" or ran.flows[0]["verdict"]["confidence"] == "suggested", "empty: proof from nothing")
        self.expect(compare(empty, empty).status == 4, "two empty captures are something to judge")
        self.expect(run("compare", client).status == 2, "one capture is no usage error")
        self.expect(run("compare", client, self.folder / "absent.pcap").status == 3, "a missing file is no error")
        # Only one direction at the server: an answer with its limits.
        one_way = [r for r in Pcap(server).records if r[1].find(bytes([10, 77, 1, 2, 10, 77, 2, 2])) > 0]
        for flow in compare(client, Pcap(server).write(self.folder / "oneway.pcap", one_way)).flows:
            self.expect(not flow["comparison"]["made_for_client"] or flow["verdict"]["confidence"] != "proven", "one direction: a false proof")
        # Cut by the snap length.
        snapped = [(m, d[:96], n) for m, d, n in Pcap(server).records]
        for flow in compare(client, Pcap(server).write(self.folder / "snapped.pcap", snapped)).flows:
            self.expect(flow["verdict"]["code"] == TRUTH["i_suri_hold"][0], f"snapped: {flow['verdict']['code']}")
        # Cut in the midst of the SYN's options: these were cut by the capture, not changed on the way.
        snapped = [(m, d[:60], n) for m, d, n in Pcap(server).records]
        for flow in compare(client, Pcap(server).write(self.folder / "snapped.pcap", snapped)).flows:
            self.expect(flow["comparison"]["changed"] == [], f"snapped to 60: {flow['comparison']['changed']}")

    # ── the samples ──────────────────────────────────────────────────────────────────────────────
    def samples(self, update=False):
        for folder in sorted(path for path in pathlib.Path(SOURCE, "samples", "compare").iterdir() if path.is_dir()):
            ran = run("compare", "client.pcap", "server.pcap", cwd=folder, env={"NO_COLOR": "1", "COLUMNS": "100"})
            golden = folder / "report.txt"
            if update:
                golden.write_text(ran.out, encoding="utf-8")
            expected = re.search(r"^\* `([a-z_.]+ \([a-z]+\))`$", (folder / "README.md").read_text(encoding="utf-8"), re.M)[1]
            self.expect(expected in ran.out.splitlines(), f"{folder.name}: not {expected}")
            self.expect(golden.read_text(encoding="utf-8") == ran.out, f"{folder.name}: report.txt is not what is said")

    def mangled(self):
        chance = random.Random(8)
        for name in ("i_gfw_400", "m_fwd_drop_reply"):
            for _ in range(12):
                paths = []
                for path in self.pair(name):
                    data = bytearray(path.read_bytes()[:chance.randrange(24, path.stat().st_size)])
                    for _ in range(chance.randrange(6)):
                        data[chance.randrange(24, len(data)) if len(data) > 24 else 0] ^= 1 << chance.randrange(8)
                    paths.append(self.folder / f"mangled-{len(paths)}.pcap")
                    paths[-1].write_bytes(bytes(data))
                ran = run("compare", "--json", *PORTS, *paths)
                self.expect(ran.status in (0, 1, 3, 4), f"{name} mangled: status {ran.status} {ran.err[-200:]}")


if __name__ == "__main__":
    Test.play()
