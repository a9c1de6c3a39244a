#!/usr/bin/env python3
"""Measures whohungup beside an empty libpcap loop and beside its peers, and prints the tables of
docs/performance.md.

Every run of a tool is paired with a run of the loop over the same file just before it; ratios are
medians of the pairs' ratios of CPU time (user and system), which other load disturbs least.
"""
import argparse
import os
import resource
import shlex
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

MOST_MEMORY = 9 << 30  # bytes of address space a peer may take
SIZES = {  # amounts for the generator
    "small": {"mixed": 100_000_000, "flood": 300_000, "elephants": 100_000_000,
              "adversary": 2_000},
    "full": {"mixed": 1_000_000_000, "flood": 3_000_000, "elephants": 1_000_000_000,
             "adversary": 50_000},
}
OURS = [("read", "read -q {}"), ("read --json", "read -q --json {}"),
        ("read --summary", "read -q --summary {}")]
THREADED = [("read", "read -q {}"), ("read --json", "read -q --json {}")]
# What it says it does is in docs/performance.md; those that need a TLS key or a network are not here.
PEERS = [
    ("tcpdump, resets", "tcpdump -nr {} 'tcp[tcpflags] & tcp-rst != 0'"),
    ("libtins StreamFollower loop", "{bench}/tins_stream {}"),
    ("tshark, conversations", "tshark -q -z conv,tcp -r {}"),
    ("tshark, hello fields", "tshark -r {} -Y tls.handshake.type -T fields -e frame.number -e ip.src"
                             " -e tls.handshake.type -e tls.handshake.extensions_server_name"),
    ("tcptrace", "tcptrace -n {}"),
    ("ssldump", "ssldump -nr {}"),
    ("tcpflow", "tcpflow -q -o {scratch}/tcpflow -r {}"),
    ("p0f", "p0f -r {}"),
    ("argus", "argus -r {} -w /dev/null"),
    ("softflowd", "softflowd -r {} -n 127.0.0.1:9"),
    ("ndpiReader", "ndpiReader -q -i {}"),
]


