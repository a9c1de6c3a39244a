"""Turns a played scenario into samples/NAME: the client's capture and what may be said of it."""

import os
import shutil
import subprocess

from judge import CONFIDENCE, Expected


def make(name, scenario, directory, source, program):
    """Writes samples/NAME, then lets ./dev golden add what the program says of it."""
    target = os.path.join(source, "samples", name)
    if os.path.exists(target):
        raise SystemExit(f"lab: {target} exists; remove it first")
    expected = Expected.of(scenario, "client")
    os.makedirs(target)
    shutil.copy(f"{directory}/client.pcap", f"{target}/capture.pcap")
    verdicts = "\n".join(f"* `{verdict}`" for verdict in allowed(expected))
    with open(f"{target}/README.md", "w", encoding="utf-8") as file:
        file.write(f"# {name}\n\n{scenario['story']}\n\nPlayed by `./dev lab --sample {name}`; the client's capture.\n\n"
                   f"## Expected verdict\n\n{verdicts}\n\n"
                   f"The lab made it happen: it was the {expected.actor}. The others are what these packets do not exclude.\n")
    print(f"lab: wrote {target}")
    if os.access(f"{source}/dev", os.X_OK):
        subprocess.run([f"{source}/dev", "golden", name], check=False, env={**os.environ, "WHOHUNGUP": program})


def allowed(expected):
    """Every verdict that stands, the truth at its surest first."""
    bounds = {expected.actor: expected.most, **expected.also}
    for event in expected.events:
        for actor, most in bounds.items():
            for confidence in CONFIDENCE[CONFIDENCE.index(most):0:-1]:
                yield f"{actor}.{event} ({confidence})"
        if expected.actor != "nobody":
            yield f"unknown.{event} (undetermined)"
