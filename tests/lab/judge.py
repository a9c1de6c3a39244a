"""Holds verdicts to the truth: what `whohungup read --json` says of a capture, against what we made happen.

A scenario's [seen] table says for each end: the event (mechanism.stage, or a list where more than one
name is right, or "absent" where the capture holds no TLS flow), `actor` where it is not the scenario's
truth, `most`, the boldest confidence that end's packets allow for the actor, and `also`, other actors
these packets do not exclude with the most that may be said of them. Whoever is not named there may not
be named in a verdict at all: "unknown" is always allowed.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field

CONFIDENCE = ["undetermined", "suggested", "strong", "proven"]
JUDGE_SECONDS = 20


@dataclass
class Expected:
    """What may be said of one capture."""

    events: list
    actor: str
    most: str
    also: dict
    tells: bool  # can this capture tell who it was?

    @classmethod
    def of(cls, scenario, end):
        seen = scenario["seen"][end] if end in scenario["seen"] else seen_by_both(scenario)
        events = seen["event"] if isinstance(seen["event"], list) else [seen["event"]]
        most = seen.get("most", "undetermined")
        return cls(events, seen.get("actor", scenario["truth"]), most, seen.get("also", {}),
                   seen.get("tells", most in ("strong", "proven")))

    def bound(self, actor):
        """The boldest confidence allowed for an actor, or None where naming it is wrong."""
        if actor == self.actor:
            return self.most
        return self.also.get(actor)

    def __str__(self):
        also = "".join(f" or {actor}<={most}" for actor, most in self.also.items())
        return f"{'|'.join(self.events)} {self.actor}<={self.most}{also}"


def seen_by_both(scenario):
    """What two captures together show, where the scenario does not say: the truth, as surely as can be."""
    events = []
    for end in ("client", "server"):
        seen = scenario["seen"][end]["event"]
        events += seen if isinstance(seen, list) else [seen]
    return {"event": events, "most": "proven", "tells": True}


def can_compare(program):
    """Does this build know `compare`?"""
    return " compare " in subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout


@dataclass
class Said:
    """What the program said, and how it stands to the truth."""

    text: str
    event_right: bool
    actor: str  # "right", "undecided", "wrong" or "bold" (the right one, more surely than the packets allow)
    confidence: str = "undetermined"
    flow: dict = field(default_factory=dict)

    @property
    def fine(self):
        return self.event_right and self.actor in ("right", "undecided")

    @property
    def false_accusation(self):
        return self.actor == "wrong" and self.confidence != "undetermined"


def judge_text(printed, scenario, expected):
    """Weighs the verdict in NDJSON that was printed already."""
    flows = []
    for line in printed.splitlines():
        if line.startswith("{") and (one := json.loads(line))["type"] == "flow":
            flows.append(one)
    if not flows:
        return Said("absent" if printed.strip() else "failed: it printed nothing", "absent" in expected.events, "undecided")
    return weigh_flow(choose(flows, scenario), expected)


def reads_back(program, flow, file):
    """What `read` says otherwise of the file that a probe wrote; empty where they agree."""
    again = flows_of(program, "read", file, "--port", str(flow["flow"]["server"]["port"]))
    if len(again) != 1:
        return f"{len(again)} flows"
    return ", ".join(key for key in ("verdict", "facts", "evidence", "dissent", "look_alikes", "tls", "tcp")
                     if again[0][key] != flow[key])


def flows_of(program, *arguments):
    """The flow objects of one run; raises RuntimeError where the program fails."""
    done = subprocess.run([program, *arguments, "--json"], capture_output=True, text=True, check=False,
                          timeout=JUDGE_SECONDS)
    if done.returncode not in (0, 1, 4):
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()[-200:]}")
    objects = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    return [one for one in objects if one.get("type") == "flow"]


def choose(flows, scenario):
    """The flow the scenario is about: the last that began, or the first where the scenario says so."""
    flows = sorted(flows, key=lambda flow: flow["flow"]["start"])
    return flows[0 if scenario.get("flow") == "first" else -1] if flows else None


def judge(program, scenario, expected, *arguments):
    """Runs the program on one capture (or compare on two) and weighs its verdict."""
    try:
        flow = choose(flows_of(program, *arguments), scenario)
    except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return Said(f"failed: {error}", False, "undecided")
    if flow is None:
        return Said("absent", "absent" in expected.events, "undecided")
    return weigh_flow(flow, expected)


def weigh_flow(flow, expected):
    verdict = flow["verdict"]
    event, actor, confidence = f"{verdict['mechanism']}.{verdict['stage']}", verdict["actor"], verdict["confidence"]
    return Said(f"{event} {actor} {confidence}", event in expected.events, weigh(expected, actor, confidence),
                confidence, flow)


def weigh(expected, actor, confidence):
    bound = expected.bound(actor)
    if actor == "unknown" or (bound is None and confidence == "undetermined"):
        return "undecided"
    if bound is None:
        return "wrong"
    if CONFIDENCE.index(confidence) <= CONFIDENCE.index(bound):
        return "right" if actor == expected.actor else "undecided"
    return "bold" if actor == expected.actor else "wrong"


def foretold(flow, kind, text):
    """Did the verdict's client_view foretell what the client printed? None where it says nothing of it.

    A view may offer several texts joined by " or "; all pieces of one of them must stand in what was
    printed, between the places that differ from run to run.
    """
    view = (flow.get("client_view") or {}).get(kind)
    if not view:
        return None
    for choice in view.replace(" (a race)", "").split(" or "):
        pieces = re.split(r"<host>|::|OpenSSL SSL_connect: |curl: \(\d+\) ", choice)
        if all(piece.strip() in text for piece in pieces):
            return True
    return False


def explained(program, text):
    """What `explain` makes of the text a client printed: one object, or None where this build has no explain."""
    done = subprocess.run([program, "explain", "--json"], input=text, capture_output=True, text=True, check=False,
                          timeout=JUDGE_SECONDS)
    return json.loads(done.stdout) if done.returncode in (0, 4) else None


def agrees(explanation, events):
    """Does what was explained include one of the true events? None where the text says nothing of an end.

    Of several runs in one text the last one counts, as the last flow of a capture does.
    """
    if not explanation or not explanation["known"] or events == ["absent"]:
        return None
    said = explanation["attempts"][-1]["events"]
    return any(event in said["usual"] + said["rare"] for event in events)


def find_program():
    """The program under test: $WHOHUNGUP, or the release build."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.environ.get("WHOHUNGUP", os.path.join(source, "build", "release", "whohungup"))
    return path if os.access(path, os.X_OK) else None
