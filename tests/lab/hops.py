#!/usr/bin/env python3
"""Judges `whohungup trace` at every hop for every box: the path of the lab with one box, then the next place.

usage: hops.py [--sample] [--jobs N] [--score] [--keep DIR] [NAME...]

    --sample    a few places of each kind, within a minute: what CI plays
    --score     write the table of docs/accuracy.md

A box is placed wrongly if the trace says "before the server" of what stands at the server's distance or is the
server itself, or puts it behind another hop than its own. "At the server" is right for the last hop, because no
hop limit tells a neighbour from the server; "unknown" is never wrong, and never right where hops can tell.
`compare` of both ends' captures, given the trace, must name its hops and may blame nobody where no box is.
The server's capture must hold no hello of a sweep that had more hops than it was given.
"""

import argparse
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import capture  # noqa: E402
import judge  # noqa: E402
import runner  # noqa: E402
import score  # noqa: E402
from boxes import is_hello  # noqa: E402
from namespaces import private_scratch  # noqa: E402
from packet import Packet  # noqa: E402

HOPS, SECONDS = 5, 55
SERVER = '[[server]]\nkind = "openssl"\n'


def hangup(mood):
    return f'[[server]]\nkind = "hangup"\nmood = "{mood}"\n'


def box(kind, **settings):
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    return f'[[box]]\nhop = HOP\nkind = "{kind}"\n{lines}{SERVER}'


PROXY = ('[router]\nafter_hop = HOP\nsetup = ["iptables -t nat -A PREROUTING -i left -p tcp --dport 443 -j REDIRECT '
         '--to-ports 8443"]\n[[router.processes]]\nkind = "haproxy"\nconfig = "haproxy-tcp"\naddress = "0.0.0.0"\n'
         'port = 8443\nrules = ""\nbackend = "server one 127.0.0.1:9"\n' + SERVER)
# name: (what is laid, in-path, on-path or None where the server does it, a proxy or nobody)
KINDS = {
    "drop": (box("drop"), "in-path"),
    "drop-flow": (box("drop", when="from-hello"), "in-path"),
    "drop-by-name": (box("drop", when="sni www.lab.test"), "in-path"),
    "reset-in-path": (box("reset", in_path=True), "in-path"),
    "filter": (box("filter"), "in-path"),
    "reset-in-path-both": (box("reset", in_path=True, to="both"), "in-path"),
    "reset-in-path-copycat": (box("reset", in_path=True, look="server"), "in-path"),
    "reset-on-path": (box("reset"), "on-path"),
    "reset-on-path-ttl-128": (box("reset", ttl=128), "on-path"),
    "reset-on-path-copycat": (box("copycat"), "on-path"),
    "suricata": (box("suricata"), "on-path"),
    "snort": (box("snort"), "on-path"),
    "three-resets": (box("three-resets"), "on-path"),
    "rising-guesses": (box("rising-guesses"), "on-path"),
    "mirroring": (box("mirroring"), "on-path"),
    "mirroring-in-path": (box("mirroring", in_path=True), "in-path"),
    "forged-fin": (box("forged-fin"), "in-path"),
    "forged-fin-beside": (box("forged-fin", in_path=False), "on-path"),
    "forged-alert": (box("forged-answer", alert=40), "in-path"),
    "forged-alert-beside": (box("forged-answer", alert=40, in_path=False), "on-path"),
    "icmp-admin": (box("icmp", code="admin"), "in-path"),
    "drop-syn": (box("drop", when="syn"), "in-path"),
    "refuse-syn": (box("refuse"), "in-path"),
    "proxy": (PROXY, "proxy"),
    "drop-v6": (box("drop"), "in-path"),
    "reset-in-path-v6": (box("reset", in_path=True), "in-path"),
    "reset-on-path-v6": (box("reset"), "on-path"),
    "reset-on-path-unprivileged": (box("reset"), "on-path"),
    "drop-unprivileged": (box("drop"), "in-path"),
    "state-loss": (box("state-loss", idle_ms=0), "in-path"),
    "state-loss-mute": (box("state-loss", idle_ms=0, say="nothing"), "in-path"),
    "other-node": (box("other-node"), "in-path"),
    "cannot-reassemble": (box("cannot-reassemble"), "in-path"),
    "cannot-reassemble-reset": (box("cannot-reassemble", say="reset"), "in-path"),
}
# The same boxes met in another way: by name, behind a dialogue, through a translator of addresses. One or two places
# each; what else the trace has to say then is in ALSO.
HOSTS = ('server_setup = ["echo 10.9.2.2 www.lab.test > /run/hosts", "echo 10.9.0.2 second.router.test >> /run/hosts", '
         '"echo 10.9.0.3 third.router.test >> /run/hosts", "mount --bind /run/hosts /etc/hosts"]\n')
