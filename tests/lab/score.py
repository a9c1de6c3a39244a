"""What became of each scenario, and the scoreboard that docs/accuracy.md keeps.

Every capture is judged as it is and spoiled in five ways. A spoiled capture may be judged more weakly,
or differently where it truly shows something else; it must never be judged `proven` against the wrong
one. The client's two captures are also judged together by `compare`.
"""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace

import capture
from judge import CONFIDENCE, Expected, agrees, can_compare, explained, foretold, judge, judge_text, reads_back

ENDS = ("client", "server")
SPOILED = {
    "1 % of the packets missing": lambda records, port: capture.lossy(records),
    "only the client's packets": lambda records, port: capture.one_direction(records, True, port),
    "only the server's packets": lambda records, port: capture.one_direction(records, False, port),
    "cut to 96 bytes a packet": lambda records, port: capture.snapped(records),
    "started after the handshake": lambda records, port: capture.started_late(records),
    "merged by GRO": lambda records, port: capture.merged(records),
}


@dataclass
class Outcome:
    """One scenario: played or not, and what was said of its captures."""

    name: str
    scenario: dict
    report: dict
    broken: str = ""
    said: dict = field(default_factory=dict)  # by end: (Expected, Said)
    spoiled: dict = field(default_factory=dict)  # by end and way: Said
    both: tuple = ()  # (Expected, Said) of the two captures together
    foretold: bool | None = None  # did client_view say what the client printed?
    printed: str = ""
    explanation: dict | None = None  # what explain makes of that
    explained: bool | None = None  # and does it include what truly happened?
    by_probe: bool = False  # the client is the probe in every scenario

    def weigh(self, program, directory):
        if self.scenario.get("client", {}).get("kind") == "probe":
            self.weigh_probe(program, directory)
        if self.by_probe:
            return
        port = self.scenario.get("client", {}).get("port", 443)
        for end in ENDS:
            expected = Expected.of(self.scenario, end)
            path = f"{directory}/{end}.pcap"
            self.said[end] = expected, judge(program, self.scenario, expected, "read", path)
            records = capture.read(path)
            if not records:
                continue
            for way, spoil in SPOILED.items():
                spoiled = f"{directory}/{end}-spoiled.pcap"
                capture.write(spoiled, spoil(records, port))
                self.spoiled[end, way] = judge(program, self.scenario, expected, "read", spoiled)
                os.unlink(spoiled)
        self.hold_client_view(program, directory)
        if can_compare(program):
            expected = Expected.of(self.scenario, "both")
            with open(f"{directory}/path.json", encoding="utf-8") as file:
                stopped = json.load(file)["stopped"]
            paths = [f"{directory}/{end}.pcapng" for end in ENDS]
            for path, end in zip(paths, ENDS):
                capture.as_dumpcap(f"{directory}/{end}.pcap", path, stopped[end])
            self.both = expected, judge(program, self.scenario, expected, "compare", *paths)

    def weigh_probe(self, program, directory):
        """What the probe said of its own packets. Its proofs may say more of the right one than a capture can."""
        end = "probe" if "probe" in self.scenario["seen"] else "client"
        expected = replace(Expected.of(self.scenario, end), actor=self.scenario["truth"], most="proven", tells=True)
        with open(f"{directory}/client.txt", encoding="utf-8", errors="replace") as file:
            said = judge_text(file.read(), self.scenario, expected)
        self.said["probe"] = expected, said
        if said.flow and (differing := reads_back(program, said.flow, f"{directory}/probe.pcapng")):
            self.broken = f"read of the probe's own file says something else: {differing}"

    def hold_client_view(self, program, directory):
        """Compares what the verdict says the client printed with what it did print."""
        kind = self.client
        with open(f"{directory}/client.txt", encoding="utf-8", errors="replace") as file:
            self.printed = file.read()
        self.foretold = foretold(self.said["client"][1].flow, kind, self.printed)
        if kind != "probe":
            self.explanation = explained(program, self.printed)
            self.explained = agrees(self.explanation, self.said["client"][0].events)

    @property
    def client(self):
        return self.scenario.get("client", {}).get("kind", "openssl")

    @property
    def fine(self):
        return not self.broken and self.foretold is not False and self.explained is not False and all(said.fine for _, said in self.all_said()) and not self.false_proven()

    def explained_usually(self):
        if not self.explained:
            return False
        usual = self.explanation["attempts"][-1]["events"]["usual"]
        return any(event in usual for event in self.said["client"][0].events)

    def all_said(self):
        return [*self.said.values(), *([self.both] if self.both else [])]

    def false_proven(self):
        """Spoiled captures that were judged `proven` against the wrong one, or could not be judged at all."""
        return [(end, way, said) for (end, way), said in self.spoiled.items()
                if (said.false_accusation and said.confidence == "proven") or said.text.startswith("failed")]

    def lines(self):
        if self.broken:
            return [f"BROKEN {self.name}: {self.broken}"]
        lines = []
        ends = {**self.said, **({"both": self.both} if self.both else {})}
        for end, (expected, said) in ends.items():
            mark = "ok   " if said.fine else "WRONG"
            lines.append(f"{mark} {self.name:32} {end:6} expected {expected}; said {said.text}")
        if self.foretold is False:
            view = self.said["client"][1].flow["client_view"]
            lines.append(f"WRONG {self.name:32} client_view says {view}; the client printed {self.printed[-300:]!r}")
        if self.explained is False:
            said = self.explanation["attempts"][-1]["events"]
            lines.append(f"WRONG {self.name:32} explain says {said['usual']} or {said['rare']}; the client printed {self.printed[-300:]!r}")
        for end, way, said in self.false_proven():
            lines.append(f"WRONG {self.name:32} {end:6} {way}: said {said.text}")
        return lines or [f"ok    {self.name}"]


