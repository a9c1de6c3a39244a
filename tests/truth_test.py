#!/usr/bin/env python3
"""Holds `read` to generated traffic whose truth is known: every connection found, told once, with
the verdict its packets allow, its packets counted and its hello measured."""
import collections
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.environ["WHOHUNGUP"]
GENERATE = os.path.join(os.environ["WHOHUNGUP_TEST_TOOLS"], "generate")


def endpoint(text):
    ip, port = text.rsplit(":", 1)
    return str(ipaddress.ip_address(ip.strip("[]"))), int(port)


def generate(folder, kind, amount):
    capture, truth = os.path.join(folder, kind + ".pcap"), os.path.join(folder, kind + ".truth")
    subprocess.run([GENERATE, kind, capture, str(amount), truth], check=True)
    with open(truth, encoding="ascii") as lines:
        return capture, [json.loads(line) for line in lines]


def read(capture, *options):
    ran = subprocess.run([PROGRAM, "read", "-q", "--json", *options, capture],
                         capture_output=True, text=True, check=False)
    assert ran.returncode == 1, (ran.returncode, ran.stderr)
    *flows, summary = [json.loads(line) for line in ran.stdout.splitlines()]
    return flows, summary


def key_of(flow):
    ends = (flow["flow"]["client"], flow["flow"]["server"])
    return tuple((end["ip"], end["port"]) for end in ends)


def differences(flow, truth):
    """What the flow's report says otherwise than the generator."""
    hello = flow["tls"]["client_hello"]
    said = {
        "code": flow["verdict"]["code"] in truth["codes"] or flow["verdict"]["code"],
        "packets": flow["flow"]["packets"] == truth["packets"] or flow["flow"]["packets"],
        "first_frame": flow["flow"]["frames"][0] == truth["first_frame"],
        "hello": hello is None or truth["story"] == "lost"
                 or hello["bytes_on_wire"] == truth["hello"] or hello["bytes_on_wire"],
    }
    return [f"{truth['story']} {truth['client']}: {what} {value}"
            for what, value in said.items() if value is not True]


def check_mixed(folder):
    capture, truth = generate(folder, "mixed", 10_000_000)
    flows, summary = read(capture)
    found = collections.Counter(key_of(flow) for flow in flows)
    judged = {(endpoint(t["client"]), endpoint(t["server"])): t for t in truth if t["codes"]}
    wrong = [f"not found: {t['story']} {t['client']}" for k, t in judged.items() if not found[k]]
    wrong += [f"told {n} times: {k}" for k, n in found.items() if n > 1]
    wrong += [f"made up: {k}" for k in found if k not in judged]
    for flow in flows:
        if key_of(flow) in judged:
            wrong += differences(flow, judged[key_of(flow)])
    assert not wrong, "\n".join(wrong[:20]) + f"\n{len(wrong)} differences"
    assert [flow["flow"]["index"] for flow in flows] == list(range(len(flows)))
    assert summary["flows"]["judged"] == len(judged)
    assert summary["flows"]["not_tls"] == len(truth) - len(judged)
    assert summary["packets"] == sum(t["packets"] for t in truth)
    codes = collections.Counter(flow["verdict"]["code"] for flow in flows)
    assert summary["codes"] == dict(codes)
    # What is forgotten on the way without being listed is counted all the same.
    for options in (["--summary"], ["--failed"]):
        _, brief = read(capture, *options)
        assert brief == summary, options
    return len(judged)


def check_flood(folder):
    capture, truth = generate(folder, "flood", 5_000)
    flows, summary = read(capture)
    assert len(flows) == len(truth) == summary["flows"]["seen"]
    return len(flows)


def check_adversary(folder):
    capture, truth = generate(folder, "adversary", 400)
    flows, summary = read(capture)
    stories = collections.Counter(t["story"] for t in truth)
    expected = sum(stories.values()) + 19 * stories["reused"]
    assert summary["flows"]["seen"] == expected, (summary["flows"], expected)
    assert len(flows) + summary["flows"]["not_tls"] == expected
    return len(flows)


def check_memory(folder):
    """With little memory flows are told early, and say so; every connection is still told of."""
    capture, truth = generate(folder, "adversary", 3_000)
    flows, summary = read(capture, "--memory", "4M")
    limited = [flow for flow in flows if flow["flow"]["ended_by"] == "memory_limit"]
    assert 0 < len(limited) <= summary["flows"]["memory_limited"], summary["flows"]
    for flow in limited:
        assert "recording-bounded" in [fact["id"] for fact in flow["facts"]], flow["flow"]
    told = {key_of(flow) for flow in flows}
    lost = [t for t in truth if (endpoint(t["client"]), endpoint(t["server"])) not in told]
    assert not lost, (len(lost), lost[0])
    text = subprocess.run([PROGRAM, "read", "-q", "--summary", "--memory", "4M", capture],
                          capture_output=True, text=True, check=False).stdout
    assert "judged early to stay within --memory" in text, text
    return len(limited)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_mixed, check_flood, check_adversary, check_memory):
            print(f"{check.__name__}: {check(folder)} flows judged as generated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