MASQUERADE = '[router]\nafter_hop = 2\nsetup = ["iptables -t nat -A POSTROUTING -o right -j MASQUERADE"]\n'
IMAP = '[[server]]\nkind = "dovecot"\nport = 143\n'
SENDER = "fin-after-hello"  # whose hello is sent from a file: it bears gone.example
KINDS.update({
    "through-starttls": (box("reset").replace(SERVER, IMAP), "on-path"),
    "through-hello-file": (box("drop", when="sni gone.example"), "in-path"),
    "through-a-name": (HOSTS + box("drop", when="sni www.lab.test"), "in-path"),
    "through-resolve": (box("reset", when="sni www.lab.test", in_path=True), "in-path"),
    "through-a-split": (box("cannot-reassemble", say="reset"), "in-path"),
    "through-nat": (MASQUERADE + box("reset"), "on-path"),
    "through-nat-in-path": (MASQUERADE + box("filter"), "in-path"),
    "through-ipv6-starttls": (box("filter").replace(SERVER, IMAP + 'address = "fd09:2::2"\n'), "in-path"),
})
PLACES = {kind: (2, 4) for kind in KINDS if kind.startswith("through-")} | {"through-a-split": (1, 3)}
# What stands nowhere on the path: whoever is called a middlebox here is slandered.
INNOCENT = {
    "server-resets": hangup("close_unread"),
    "server-aborts": hangup("read_linger0"),
    "server-closes": hangup("read_close"),
    "server-closes-at-accept": hangup("close_at_accept"),
    "server-alerts": hangup("alert_close"),
    "server-mute": hangup("mute"),
    "server-completes": SERVER,
    "server-resets-mute-routers": hangup("close_unread") + '[path]\nat = [{hop = 2, mute = true}, {hop = 4, mute = true}]\n',
    "server-mute-mute-routers": hangup("mute") + '[path]\nat = [{hop = 3, mute = true}, {hop = 5, mute = true}]\n',
    "server-resets-ttl-normaliser": '[[box]]\nhop = 2\nkind = "ttl"\nto = 64\n' + hangup("close_unread"),
    "server-resets-lossy": hangup("close_unread") + '[path]\nat = [{hop = 3, loss = 0.05}]\n',
    "server-resets-v6": hangup("close_unread").replace("kind", 'address = "fd09:2::2"\nkind'),
}
# A real router that is the last before the server: what it does not report, and what it keeps of the way back.
LAST = '[router]\nafter_hop = 5\nsetup = ["iptables -A {}"]\n'
INNOCENT.update({
    "server-drops-small-icmp": 'server_setup = ["iptables -A INPUT -p tcp --dport 443 -m length --length 100:9000 -j DROP"]\n'
                               + LAST.format("OUTPUT -p icmp -m length --length 150:2000 -j DROP") + SERVER,
    "answer-lost": LAST.format("FORWARD -p tcp --sport 443 -m length --length 300:9000 -j DROP") + SERVER,
})
# There hops cannot tell who it was, and must not claim to; of the lost answer `compare` rightly blames the router.
CANNOT_BE_TOLD = ("server-drops-small-icmp", "answer-lost")
SAMPLE = {"drop": (1, 3), "reset-in-path": (2, 4), "filter": (3,), "reset-on-path": (1, 3, 5), "mirroring": (2, 4),
          "suricata": (4,), "forged-fin-beside": (2,), "forged-alert": (3,), "icmp-admin": (2,), "proxy": (2,),
          "reset-on-path-v6": (3,), "reset-on-path-unprivileged": (2,), "other-node": (3,), "cannot-reassemble": (2,),
          "through-starttls": (2,), "through-a-split": (3,), "through-hello-file": (4,), "through-a-name": (2,),
          "through-resolve": (4,), "through-nat": (4,), "through-ipv6-starttls": (2,)}
SAMPLE_INNOCENT = ("server-resets", "server-mute", "server-resets-mute-routers", "server-completes",
                   "server-drops-small-icmp", "answer-lost")


# How the client is called there: options beside those of all traces, and lines of its table.
HOW = {"through-hello-file": ["-n", "--hello", f"{runner.SOURCE}/samples/{SENDER}/capture.pcap"], "through-a-name": [],
       "through-resolve": ["-n", "--resolve", "10.9.2.2"], "through-a-split": ["-n", "--split", "100"], "through-starttls": ["-n"],
       "through-ipv6-starttls": ["-n", "--starttls", "imap"]}
CLIENT = {"through-a-name": 'target = "www.lab.test"\n', "through-resolve": 'target = "https://www.lab.test"\n',
          "through-starttls": 'target = "imap://10.9.2.2"\n', "through-ipv6-starttls": "port = 143\n"}


