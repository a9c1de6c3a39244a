"""Turns a played scenario into samples/NAME: the client's capture and what is expected of it."""

import os
import shutil
import subprocess

from judge import Expected


def make(name, scenario, directory, source, program):
    """Writes samples/NAME, then lets ./dev golden add what the program says of it."""
    target = os.path.join(source, "samples", name)
    if os.path.exists(target):
        raise SystemExit(f"lab: {target} exists; remove it first")
    expected = Expected.of(scenario, "client")
    os.makedirs(target)
    shutil.copy(f"{directory}/client.pcap", f"{target}/capture.pcap")
    with open(f"{target}/README.md", "w", encoding="utf-8") as file:
        file.write(f"# {name}\n\n{scenario['story']}\n\nPlayed by `./dev lab --sample {name}`; the client's capture.\n\n"
                   f"## Expected verdict\n\n* `{expected.actor}.{expected.events[0]} ({expected.most})`\n\n"
                   f"The lab made it happen: {expected.actor}, and no more than `{expected.most}` may be said from this end.\n")
    print(f"lab: wrote {target}")
    if os.access(f"{source}/dev", os.X_OK):
        subprocess.run([f"{source}/dev", "golden", name], check=False, env={**os.environ, "WHOHUNGUP": program})