class Bench:
    def __init__(self, build, scratch, runs, give_up_after):
        self.bench = os.path.join(build, "tests", "bench")
        self.generator = os.path.join(build, "tests", "generate")
        self.program = os.path.join(build, "whohungup")
        self.scratch, self.runs, self.give_up_after = scratch, runs, give_up_after

    def capture(self, kind, amount):
        path = os.path.join(self.scratch, f"{kind}-{amount}.pcap")
        if not os.path.exists(path):
            subprocess.run([self.generator, kind, path, str(amount)], check=True)
        return path

    def cost(self, command):
        """CPU and wall seconds and peak megabytes, or None if the command gave up or failed."""
        told = os.path.join(self.scratch, "cost")
        out = os.path.join(self.scratch, "output")
        line = f"{self.bench}/timer {command} 3>{told} >{out} 2>/dev/null"
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        try:
            subprocess.run(["timeout", str(self.give_up_after), "sh", "-c", line], check=True,
                           preexec_fn=limit)
        except subprocess.CalledProcessError:
            return None
        with open(told, encoding="ascii") as numbers:
            wall, user, system, kilobytes, status = numbers.read().split()
        shutil.rmtree(os.path.join(self.scratch, "tcpflow"), ignore_errors=True)
        if int(status) > 1 and "whohungup" in command or int(status) >= 128:
            return None
        return float(user) + float(system), float(wall), int(kilobytes) / 1024

    def row(self, name, command, path, packets):
        loop = f"{self.bench}/pcap_loop {shlex.quote(path)}"
        seconds, walls, ratios, memory = [], [], [], []
        for _ in range(self.runs):
            yardstick, got = self.cost(loop), self.cost(command)
            if got is None or yardstick is None:
                return f"| {name} | gave up | | | | | |"
            seconds.append(got[0])
            walls.append(got[1])
            ratios.append(got[0] / max(yardstick[0], 1e-4))
            memory.append(got[2])
        cpu = max(statistics.median(seconds), 1e-4)
        megabytes = os.path.getsize(path) / 1e6
        return (f"| {name} | {statistics.median(walls):.3f} | {cpu:.3f} | "
                f"{packets / cpu / 1e3:.0f} | {megabytes / cpu:.0f} | "
                f"{statistics.median(ratios):.2f} | {statistics.median(memory):.0f} |")

    def two_threads(self, name, command):
        """How much sooner two threads are done than one, run after the other."""
        gains, costs = [], []
        for _ in range(self.runs):
            one = self.cost(f"{self.program} {command}")
            two = self.cost(f"{self.program} {command} --threads 2")
            if one is None or two is None:
                return f"{name}: gave up"
            gains.append(one[1] / two[1])
            costs.append(two[0] / one[0])
        return (f"{name} --threads 2: wall time down by {statistics.median(gains):.2f} "
                f"(best {max(gains):.2f}), CPU time × {statistics.median(costs):.2f}")

    def table(self, kind, amount, peers):
        path = self.capture(kind, amount)
        counted = subprocess.run([os.path.join(self.bench, "pcap_loop"), path], check=True,
                                 capture_output=True, text=True).stdout
        packets = int(counted.split()[0])
        print(f"\n### {kind}: {packets} packets, {os.path.getsize(path) / 1e6:.0f} MB\n")
        print("| | wall s | CPU s | kpackets/s | MB/s | × empty libpcap loop | peak MiB |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        quoted = shlex.quote(path)
        print(self.row("empty libpcap loop", f"{self.bench}/pcap_loop {quoted}", path, packets))
        for name, command in OURS:
            if kind == "flood" and "--json" in command:
                continue  # 15 GB for three million flows
            whole = f"{self.program} {command.format(quoted)}"
            print(self.row(f"**whohungup {name}**", whole, path, packets), flush=True)
        for name, command in PEERS if peers else []:
            command = command.replace("{bench}", self.bench).replace("{scratch}", self.scratch)
            tool = command.split()[0]
            if shutil.which(tool) is None:
                print(f"| {name} | not installed | | | | | |")
                continue
            print(self.row(name, command.replace("{}", quoted), path, packets), flush=True)
        print()
        for name, command in THREADED if kind == "mixed" else []:
            print(self.two_threads(name, command.format(quoted)), flush=True)
        print(f"load average {os.getloadavg()[0]:.1f}", flush=True)

    def later(self, path, microseconds):
        """The same packets as a capture at the other end of the path has them."""
        other = path.replace(".pcap", "-later.pcap")
        with open(path, "rb") as file, open(other, "wb") as out:
            header = file.read(24)
            per_second = 10**9 if struct.unpack_from("<I", header)[0] == 0xA1B23C4D else 10**6
            out.write(header)
            while record := file.read(16):
                seconds, fraction, kept, length = struct.unpack("<IIII", record)
                fraction += microseconds * per_second // 10**6
                out.write(struct.pack("<IIII", seconds + fraction // per_second, fraction % per_second, kept, length))
                out.write(file.read(kept))
        return other

    def pair(self, amount):
        """What comparing two captures costs, beside reading one and then the other."""
        client = self.capture("mixed", amount)
        server = self.later(client, 4000)
        one, two = shlex.quote(client), shlex.quote(server)
        both, compared = [], []
        for _ in range(self.runs):
            reads = [self.cost(f"{self.program} read -q {path}") for path in (one, two)]
            told = self.cost(f"{self.program} compare -q {one} {two}")
            if told is None or None in reads:
                print("compare: gave up")
                return
            both.append([sum(read[0] for read in reads), max(read[2] for read in reads)])
            compared.append([told[0], told[2], told[0] / both[-1][0]])
        median = lambda rows, column: statistics.median(row[column] for row in rows)
        packets = int(subprocess.run([os.path.join(self.bench, "pcap_loop"), client], check=True,
                                     capture_output=True, text=True).stdout.split()[0])
        print(f"\n### compare: {packets} packets at either end\n")
        print("| | CPU s | × read of both | peak MiB |")
        print("|---|--:|--:|--:|")
        print(f"| whohungup read of one, then of the other | {median(both, 0):.2f} | 1 | {median(both, 1):.0f} |")
        print(f"| **whohungup compare** | {median(compared, 0):.2f} | {median(compared, 2):.1f} | "
              f"{median(compared, 1):.0f} |", flush=True)


def main():
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--build", default="build/release")
    ask.add_argument("--runs", type=int, default=5)
    ask.add_argument("--full", action="store_true", help="1 GB and 3 million flows, without peers")
    ask.add_argument("--no-peers", action="store_true")
    ask.add_argument("--kind", action="append", choices=[*SIZES["small"], "pair"])
    ask.add_argument("--give-up-after", type=int, default=120, metavar="SECONDS")
    given = ask.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sizes = SIZES["full" if given.full else "small"]
    with tempfile.TemporaryDirectory(prefix="whohungup-bench-") as scratch:
        bench = Bench(os.path.abspath(given.build), scratch, given.runs, given.give_up_after)
        for kind in given.kind or [*sizes, "pair"]:
            if kind == "pair":  # a million packets, however much else is measured
                bench.pair(SIZES["full"]["mixed"])
                continue
            bench.table(kind, sizes[kind], not given.full and not given.no_peers)
            shutil.rmtree(scratch)
            os.mkdir(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
