#!/usr/bin/env python3
"""Holds compare to --memory: with little of it, fewer flows are compared, all others are counted as not
compared, and nothing is said of them. Captures come from the generator; the other end's is the same, later."""

import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
from expecting import Expecting  # noqa: E402
from program import PROGRAM, run  # noqa: E402

GENERATE = os.path.join(os.environ.get("WHOHUNGUP_TEST_TOOLS", "build/release/tests"), "generate")


PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def later(path, microseconds):
    """The same packets, captured at the other end of the path."""
    data = bytearray(path.read_bytes())
    step = 10**9 if struct.unpack_from("<I", data)[0] == 0xA1B23C4D else 10**6
    at = 24
    while at < len(data):
        seconds, fraction, kept, _ = struct.unpack_from("<IIII", data, at)
        fraction += microseconds * step // 10**6
        struct.pack_into("<II", data, at, seconds + fraction // step, fraction % step)
        at += 16 + kept
    other = path.with_suffix(".later.pcap")
    other.write_bytes(data)
    return other


def names(ran):
    """What was said of each flow, by its ends and where it was seen."""
    return {(f["flow"]["client"]["ip"], f["flow"]["client"]["port"], f["flow"]["start"]):
            (f["verdict"]["code"], f["verdict"]["confidence"], f["comparison"]["seen_by"]) for f in ran.flows}


class Test(Expecting):
    def parts(self):
        return self.peak, self.bounded


    def bounded(self):
        client = self.folder / "mixed.pcap"
        subprocess.run([GENERATE, "mixed", client, "30000000"], check=True)
        server = later(client, 4000)
        self.compare_with_little(client, server)
        self.middle(client, server)
        self.stopped(client, server)

    def compare_with_little(self, client, server):
        whole = run("compare", "--json", client, server)
        told, all_flows = names(whole), whole.objects[-1]["flows"]
        self.expect(whole.objects[-1]["client"]["not_compared"] == 0, "with enough memory something is not compared")
        self.expect(all_flows["only_client"] + all_flows["only_server"] == 0, f"the same twice: {all_flows}")
        for memory in ("64K", "300K", "1M"):
            ran = run("compare", "--json", "--memory", memory, client, server)
            seen, summary = names(ran), ran.objects[-1]
            left = summary["client"]["not_compared"], summary["server"]["not_compared"]
            flows = summary["flows"]
            self.expect(ran.status == 1, f"{memory}: exit status {ran.status}")
            # Of each flow that was read (more than there are, where memory ended some early) something
            # was said, or that it was not compared.
            for end, number in zip(("client", "server"), left):
                self.expect(flows["judged"] + number == summary[end]["told"], f"{memory}: {flows}, {left} of {summary}")
            self.expect(flows["hung_up"] + flows["not_compared_hung_up"] // 2 >= all_flows["hung_up"],
                        f"{memory}: hang-ups are lost: {flows} of {all_flows}")
            self.expect(flows["only_client"] + flows["only_server"] == 0, f"{memory}: flows said to be at one end only")
            self.expect(all(said[2] == "both" for said in seen.values()), f"{memory}: flows told from one end")
            wrong = {name: (said, told.get(name)) for name, said in seen.items() if told.get(name) != said}
            # What memory ended early is judged more weakly; it is counted.
            early = summary["client"]["memory_limited"] + summary["server"]["memory_limited"]
            self.expect(len(wrong) <= early, f"{memory}: {len(wrong)} told otherwise, {early} ended early: {list(wrong.items())[:3]}")
            if memory != "1M":
                self.expect(left[0] > 0 and left[1] > 0, f"{memory}: all were compared")
                self.expect("were not compared" in ran.err, f"{memory}: no warning: {ran.err}")
                text = run("compare", "--memory", memory, client, server).out
                self.expect("NOT COMPARED" in text, f"{memory}: the text does not say so")

    def stopped(self, client, server):
        """Whoever is stopped says what was not compared, and takes nothing for absent that was not read."""
        for seconds in (0.03, 0.06, 0.1, 0.2, 0.4):
            playing = subprocess.Popen([PROGRAM, "compare", "--json", "--summary", client, server],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            time.sleep(seconds)
            playing.send_signal(signal.SIGINT)
            out, _ = playing.communicate(timeout=60)
            if playing.returncode < 0:  # it had not begun to listen
                continue
            summary = json.loads(out.splitlines()[-1])
            flows = summary["flows"]
            self.expect(flows["only_client"] + flows["only_server"] == 0, f"stopped after {seconds} s: {flows}")
            whole = flows["judged"] + summary["client"]["not_compared"] == summary["client"]["told"]
            self.expect(whole or flows["judged"] == 0, f"stopped after {seconds} s: {summary}")

    def middle(self, client, server):
        """A third capture of which memory keeps a part: that it holds nothing of a flow is not said."""
        ran = run("compare", "--json", "--memory", "300K", client, server, client)
        said = {flow["comparison"]["middle"]["text"] for flow in ran.flows if not flow["comparison"]["middle"]["holds_flow"]}
        self.expect(all("memory did not let" in text for text in said), f"middle: {said}")

    def peak(self):
        """However many flows there are, what is kept of them stays within bounds."""
        many = self.folder / "flood.pcap"
        subprocess.run([GENERATE, "flood", many, "60000"], check=True)
        peaks = []
        other = later(many, 4000)
        for memory in ("4M", "1G"):
            words = [PROGRAM, "compare", "--summary", "--json", "--memory", memory, many, other]
            # A small process of its own starts it: what starts a program counts towards its peak.
            done = subprocess.run([sys.executable, "-c", PEAK, *map(str, words)], capture_output=True, text=True, check=True)
            *_, told, kilobytes = done.stdout.splitlines()
            peaks.append(int(kilobytes))
            left = json.loads(told)["client"]["not_compared"]
            self.expect((left > 0) == (memory == "4M"), f"{memory}: {left} not compared")
        self.expect(peaks[0] < 40 << 10 and peaks[0] < peaks[1] - 15_000, f"peaks in kB: {peaks}")
        print(f"60000 flows: {peaks[0] // 1024} MiB with --memory 4M, {peaks[1] // 1024} MiB with all there is")


if __name__ == "__main__":
    Test.play()
