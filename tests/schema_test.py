"""Holds the NDJSON to docs/schema.json and to itself, over every capture at hand."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import SOURCE, run, samples, shared_captures, skip  # noqa: E402

try:
    import jsonschema
except ImportError:
    skip("python3-jsonschema is not installed")

# Validating costs milliseconds an object: of a large capture so many flows stand for the rest.
MOST_FLOWS = 60

with open(os.path.join(SOURCE, "docs", "schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)
jsonschema.Draft7Validator.check_schema(SCHEMA)
VALIDATORS = {kind: jsonschema.Draft7Validator({**SCHEMA["definitions"][kind], "definitions": SCHEMA["definitions"]})
              for kind in ("flow", "summary")}


def complaints(capture):
    """What is wrong with the output for one capture."""
    ran = run("read", "--json", capture)
    if ran.status == 3:
        return [] if not ran.out and ran.err else ["status 3, but something on standard output or no message"]
    if ran.status not in (0, 1, 4):
        return [f"exit status {ran.status}: {ran.err}"]
    *flows, summary = ran.objects
    found = [error for flow in flows[:MOST_FLOWS] + [summary] for error in broken_rules(flow)]
    found += disagreements(flows, summary, ran.status)
    for flow in flows:
        found += uncited(flow, summary)
    return found


def broken_rules(thing):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in VALIDATORS[thing["type"]].iter_errors(thing)]


def disagreements(flows, summary, status):
    """Where the summary and the flows before it do not say the same."""
    found = []
    counted = {}
    for flow in flows:
        counted[flow["verdict"]["code"]] = counted.get(flow["verdict"]["code"], 0) + 1
        code = ".".join(flow["verdict"][part] for part in ("actor", "mechanism", "stage"))
        if code != flow["verdict"]["code"]:
            found.append(f"code {flow['verdict']['code']} is not {code}")
    if counted != summary["codes"]:
        found.append(f"codes {summary['codes']}, but the flows say {counted}")
    if [flow["flow"]["index"] for flow in flows] != list(range(len(flows))):
        found.append("flows are not numbered 0, 1, 2 …")
    hung_up = sum(flow["verdict"]["failed"] for flow in flows)
    expected = 4 if not flows else 1 if hung_up else 0
    if status != expected or summary["flows"]["hung_up"] != hung_up or summary["flows"]["judged"] != len(flows):
        found.append(f"status {status} and {summary['flows']} for {hung_up} of {len(flows)} hung up")
    return found


def uncited(flow, summary):
    """Frames that are cited and cannot be: not in the capture, or not of this flow."""
    own = set(flow["flow"]["frames"])
    cited = [frame for part in ("facts", "evidence", "dissent") for thing in flow[part] for frame in thing["frames"]]
    cited += flow["verdict"]["frames"] + flow["cited"]
    found = [f"frame {frame} of {summary['packets']} is cited" for frame in cited if not 1 <= frame <= summary["packets"]]
    if flow["flow"]["frames_left_out"] == 0:
        found += [f"flow {flow['flow']['index']} cites frame {frame}, which is not its own"
                  for frame in sorted(set(cited) - own)]
    return found


def main():
    captures = samples() + shared_captures("anatomy") + shared_captures("public")
    if not captures:
        skip("there are no captures")
    broken = 0
    for capture in captures:
        for complaint in complaints(capture)[:5]:
            print(f"{capture}: {complaint}")
            broken += 1
    print(f"{len(captures)} captures, {broken} complaints")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
