#!/usr/bin/env python3
"""What compare takes: compressed files, several a side, a third from the middle, a trace, a filter with a
bundle of several flows, captures that overlap only in part. On pairs of captures of known truth."""

import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE / "support"))
from compare_test import ANATOMY, TRUTH, Pcap  # noqa: E402
from expecting import Expecting  # noqa: E402
from program import PROGRAM, run, skip  # noqa: E402

NAMES = ["i_suri_hold", "m_fwd_reject", "m_srv_reject"]


def ends(name):
    return ANATOMY / f"{name}.pcap", ANATOMY / f"{name}.srv.pcap"


def compare(*words):
    ran = run("compare", "--json", *words)
    if ran.status not in (0, 1):
        raise AssertionError(f"compare {words}: exit status {ran.status}: {ran.err}")
    return ran


def codes(ran):
    return sorted(f"{flow['verdict']['code']} {flow['verdict']['confidence']}" for flow in ran.flows)


def traced(target):
    return {"schema": "whohungup/1", "type": "trace", "server": target["ip"], "port": target["port"],
            "verdict": {"place": "before-server", "confidence": "strong", "after_hop": 1, "before_hop": 2},
            "hops": [{"hop": 1, "addresses": ["10.77.1.1"]}, {"hop": 2, "addresses": []}]}


