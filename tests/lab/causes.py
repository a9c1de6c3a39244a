"""Holds `whohungup diagnose` to the causes that scenarios were made to have.

A scenario that can tell a cause says so with `cause = "…"` (or a list, where more than one name is right),
from what its server or box is configured to do. `beneath = "…"` is the exact reason where several look
alike from outside: it need not be named, but must not be called refuted. `diagnose = [...]` adds
arguments, such as the options that give the baseline the failing client's hello. `cause = "none"` is a
handshake that works. Scenarios made for this alone are in causes/.
"""

import json
import os
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 110  # for one diagnosis; silent ones take the longest
BUDGET_SECONDS = 75
# What CI plays: one scenario of each kind of cause, none of them slow.
SAMPLE = ["complete-openssl", "seed-993-accept-close", "seed-haproxy-993", "haproxy-strict-sni", "router-reset",
          "reset-on-path-naive", "slapd-no-certificate", "http-server-on-443", "dovecot-no-tls", "no-listener",
          "nginx-only-tls12", "legacy-server", "size-bug", "read-once-server"]


def as_diagnosis(scenario):
    """The scenario with `diagnose` as its client."""
    before = scenario.get("client", {})
    client = {name: before[name] for name in ("port", "sni", "starttls", "family") if name in before}
    client.update(kind="diagnose", timeout=SECONDS, args=scenario.get("diagnose", []))
    servers = [many_at_once(server) for server in scenario.get("server", [])]
    return {**scenario, "client": client, "server": servers, "during": [], "settle_ms": 0}


def many_at_once(server):
    """s_server serves one connection after the other and would wait for one that a box cut off; HAProxy does not."""
    if server["kind"] != "openssl" or server.get("args"):
        return server
    return {"bind": "", **server, "kind": "haproxy", "config": "haproxy-tls"}


def accepted(scenario):
    """The names that are right for the cause."""
    cause = scenario["cause"]
    return cause if isinstance(cause, list) else [cause]


class Diagnosed:
    """What one diagnosis came to, beside the truth."""

    def __init__(self, name, scenario, directory, report):
        self.name, self.scenario, self.report = name, scenario, report
        self.problem = report.get("broken", "")
        self.found = None
        if "skipped" in report or self.problem:
            return
        with open(f"{directory}/client.txt", encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if line.startswith("{")]
        objects = [json.loads(line) for line in lines]
        self.trials = [one for one in objects if one["type"] == "trial"]
        self.found = next((one for one in objects if one["type"] == "diagnosis"), None)
        if not self.found:
            self.problem = "no diagnosis came"

    @property
    def named(self):
        return (self.found or {}).get("cause") or "none"

    def status_of(self, cause):
        return next((one["status"] for one in self.found["causes"] if one["cause"] == cause), "unknown")

    @property
    def right(self):
        return bool(self.found) and self.named in accepted(self.scenario)

    @property
    def truth_refuted(self):
        """Was a cause that is there called refuted?"""
        truths = [*accepted(self.scenario)[:1], *([self.scenario["beneath"]] if "beneath" in self.scenario else [])]
        return [cause for cause in truths if cause != "none" and self.status_of(cause) == "refuted"]

    @property
    def accused_wrongly(self):
        """Was somebody on the path named who is not there?"""
        between = self.found["decider"] == "between" or self.named == "content-filter"
        return between and self.scenario["truth"] != "middlebox"

    @property
    def unproven(self):
        """Was somebody on the path named although no trial proves it?"""
        between = self.found["decider"] == "between" or self.named == "content-filter"
        return between and not any(one["code"].startswith("middlebox") and one["confidence"] == "proven" for one in self.trials)

    def line(self):
        if not self.found:
            return f"{'skip ' if 'skipped' in self.report else 'BROKEN'} {self.name}: {self.report.get('skipped', self.problem)}"
        mark = "ok   " if self.right else "none " if self.named == "none" else "WRONG"
        extra = "".join(f"; {cause} called refuted" for cause in self.truth_refuted)
        extra += "; accuses the path wrongly" if self.accused_wrongly else ""
        extra += "; accuses the path without proof" if self.unproven else ""
        return (f"{mark} {self.name:32} truth {'|'.join(accepted(self.scenario))}; named {self.named}"
                f" ({self.found['weight'] or '-'}, {self.found['connections']} connections, {float(self.found['duration_s']):.0f} s){extra}")

    @property
    def fine(self):
        return bool(self.found) and self.right and not (self.truth_refuted or self.accused_wrongly or self.unproven)


