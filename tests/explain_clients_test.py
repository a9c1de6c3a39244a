#!/usr/bin/env python3
"""Runs every installed client against a server that hangs up in every way, and explains what the client printed.

The true event must be among those that `explain` calls possible, nine times of ten among the usual ones; an
error text that is not known at all fails too. One connection each on loopback.
"""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SOURCE, PROGRAM = os.environ["WHOHUNGUP_SOURCE"], os.environ["WHOHUNGUP"]
LAB = os.path.join(SOURCE, "tests", "lab")
sys.path.insert(0, LAB)

import clients  # noqa: E402
from servers import Missing  # noqa: E402

KINDS = ["openssl", "curl", "gnutls", "python", "node", "java", "go"]
# What truly happens: the first terminating event. Where a server closes at
# accept, the hello on loopback may be first.
EVENTS = {
    "refused": ["rst.syn"],
    "close_at_accept": ["fin.accepted"],
    "accept_linger0": ["rst.accepted"],
    "half_close": ["fin.accepted", "fin.client_hello"],
    "read_close": ["fin.client_hello"],
    "read_linger0": ["rst.client_hello"],
    "close_unread": ["rst.client_hello"],
    "alert_close": ["alert.client_hello"],
    "alert_unread": ["alert.client_hello"],
    "warning_close": ["fin.client_hello"],
    "close_notify": ["fin.client_hello"],
    "partial_hello_close": ["fin.server_hello"],
    "partial_hello_linger0": ["rst.server_hello"],
    "banner_unread": ["plaintext.accepted"],
    "mute": ["silence.client_hello"],
}
# Where a reset comes right behind data, Node 18 may read it as an end of file, and says so.
RACES = {("node", "partial_hello_linger0"): ["fin.server_hello"]}
SILENT = {("openssl", "close_notify"), ("openssl", "mute"), ("gnutls", "mute")}  # these print no end


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def words_of(kind, port):
    settings = {"kind": kind, "port": port, "sni": "lab.test", "timeout": 2, "args": ["--connect-timeout", "2"] if kind == "curl" else []}
    done = subprocess.run(clients.command_for(settings, "127.0.0.1"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=30)
    return done.stdout


def start(mood, port):
    return subprocess.Popen([sys.executable, f"{LAB}/hangup_server.py", "127.0.0.1", str(port), mood])


def look_at(job):
    """One client and one mood: what is wrong, whether the text was explained, whether the truth is usual."""
    mood, kind, port = job
    text = words_of(kind, port)
    if (kind, mood) in SILENT:
        return [], 0, 0
    done = subprocess.run([PROGRAM, "explain", "--json"], input=text, capture_output=True, text=True, check=False)
    explanation = json.loads(done.stdout) if done.stdout.strip() else {"known": False}
    if not explanation["known"]:
        return [f"{mood} {kind}: not known: {text[-200:]!r}"], 0, 0
    said = explanation["attempts"][-1]["events"]
    true = EVENTS[mood] + RACES.get((kind, mood), [])
    usual = any(event in said["usual"] for event in true)
    if not usual and not any(event in said["rare"] for event in true):
        return [f"{mood} {kind}: {true} is excluded, said {said}: {text[-200:]!r}"], 1, 0
    return [], 1, usual


missing = {}


def main():
    for kind in KINDS:
        try:
            clients.command_for({"kind": kind}, "127.0.0.1")
        except Missing as reason:
            missing[kind] = str(reason)
            print(f"without {kind}: {reason}")
    if "openssl" in missing or "curl" in missing:
        return 77
    ports = {mood: free_port() for mood in EVENTS}
    servers = [start(mood, port) for mood, port in ports.items() if mood != "refused"]
    try:
        time.sleep(0.5)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(look_at, [(mood, kind, ports[mood]) for mood in sorted(EVENTS, key=lambda mood: mood != "mute")
                                              for kind in KINDS if kind not in missing]))
    finally:
        for server in servers:
            server.kill()
            server.wait()
    for line in [line for wrong, _, _ in results for line in wrong]:
        print(line)
    explained, usual = sum(count for _, count, _ in results), sum(count for _, _, count in results)
    print(f"{explained} texts of {len(KINDS) - len(missing)} clients explained; the true event is usual in {usual}")
    return 1 if any(wrong for wrong, _, _ in results) or usual < 0.9 * explained else 0


if __name__ == "__main__":
    sys.exit(main())