def names_of(trace):
    """What the trace calls the routers that the hosts file names, and the server."""
    names = {hop["addresses"][0]: hop["names"] for hop in trace["hops"] if hop["addresses"]}
    said = trace["server"], names.get("10.9.0.2"), names.get("10.9.0.3")
    return "" if said == ("10.9.2.2", ["second.router.test"], ["third.router.test"]) else f"the names are {said}"


def dialogue_of(trace):
    """Every hello of a sweep comes behind a dialogue: all are sent, on one port a sweep, and the baseline had it, too."""
    hellos = [probe for probe in trace["probes"] if probe["kind"] in ("hello", "control")]
    return "" if hellos and all(probe["sent"] for probe in hellos) else "some hello was not sent"


def translated(trace):
    """The real router in the middle makes it one hop more."""
    hops = [sweep["server_hops"] for sweep in trace["sweeps"]]
    return "" if set(hops) == {HOPS + 2} else f"the server is {hops} hops away"


ALSO = {"through-a-name": names_of, "through-starttls": dialogue_of, "through-ipv6-starttls": dialogue_of,
        "through-nat": translated, "through-nat-in-path": translated}


def scenario(text, name):
    kind = name.split("@")[0]
    args = ["--json", "-q", "--interval", "0", "--wait", "0.3", *HOW.get(kind, ["-n", "--sni", "www.lab.test"])]
    if "unprivileged" in name:
        args.append("--no-capture")
    if kind.startswith("cannot-reassemble"):
        args += ["--hello-size", "2000"]  # two segments
    client = f'[client]\nkind = "trace"\ntimeout = 40\nargs = {json.dumps(args)}\n{CLIENT.get(kind, "")}'
    family = "family = 6\n" if kind.endswith("-v6") or "ipv6" in kind else ""
    if kind.endswith("-v6"):
        text = text.replace(SERVER, SERVER + 'address = "fd09:2::2"\n')
    return f'story = "trace"\ntruth = "x"\nsettle_ms = 100\n{text}{client}{family}'


def cases(options):
    wanted = []
    for kind, (text, way) in KINDS.items():
        places = SAMPLE.get(kind, ()) if options.sample else PLACES.get(kind, range(1, HOPS + (way != "proxy")))
        wanted += [(f"{kind}@{hop}", text.replace("HOP", str(hop)), way, hop) for hop in places]
    names = SAMPLE_INNOCENT if options.sample else INNOCENT
    wanted += [(name, INNOCENT[name], None, None) for name in names]
    return [one for one in wanted if not options.names or any(name in one[0] for name in options.names)]


def play(wanted, keep, certificates, jobs):
    """Yields (case, directory) as the scenarios end."""
    def start(case):
        directory = runner.empty_directory(os.path.join(keep, case[0]))
        with open(f"{directory}/scenario.toml", "w", encoding="utf-8") as file:
            file.write(scenario(case[1], case[0]))
        return directory, runner.stage(f"{directory}/scenario.toml", directory, certificates), SECONDS

    yield from runner.side_by_side(wanted, jobs, start)


def said(directory):
    """The trace's JSON object, or the reason why there is none."""
    report = runner.report_of(directory)
    if "skipped" in report or "broken" in report:
        return None, report.get("skipped") or report.get("broken")
    with open(f"{directory}/client.txt", encoding="utf-8", errors="replace") as file:
        text = file.read()
    for line in text.splitlines():
        if line.startswith("{"):
            return json.loads(line), ""
    return None, f"no JSON: {text.strip()[-200:]!r}"


def escaped(directory):
    """Hellos at the server that had all hops left, beyond the first connection's: a sweep must send none."""
    flows = set()
    for _, data, _ in capture.read(f"{directory}/server.pcap"):
        packet = Packet.parse(data)
        if packet and packet.is_tcp and is_hello(packet) and packet.hop_limit > 30:
            flows.add((packet.source_port, packet.seq))
    return max(0, len(flows) - 1)


