#!/usr/bin/env python3
"""Plays the whole lab: every verdict must stand, within ten minutes, and nothing may be left behind.

Skipped (77, with the reason) where the lab cannot run: without root, without TUN devices, or unbuilt.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "lab", "run")
SKIP, WHOLE_LAB_SECONDS = 77, 600
# One of each kind, to be played with the probe as the client; all of them: ./dev lab --probe.
BY_PROBE = ["seed-993-accept-close", "seed-haproxy-993", "seed-332-hello", "reset-on-path-naive", "reset-both-suricata",
            "forged-fin", "http-server-on-443", "drop-hello", "dovecot-no-tls", "postgres-no-tls", "router-reset-v6"]


def main():
    left_behind = killing_it_leaves_nothing_behind()
    if left_behind == SKIP:
        return SKIP
    started = time.monotonic()
    done = subprocess.run([sys.executable, LAB], stdout=subprocess.PIPE, text=True, check=False, timeout=WHOLE_LAB_SECONDS)
    seconds = time.monotonic() - started
    print("\n".join(line for line in done.stdout.splitlines() if not line.startswith("ok ")))
    if done.returncode == SKIP:
        return SKIP
    print(f"the whole lab took {seconds:.0f} of {WHOLE_LAB_SECONDS} s")
    by_probe = subprocess.run([sys.executable, LAB, "--probe", *BY_PROBE], stdout=subprocess.PIPE, text=True, check=False,
                              timeout=WHOLE_LAB_SECONDS)
    print("\n".join(line for line in by_probe.stdout.splitlines() if line.startswith(("WRONG", "BROKEN", "event", "probes"))))
    return 1 if done.returncode or by_probe.returncode or left_behind else 0


def killing_it_leaves_nothing_behind():
    """Kills a running lab with SIGKILL and looks for processes and namespaces of its own; 0 if there are none."""
    with tempfile.TemporaryDirectory(prefix="whohungup-lab-test-") as keep:
        lab = subprocess.Popen([sys.executable, LAB, "--no-verdict", "--keep", keep, "drop-hello", "dovecot-imaps", "postfix"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(1.5)
        if lab.poll() == SKIP:
            print(lab.stderr.read().strip())
            return SKIP
        lab.send_signal(signal.SIGKILL)
        lab.wait()
        deadline = time.monotonic() + 5  # the kernel takes a moment to take a namespace down
        while (found := processes_about(keep)) and time.monotonic() < deadline:
            time.sleep(0.1)
    for process in found:
        print(f"left behind: {process}")
    return 1 if found else 0


def processes_about(directory):
    """The command lines of all processes that name the directory or work in it."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace")
            if directory in command or directory in os.readlink(f"/proc/{entry}/cwd"):
                found.append(command)
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
