#!/usr/bin/env python3
"""Judges the captures of known truth (shared/captures/anatomy) and compares each verdict with
anatomy_expected.ndjson, which was written by reading the packets and never from the program.

A line of that file is one run of `whohungup read`: the exit status allowed, and of each flow the
verdicts accepted (code, lowest and highest confidence), facts that must and must not be seen, and
why, with frames. A flow that is "judged": "either" may also be left out. Runs without the
captures or the program exit 77.
"""
import json
import os
import pathlib
import subprocess
import sys

CONFIDENCE = ["undetermined", "suggested", "strong", "proven"]
HERE = pathlib.Path(__file__).resolve().parent


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def find_captures():
    shared = os.environ.get("WHOHUNGUP_SHARED", HERE.parent / ".." / "shared")
    return pathlib.Path(shared) / "captures" / "anatomy"


def judge(program, capture, arguments):
    """The exit status of `read --json` and its flow objects by client port."""
    run = subprocess.run([program, "read", "--json", *arguments, str(capture)],
                         capture_output=True, text=True, timeout=60)
    objects = [json.loads(line) for line in run.stdout.splitlines() if line]
    flows = {o["flow"]["client"]["port"]: o for o in objects if o["type"] == "flow"}
    return run.returncode, flows, run.stderr


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
    program = os.environ.get("WHOHUNGUP")
    captures = find_captures()
    if not program or not pathlib.Path(program).exists():
        skip("WHOHUNGUP does not name the built program")
    if not captures.is_dir():
        skip("no captures in %s" % captures)
    wrong = runs = flows_seen = 0
    with open(HERE / "anatomy_expected.ndjson", encoding="utf-8") as lines:
        for expected in map(json.loads, lines):
            arguments = expected.get("args", [])
            status, flows, stderr = judge(program, captures / expected["file"], arguments)
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
