#!/usr/bin/env python3
"""What compare says of boxes that answer for the server: one that turns SYNs away, a SYN proxy, a proxy that
ends the client's connection; and what it says where there is nothing to compare. On pairs from the lab."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE / "support"))
from compare_test import Pcap  # noqa: E402
from expecting import Expecting  # noqa: E402
from program import SOURCE, run  # noqa: E402

PAIRS = pathlib.Path(SOURCE) / "tests" / "pairs"
MINUTE = 60 * 10**9


def ends(name):
    return PAIRS / f"{name}.pcap", PAIRS / f"{name}.srv.pcap"


class Test(Expecting):
    def parts(self):
        return (self.turned_away, self.swallowed, self.syn_proxy, self.proxy, self.nothing)

    def joined(self, *names, lacking=()):
        """The captures of several connections, a minute apart, as one of either end; the server's lacks some."""
        paths = []
        for end in (0, 1):
            records = []
            for number, name in enumerate(names):
                source, first = Pcap(ends(name)[end]), Pcap(ends(name)[0]).records[0][0]
                if end == 0 or number not in lacking:
                    records += [(moment - first + (number + 1) * MINUTE, data, length) for moment, data, length in source.records]
            paths.append(source.write(self.folder / f"joined-{end}.pcap", records))
        return paths

    def verdicts(self, *paths):
        return [(flow["verdict"]["code"], flow["verdict"]["confidence"]) for flow in run("compare", "--json", *paths).flows]

    def turned_away(self):
        """A SYN that was answered and that the server's capture lacks, beside connections that it holds."""
        for name, code in (("router-syn-reset", "middlebox.rst.syn"), ("icmp-admin-on-syn", "middlebox.icmp.syn")):
            said = self.verdicts(*self.joined("close-notify", name, "complete-openssl"))
            self.expect((code, "strong") in said, f"{name} between two others: {said}")
            said = self.verdicts(*self.joined("close-notify", name))
            self.expect(all(sure != "strong" for what, sure in said if what.endswith(".syn")), f"{name}, nothing later: {said}")
            # Where a connection that was made is missing as well, the capture is of one way among several.
            said = self.verdicts(*self.joined("close-notify", name, "windows-server", "complete-openssl", lacking=(2,)))
            self.expect((code, "strong") not in said, f"{name}, and another is missing: {said}")

    def swallowed(self):
        """A hello that never arrived: strong where the server's capture ends with it, proven where a later connection
        shows that it ran on, and nothing of the kind where that is in another file, begun later."""
        name, code = "drop-hello", "middlebox.silence.client_hello"
        self.expect(self.verdicts(*ends(name)) == [(code, "strong")], f"alone: {self.verdicts(*ends(name))}")
        client, server = self.joined("close-notify", name, "complete-openssl")
        self.expect((code, "proven") in self.verdicts(client, server), f"with others: {self.verdicts(client, server)}")
        whole = Pcap(server)
        parts = [whole.write(self.folder / f"part-{late}.pcap", [r for r in whole.records if (r[0] > 2.5 * MINUTE) == late])
                 for late in (False, True)]
        said = self.verdicts("--client", client, "--server", parts[0], "--server", parts[1])
        self.expect((code, "strong") in said, f"with another file later: {said}")

    def syn_proxy(self):
        flow = run("compare", "--json", *ends("synproxy-router")).flows[0]
        self.expect(flow["comparison"]["syn_proxied"] and not flow["comparison"]["clock_contradictory"], f"{flow['comparison']}")
        self.expect((flow["verdict"]["code"], flow["verdict"]["actor"]) == ("server.rst.client_hello", "server"), f"{flow['verdict']}")
        self.expect("capture-duplication" not in [one["id"] for one in flow["look_alikes"]], "a SYN proxy's ACKs are duplicates")
        text = run("compare", *ends("synproxy-router")).out
        self.expect("a SYN proxy stands between" in text, text[:600])
        flow = run("compare", "--json", *ends("windows-server")).flows[0]
        self.expect(not flow["comparison"]["syn_proxied"], "no SYN proxy is one")

    def proxy(self):
        """The headline is about the client's connection, and says that the server's is another."""
        summary = run("compare", "--json", *ends("proxy-server-refuses")).flows[0]["verdict"]["summary"]
        self.expect("This is the client's connection to 10.9.2.2:443" in summary and "is another, 10.9.3.2:" in summary, summary)

    def nothing(self):
        """Nothing to compare: what to do about it."""
        moved = []
        for path in ends("drop-hello"):
            source = Pcap(path)
            kept = [(moment, data.replace((443).to_bytes(2, "big"), (7001).to_bytes(2, "big"), 1), length)
                    for moment, data, length in source.records[:3]]
            moved.append(source.write(self.folder / f"moved-{len(moved)}.pcap", kept))
        for words in ((), ("--json",)):
            ran = run("compare", *words, *moved)
            said = " ".join((ran.out + ran.err).split())
            self.expect(ran.status == 4 and "name its port with --port" in said, f"{words}: {ran.status} {said}")
        ran = run("compare", *ends("drop-hello"), "--", "port", "1")
        self.expect(ran.status == 4 and "The filter left out" in ran.out, f"a filter: {ran.status} {ran.out}")


if __name__ == "__main__":
    Test.play()
