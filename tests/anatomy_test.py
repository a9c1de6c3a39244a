#!/usr/bin/env python3
"""Judges the captures of known truth (shared/captures/anatomy) and compares each verdict with
anatomy_expected.ndjson, which was written by reading the packets and never from the program.

A line of that file is one run of `whohungup read`: the exit status allowed, and of each flow the
verdicts accepted (code, lowest and highest confidence), facts that must and must not be seen, and
why, with frames. A flow that is "judged": "either" may also be left out. Runs without the
captures or the program exit 77.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
from program import PROGRAM, SHARED, run, skip  # noqa: E402

CONFIDENCE = ["undetermined", "suggested", "strong", "proven"]


def judge(capture, arguments):
    """The exit status of `read --json`, its flow objects by client port, and its complaints."""
    ran = run("read", "--json", *arguments, capture)
    return ran.status, {flow["flow"]["client"]["port"]: flow for flow in ran.flows}, ran.err


def accepts(accepted, verdict):
    lowest, highest = CONFIDENCE.index(accepted["min"]), CONFIDENCE.index(accepted["max"])
    return (verdict["code"] == accepted["code"]
            and lowest <= CONFIDENCE.index(verdict["confidence"]) <= highest)


def complaints_about_flow(expected, flow):
    verdict = flow["verdict"]
    if not any(accepts(one, verdict) for one in expected["accept"]):
        wanted = " or ".join("%(code)s (%(min)s to %(max)s)" % one for one in expected["accept"])
        yield "said %s (%s), expected %s" % (verdict["code"], verdict["confidence"], wanted)
    seen = {fact["id"] for fact in flow["facts"]}
    for fact in expected.get("facts", []):
        if fact not in seen:
            yield "fact %s is missing" % fact
    for fact in expected.get("absent", []):
        if fact in seen:
            yield "fact %s was seen" % fact
    for fact in flow["facts"] + flow["evidence"]:
        if not fact["frames"]:
            yield "%s cites no frame" % (fact.get("id") or fact.get("rule"))


def complaints_about_run(expected, status, flows, stderr):
    allowed = expected["exit"] if isinstance(expected["exit"], list) else [expected["exit"]]
    if status not in allowed:
        yield "exit status %d, expected %s %s" % (status, allowed, stderr.strip())
    ports = {flow["client_port"] for flow in expected["flows"]}
    for port in sorted(set(flows) - ports):
        yield "judged port %d (%s), which is not to be judged" % (
            port, flows[port]["verdict"]["code"])
    for one in expected["flows"]:
        port = one["client_port"]
        if port in flows:
            for text in complaints_about_flow(one, flows[port]):
                yield "port %d: %s\n        because %s" % (port, text, one["why"])
        elif one.get("judged") != "either":
            yield "port %d was not judged\n        because %s" % (port, one["why"])


def main():
    captures = pathlib.Path(SHARED) / "captures" / "anatomy"
    if not pathlib.Path(PROGRAM).exists():
        skip("%s, the program, is not built" % PROGRAM)
    if not captures.is_dir():
        skip("no captures in %s" % captures)
    wrong = runs = flows_seen = 0
    with open(HERE / "anatomy_expected.ndjson", encoding="utf-8") as lines:
        for expected in map(json.loads, lines):
            arguments = expected.get("args", [])
            status, flows, stderr = judge(captures / expected["file"], arguments)
            runs += 1
            flows_seen += len(flows)
            texts = list(complaints_about_run(expected, status, flows, stderr))
            wrong += bool(texts)
            for text in texts:
                print("%s %s: %s" % (expected["file"], " ".join(arguments), text))
    print("%d of %d runs as expected, %d flows judged" % (runs - wrong, runs, flows_seen))
    return 1 if wrong or not flows_seen else 0


if __name__ == "__main__":
    sys.exit(main())