def weigh(case, trace, directory):
    """right, undecided or WRONG, and why."""
    name, _, way, hop = case
    verdict = trace["verdict"]
    place, stretch = verdict["place"], (verdict["after_hop"], verdict["before_hop"])
    text = f"{place} {verdict['way']} {stretch if verdict['after_hop'] is not None else ''} {verdict['confidence']} [{verdict['rule']}]"
    kind = name.split("@")[0]
    if ("ttl-normaliser" not in name and not name.startswith("proxy") and escaped(directory)):
        return "WRONG", text + f"; {escaped(directory)} hellos of a sweep came with all hops to the server"
    if problem := ALSO.get(kind, lambda _: "")(trace):
        return "WRONG", text + f"; {problem}"
    if "-nat" in kind and hop > 2:
        hop += 1  # the router that translates stands behind hop 2
    if kind in CANNOT_BE_TOLD:
        return ("right" if place == "unknown" else "WRONG"), text
    if way is None:
        fine = place in ("at-server", "unknown", "nobody")
        return ("right" if fine and place != "unknown" else "undecided" if fine else "WRONG"), text
    if way == "proxy":
        return ("right" if place == "proxy" else "undecided" if place in ("unknown", "at-server") else "WRONG"), text
    if place == "before-server":
        there = verdict["after_hop"] is None or verdict["after_hop"] <= hop <= verdict["before_hop"]
        same_way = verdict["way"] in (way, "unknown")
        return ("right" if there and same_way else "WRONG"), text
    if case[3] == HOPS and place == "at-server":
        return "right", text
    # At the server although hops could tell: not an accusation, but not an answer either.
    return ("undecided" if place in ("unknown", "at-server") else "WRONG"), text


def compared(case, trace, directory):
    """What `compare` of the two ends' captures, given this trace, says wrongly; empty where nothing."""
    name, _, way, _ = case
    if name == "server-completes":
        alone = judge.flows_of(judge.find_program(), "read", f"{directory}/client.pcap")
        if accused := sum(flow["verdict"]["actor"] == "middlebox" for flow in alone):
            return f"read blames a middlebox in {accused} flows"
    flows = judge.flows_of(judge.find_program(), "compare", f"{directory}/client.pcap", f"{directory}/server.pcap",
                           "--trace", f"{directory}/client.txt")
    blamed = [flow["comparison"]["trace"] for flow in flows if flow["verdict"]["actor"] == "middlebox"]
    if name == "answer-lost":
        return ""
    if way is None:
        return f"compare blames a middlebox in {len(blamed)} flows" if blamed else ""
    if trace["verdict"]["place"] != "before-server":
        return ""
    if trace["baseline"]["code"].endswith(".syn") and not blamed:
        return ""  # no connection came about: the other end's capture holds none of these flows
    hops = trace["verdict"]["after_hop"], trace["verdict"]["before_hop"]
    if any(said is None or (said["after_hop"], said["before_hop"]) != hops for said in blamed):
        return f"compare names other hops than {hops}: {blamed[:1]}"
    return "" if blamed else "compare blames nobody between"


def table(outcomes):
    yield "## Hops: where `trace` puts who hung up"
    yield ""
    yield ("Made by `tests/lab/hops.py --score`: one box at each of the path's hops in turn. \"At the server\" is right"
           " for the last hop. The last column counts what was called a middlebox without being one.")
    yield ""
    yield "| what | places | right | undecided | wrong |"
    yield "|---|---:|---:|---:|---:|"
    for kind in [*KINDS, *INNOCENT]:
        some = [word for (name, *_), word, _ in outcomes if name.split("@")[0] == kind]
        if some:
            yield f"| {kind} | {len(some)} | {some.count('right')} | {some.count('undecided')} | {some.count('WRONG')} |"
    words = [word for _, word, _ in outcomes]
    yield f"| **all** | {len(words)} | {words.count('right')} | {words.count('undecided')} | {words.count('WRONG')} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--keep", metavar="DIR")
    options = parser.parse_args()
    if reason := runner.cannot_run():
        print(f"hops: {reason}", file=sys.stderr)
        return 77
    private_scratch(runner.SCRATCH)
    keep = os.path.abspath(options.keep) if options.keep else tempfile.mkdtemp(dir=runner.SCRATCH)
    outcomes, started = [], time.monotonic()
    for case, directory in play(cases(options), keep, runner.make_certificates(runner.SCRATCH), options.jobs):
        trace, problem = said(directory)
        word, text = weigh(case, trace, directory) if trace else ("BROKEN", problem)
        if trace and (wrong := compared(case, trace, directory)):
            word, text = "WRONG", f"{text}; {wrong}"
        outcomes.append((case, word, text))
        print(f"{word:10} {case[0]:32} {text}", flush=True)
    words = [word for _, word, _ in outcomes]
    tellable = [word for case, word, _ in outcomes if case[3] != HOPS]
    print(f"\n{len(words)} places: right {words.count('right')}, undecided {words.count('undecided')}, wrong"
          f" {words.count('WRONG')}, broken {words.count('BROKEN')}; of {len(tellable)} that hops can tell"
          f" {tellable.count('right')} right; {time.monotonic() - started:.0f} s")
    if options.score:
        score.write_section(f"{runner.SOURCE}/docs/accuracy.md", "hops", table(outcomes))
    enough = tellable.count("right") >= 0.8 * len(tellable)
    return 0 if enough and not words.count("WRONG") and not words.count("BROKEN") else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