class Test(Expecting):
    def parts(self):
        if not ANATOMY.is_dir():
            skip(f"no captures in {ANATOMY}")
        return (self.compressed, self.pipes, self.several, self.overlapping, self.middle, self.trace, self.bundle, self.counts, self.numbering)


    def compressed(self):
        client, server = ends("i_suri_hold")
        plain = codes(compare(client, server))
        packed = self.folder / "client.pcap.gz"
        packed.write_bytes(gzip.compress(client.read_bytes()))
        self.expect(codes(compare(packed, server)) == plain, "a .gz is another capture")
        if shutil.which("zstd"):
            squeezed = self.folder / "server.pcap.zst"
            subprocess.run(["zstd", "-q", server, "-o", squeezed], check=True)
            self.expect(codes(compare(packed, squeezed)) == plain, "a .zst is another capture")

    def pipes(self):
        """What can be read only once is put aside, damage and all, and summed for a bundle."""
        client, server = ends("i_suri_hold")
        directory = self.folder / "piped"
        ran = subprocess.run(["bash", "-c", f"'{PROGRAM}' compare -q <(cat '{client}') <(cat '{server}') -o '{directory}'"],
                             capture_output=True, text=True)
        self.expect((ran.returncode, ran.stderr) == (1, ""), f"two pipes: {ran.returncode} {ran.stderr}")
        verified = run("verify", "-q", directory)
        self.expect(verified.status == 0, f"two pipes: {verified.out}")
        inputs = json.loads((directory / "about.json").read_text(encoding="utf-8"))["inputs"]
        self.expect([one["sha256"] for one in inputs] == [hashlib.sha256(one.read_bytes()).hexdigest() for one in (client, server)],
                    f"two pipes: the sums are {inputs}")
        damaged = self.folder / "damaged.pcap"
        damaged.write_bytes(client.read_bytes()[:-10])
        piped = run("compare", "--json", "-", server, stdin=damaged.read_bytes())
        self.expect(codes(piped) == codes(compare(damaged, server)) and "damaged at byte" in piped.err, "a damaged pipe is another capture")

    def several(self):
        """Files of one side are one capture; the order in which they are named does not matter."""
        alone = sorted(code for name in NAMES for code in codes(compare(*ends(name))))
        words = []
        for i, name in enumerate(NAMES):
            client, server = ends(name if i % 2 else NAMES[-1 - i])
            words += ["--client", client]
            words += ["--server", ends(name)[1]]
        ran = compare(*words)
        self.expect(codes(ran) == alone, f"several files a side: {codes(ran)}, one by one {alone}")
        self.expect(ran.objects[-1]["flows"]["matched"] == len(NAMES), "several files: not all flows matched")
        # A capture that was rotated in the middle of a flow.
        client, server = ends("i_suri_hold")
        whole = Pcap(client)
        first = whole.write(self.folder / "1.pcap", whole.records[:4])
        second = whole.write(self.folder / "2.pcap", whole.records[4:])
        rotated = compare("--client", second, "--client", first, "--server", server)
        self.expect(codes(rotated) == codes(compare(client, server)), f"rotated: {codes(rotated)}")
        third = run("compare", first, server, second)
        self.expect("third capture" in third.err or third.status == 1, f"rotated as a third: {third.err}")
        # A bundle of several flows, and of those that a filter leaves.
        directory = self.folder / "several"
        self.expect(run("compare", *words, "-o", directory).status == 1, "no bundle of several flows")
        self.expect(run("verify", directory).status == 0, "verify does not hold for several flows")
        lines = (directory / "report.json").read_text(encoding="utf-8").splitlines()
        self.expect(len(lines) == len(NAMES), f"{len(lines)} flows in the bundle")
        port = json.loads(lines[0])["flow"]["client"]["port"]
        directory = self.folder / "filtered"
        ran = run("compare", *words, "-o", directory, "--", "port", port)
        self.expect(ran.status == 1 and run("verify", directory).status == 0, f"no filtered bundle: {ran.err}")
        lines = (directory / "report.json").read_text(encoding="utf-8").splitlines()
        self.expect([json.loads(line)["flow"]["client"]["port"] for line in lines] == [port], "the filter is not heeded")

    def no_two_ends(self):
        """What is no pair of a client's and a server's capture proves nothing."""
        for name in NAMES:
            client, server = ends(name)
            source = Pcap(server)
            stepped = [(moment + 30_000_000 * (number > 3), data, length) for number, (moment, data, length) in enumerate(source.records)]
            for what, pair in (("the same twice", (client, client)), ("swapped", (server, client)),
                               ("a clock set meanwhile", (client, source.write(self.folder / "stepped.pcap", stepped)))):
                for flow in compare(*pair).flows:
                    verdict = flow["verdict"]
                    right = verdict["actor"] == TRUTH[name][0].split(".")[0] and what.startswith("a clock")
                    self.expect(right or verdict["confidence"] in ("undetermined", "suggested"),
                                f"{name}, {what}: {verdict['code']} {verdict['confidence']}")

    def overlapping(self):
        """The server's capture began after, or ended before, most of what there is."""
        for name in NAMES:
            client, server = ends(name)
            whole = Pcap(server)
            guilty = TRUTH[name][0].split(".")[0]
            for what, kept in (("late", whole.records[3:]), ("early", whole.records[:3])):
                part = whole.write(self.folder / "part.pcap", kept)
                for flow in compare(client, part).flows:
                    verdict, seen = flow["verdict"], flow["comparison"]
                    self.expect(verdict["actor"] in (guilty, "unknown") or verdict["confidence"] == "suggested",
                                f"{name}, {what}: {verdict['code']} {verdict['confidence']}")
                    if what == "late" and seen["seen_by"] == "both":
                        self.expect(seen["lost_to_server"] == [], f"{name}: lost before the capture began: {seen}")

    def middle(self):
        """A capture from the middle that shows what the server's shows: then it happened before it."""
        client, server = ends("m_fwd_reject")
        for third, towards in ((server, "client"), (client, "server")):
            source = Pcap(third)
            moved = [(moment + 2000, data, length) for moment, data, length in source.records]
            ran = compare(client, server, source.write(self.folder / "middle.pcap", moved))
            said = [flow["comparison"]["middle"] for flow in ran.flows]
            self.expect(len(said) == 1 and said[0]["holds_flow"] and said[0]["towards"] == towards, f"middle: {said}")
        ran = run("compare", client, server, ends("i_suri_hold")[1])
        self.expect("the third capture holds no flow" in ran.err, f"a foreign third capture: {ran.err}")

    def trace(self):
        client, server = ends("m_fwd_reject")
        target = compare(client, server).flows[0]["flow"]["server"]
        found = traced(target)
        path = self.folder / "trace.ndjson"
        said = lambda *pair: [flow["comparison"]["trace"] for flow in compare(*pair, "--trace", path).flows]
        path.write_text(json.dumps(found) + "\n", encoding="utf-8")
        self.expect(said(client, server) == [{"after_hop": 1, "before_hop": 2, "text":
                    "The trace places it between hop 1 (10.77.1.1) and hop 2 (strong)."}], f"trace: {said(client, server)}")
        text = run("compare", client, server, "--trace", path).out
        self.expect("The trace places it between hop 1" in text, "the text does not name the hops")
        self.expect(said(*ends("m_srv_reject")) == [None], "a trace says something of what the server did")
        found["server"] = "192.0.2.1"
        path.write_text(json.dumps(found) + "\n", encoding="utf-8")
        self.expect(said(client, server) == [None], "a trace of another server is believed")
        path.write_text("not a trace\n", encoding="utf-8")
        refused = run("compare", client, server, "--trace", path)
        self.expect(refused.status == 3 and "holds no trace" in refused.err, f"no trace: {refused.status} {refused.err}")

    def bundle(self):
        """What the third capture and the trace say is in the bundle, and follows from it again."""
        client, server = ends("m_fwd_reject")
        source = Pcap(server)
        # An hour off, as the clock of a router may be.
        moved = [(moment + 3600 * 10**9 + 2000, data, length) for moment, data, length in source.records]
        middle = source.write(self.folder / "router.pcap", moved)
        target = compare(client, server).flows[0]["flow"]["server"]
        trace = self.folder / "traced.ndjson"
        trace.write_text(json.dumps(traced(target)) + "\n", encoding="utf-8")
        directory = self.folder / "three"
        ran = run("compare", client, server, middle, "--trace", trace, "-o", directory)
        self.expect(ran.status == 1, f"bundle of three: {ran.status} {ran.err}")
        report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
        said = report["comparison"]
        told = compare(client, server, middle, "--trace", trace).flows[0]["comparison"]
        for key in ("middle", "trace", "made_for_client", "lost_to_server"):
            self.expect(bool(said[key]) and (key not in ("middle", "trace") or said[key] == told[key]), f"bundle: {key}: {said[key]}")
        for file in ("summary.txt", "report.html"):
            text = " ".join((directory / file).read_text(encoding="utf-8").split())
            for what in (said["middle"]["text"], "The trace places it between hop 1 (10.77.1.1) and hop 2"):
                self.expect(what in text, f"{file} does not say: {what}")
        again = run("verify", directory)
        self.expect(again.status == 0, f"bundle of three: {again.out}")
        # A trace that says something else makes another report.
        found = traced(target)
        found["verdict"]["after_hop"] = 0
        (directory / "trace.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
        self.expect(run("verify", directory).status != 0, "another trace is not noticed")

    def counts(self):
        """However much is told, the same is counted: what is not told is not counted by one capture alone."""
        words = [word for name in NAMES for end, file in zip(("--client", "--server"), ends(name)) for word in (end, file)]
        told = [compare(*words, *more).objects[-1]["codes"] for more in ((), ("--summary",), ("--failed",))]
        self.expect(told[0] == told[1] == told[2], f"codes: {told}")

    def numbering(self):
        """A flow has the same number however much of the others is told."""
        words = [word for name in NAMES for end, file in zip(("--client", "--server"), ends(name)) for word in (end, file)]
        flows = compare(*words).flows
        for flow in flows:
            number = flow["flow"]["index"]
            one = compare(*words, "--flow", number).flows
            self.expect([f["flow"]["client"] for f in one] == [flow["flow"]["client"]], f"--flow {number} is another flow")
            self.expect(f"Flow {number}: {flow['flow']['client']['ip']}:{flow['flow']['client']['port']}"
                        in run("compare", *words).out, f"flow {number} has another number in text")


if __name__ == "__main__":
    Test.play()