def sections_of(path):
    """What other scoreboards (causes, hops, probes) keep in the page, between comments of their own."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return "".join(re.findall(r"\n<!-- [a-z]+ -->\n.*?<!-- /[a-z]+ -->\n", file.read(), re.DOTALL))


def write_section(path, name, lines):
    """Writes one scoreboard of its own into the page, in place of the one that was there."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    section = f"\n<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- /{name} -->\n"
    old = re.compile(rf"\n<!-- {name} -->\n.*?<!-- /{name} -->\n", re.DOTALL)
    page = old.sub(lambda _: section, page) if old.search(page) else page + section
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


class Board:
    """The sums over all outcomes."""

    def __init__(self):
        self.outcomes = []

    def add(self, outcome):
        self.outcomes.append(outcome)

    @property
    def passed(self):
        return all(outcome.fine for outcome in self.outcomes if "skipped" not in outcome.report)

    def judged(self):
        return [(outcome, end, expected, said) for outcome in self.outcomes
                for end, (expected, said) in outcome.said.items()]

    def counts(self):
        """The figures of the scoreboard, over every capture judged as it is."""
        judged = self.judged()
        both = [outcome.both for outcome in self.outcomes if outcome.both]
        tellable = [entry for entry in judged if entry[2].tells]
        suggested = [said for _, _, _, said in tellable
                     if said.actor == "right" and said.confidence != "undetermined"]
        return {
            "scenarios": len(self.outcomes),
            "skipped": sum("skipped" in outcome.report for outcome in self.outcomes),
            "broken": sum(bool(outcome.broken) for outcome in self.outcomes),
            "captures judged": len(judged),
            "event right": sum(said.event_right for *_, said in judged),
            "actor right": sum(said.actor == "right" for *_, said in judged),
            "honestly undecided": sum(said.actor == "undecided" for *_, said in judged),
            "captures that can tell": len(tellable),
            "... of which the actor was right and at least suggested": len(suggested),
            **{f"false accusation, {confidence}": sum(said.false_accusation and said.confidence == confidence
                                                      for *_, said in judged) for confidence in CONFIDENCE[1:]},
            "right but bolder than the packets allow": sum(said.actor == "bold" for *_, said in judged),
            "client's words foretold": sum(outcome.foretold is True for outcome in self.outcomes),
            "client's words foretold wrongly": sum(outcome.foretold is False for outcome in self.outcomes),
            "client's words explained, the true event among the possible": sum(outcome.explained is True for outcome in self.outcomes),
            "... of which among the usual": sum(outcome.explained_usually() for outcome in self.outcomes),
            "client's words explained, the true event excluded": sum(outcome.explained is False for outcome in self.outcomes),
            "client's words that tell of no end": sum(outcome.explained is None and bool(outcome.printed) for outcome in self.outcomes),
            "pairs compared": len(both),
            "... of which the actor was proven": sum(said.actor == "right" and said.confidence == "proven" for _, said in both),
            "... of which a false accusation": sum(said.false_accusation for _, said in both),
            "spoiled captures judged": sum(len(outcome.spoiled) for outcome in self.outcomes),
            "... of which false `proven`": sum(len(outcome.false_proven()) for outcome in self.outcomes),
        }

    def summary(self, seconds):
        lines = [f"{name:58} {count}" for name, count in self.counts().items()]
        return ["", *lines, f"{'seconds':58} {seconds:.0f}"]

    def write(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        kept = sections_of(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.page()) + "\n" + kept)

    def page(self):
        yield "# How often the verdict is right"
        yield ""
        yield ("Made by `./dev lab --score`. Each scenario of `tests/lab` is played with real servers over a path with"
               " hops; both ends' captures are judged and held to what was made to happen. The times and ports differ"
               " from run to run, the verdicts should not.")
        yield ""
        yield "| over all captures | |"
        yield "|---|---:|"
        for name, count in self.counts().items():
            yield f"| {name} | {count} |"
        yield from self.spoiled_table()
        yield from self.explain_table()
        yield from self.scenario_table()

    def spoiled_table(self):
        yield ""
        yield "## The same captures, spoiled"
        yield ""
        yield "| how | judged | same actor or undecided | wrong actor, suggested | strong | proven |"
        yield "|---|---:|---:|---:|---:|---:|"
        for way in SPOILED:
            said = [one for outcome in self.outcomes for (_, how), one in outcome.spoiled.items() if how == way]
            wrong = Counter(one.confidence for one in said if one.false_accusation)
            yield (f"| {way} | {len(said)} | {len(said) - sum(wrong.values())} | {wrong['suggested']} |"
                   f" {wrong['strong']} | {wrong['proven']} |")

    def explain_table(self):
        yield ""
        yield "## What `explain` makes of the clients' words"
        yield ""
        yield ("Each client's output, given to `whohungup explain`: is what truly happened among the events it calls possible, and"
               " among the usual ones? How many of the events there are does it leave on average?")
        yield ""
        yield "| client | texts | no end told | true event possible | usual | excluded | events left |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for kind in sorted({outcome.client for outcome in self.outcomes if outcome.printed} - {"probe"}):
            some = [outcome for outcome in self.outcomes if outcome.client == kind and outcome.printed]
            told = [outcome for outcome in some if outcome.explained is not None]
            left = [sum(map(len, (events["usual"], events["rare"]))) for outcome in told
                    for events in (outcome.explanation["attempts"][-1]["events"],)]
            yield (f"| {kind} | {len(some)} | {len(some) - len(told)} | {sum(outcome.explained for outcome in told)} |"
                   f" {sum(outcome.explained_usually() for outcome in told)} | {sum(not outcome.explained for outcome in told)} |"
                   f" {sum(left) / max(1, len(left)):.1f} |")

    def probe_table(self):
        """A section of its own: probes are judged by what they said themselves."""
        yield "## The probe as the client"
        yield ""
        yield ("Every scenario that is not about what its client does, played again with `whohungup probe` in the"
               " client's place (`./dev lab --probe --score`); what it said of its own packets, held to the same truth.")
        yield ""
        yield "| | |"
        yield "|---|---:|"
        counts = self.counts()
        for name in list(counts)[:13]:
            yield f"| {name.replace('captures judged', 'probes judged').replace('captures', 'probes')} | {counts[name]} |"
        for outcome, _, expected, said in self.judged():
            if not said.fine:
                yield f"| {outcome.name}: expected {expected} | {said.text} |".replace("|strong", "\\|strong")

    def scenario_table(self):
        yield ""
        yield "## Scenario by scenario"
        yield ""
        yield "`server<=strong` reads: the server did it, and `strong` is the most these packets allow anyone to say."
        yield ""
        yield "| scenario | capture | expected | said | |"
        yield "|---|---|---|---|---|"
        for outcome in sorted(self.outcomes, key=lambda outcome: outcome.name):
            if "skipped" in outcome.report or outcome.broken:
                yield f"| {outcome.name} | | | | {outcome.report.get('skipped', outcome.broken)} |"
            ends = {**outcome.said, **({"both": outcome.both} if outcome.both else {})}
            for end, (expected, said) in ends.items():
                note = "" if said.fine else "**wrong event**" if not said.event_right else f"**{said.actor}**"
                yield f"| {outcome.name} | {end} | {expected} | {said.text} | {note} |".replace("|strong", "\\|strong")