class CauseBoard:
    """The sums over all diagnoses."""

    def __init__(self):
        self.all = []

    def add(self, one):
        self.all.append(one)

    def counts(self):
        done = [one for one in self.all if one.found]
        failing = [one for one in done if "none" not in accepted(one.scenario)]
        right = sum(one.right for one in failing)
        return {
            "scenarios diagnosed": len(done),
            "skipped or broken": len(self.all) - len(done),
            "scenarios that fail and can tell a cause": len(failing),
            "... of which the right cause is named first": f"{right} ({100 * right / max(1, len(failing)):.0f} %)",
            "... of which none is named": sum(one.named == "none" for one in failing),
            "... of which another is named": sum(not one.right and one.named != "none" for one in failing),
            "handshakes that work, and no cause is named": sum(one.right for one in done) - right,
            "handshakes that work, and a cause is named": sum(not one.right for one in done) - sum(not one.right for one in failing),
            "a cause that is there called refuted": sum(len(one.truth_refuted) for one in done),
            "the path accused where nothing on it acted": sum(one.accused_wrongly for one in done),
            "the path accused without proof": sum(one.unproven for one in done),
        }

    @property
    def share_right(self):
        failing = [one for one in self.all if one.found and "none" not in accepted(one.scenario)]
        return sum(one.right for one in failing) / max(1, len(failing))

    @property
    def passed(self):
        """Four of five right, and nothing said that is false."""
        return self.share_right >= 0.8 and not any(
            one.problem or (one.found and (one.truth_refuted or one.accused_wrongly or one.unproven)) for one in self.all)

    def summary(self, seconds):
        return ["", *(f"{name:58} {count}" for name, count in self.counts().items()), f"{'seconds':58} {seconds:.0f}"]

    def page(self):
        """The section of docs/accuracy.md."""
        yield "## How often `diagnose` names the right cause"
        yield ""
        yield ("Made by `./dev lab --causes --score`: `whohungup diagnose` is the client, and what it names first is held to"
               " what the server or box was configured to do. A cause in brackets is the exact reason where several look"
               " alike from outside: it must stay open.")
        yield ""
        yield "| over all diagnoses | |"
        yield "|---|---:|"
        for name, count in self.counts().items():
            yield f"| {name} | {count} |"
        yield ""
        yield "| cause | scenarios | named first |"
        yield "|---|---:|---:|"
        kinds = Counter(accepted(one.scenario)[0] for one in self.all if one.found)
        for kind, count in sorted(kinds.items()):
            right = sum(one.right for one in self.all if one.found and accepted(one.scenario)[0] == kind)
            yield f"| {kind} | {count} | {right} |"
        yield ""
        yield "| scenario | truth | named first | says how surely | connections | |"
        yield "|---|---|---|---|---:|---|"
        for one in sorted(self.all, key=lambda one: one.name):
            if not one.found:
                yield f"| {one.name} | | | | | {one.report.get('skipped', one.problem)} |"
                continue
            beneath = f" ({one.scenario['beneath']})" if "beneath" in one.scenario else ""
            note = "" if one.fine else "**wrong**" if one.named != "none" and not one.right else "not named" if not one.right else "**see above**"
            yield (f"| {one.name} | {' or '.join(accepted(one.scenario))}{beneath} | {one.named} | {one.found['weight'] or ''} |"
                   f" {one.found['connections']} | {note} |")
