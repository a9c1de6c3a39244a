#!/usr/bin/env python3
"""`diagnose` and `trace` behind a firewall of this very machine that keeps packets back: they say so, and blame nobody else.

Each case has a network namespace of its own, a TLS server on its loopback and one rule. Skipped (77) where that takes
more rights, or tools, than there are.
"""

import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import side_by_side  # noqa: E402
from program import PROGRAM  # noqa: E402

SCRIPT = """
set -e
ip link set lo up
cd "$(mktemp -d)"
trap 'kill $server; rm -rf "$PWD"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=www.lab.test -keyout k -out c 2>/dev/null
openssl s_server -accept 127.0.0.1:443 -cert c -key k -quiet </dev/null >/dev/null 2>&1 &
server=$!
until openssl s_client -connect 127.0.0.1:443 </dev/null >/dev/null 2>&1; do sleep 0.05; done
ip link add far0 type veth peer name far1
ip link set far1 up
ip addr add 192.0.2.1/24 dev far0
ip link set far0 up
iptables $RULE
"$@" || true
"""


TRACE = ["-n", "--interval", "0", "--wait", "0.3", "--sni", "www.lab.test"]


def can_run():
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "iptables", "ip", "openssl"))):
        return False
    done = subprocess.run(["unshare", "-n", "iptables", "-A", "INPUT", "-p", "tcp", "-m", "length", "--length", "1:2", "-j", "DROP"],
                          capture_output=True, check=False)
    return done.returncode == 0


def played(rule, *words):
    """The program with these words, in a namespace with that rule."""
    return subprocess.run(["unshare", "-n", "sh", "-c", SCRIPT, "sh", os.path.abspath(PROGRAM), *words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100, env={**os.environ, "RULE": rule})


def behind(rule, *words):
    """The JSON objects that it prints then."""
    done = played(rule, *words, "--json")
    objects = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert objects, done.stderr
    return objects


def diagnosed(rule, *words, budget=13, target="127.0.0.1:443"):
    return behind(rule, "diagnose", target, "--sni", "www.lab.test", "--pause", "0", "--banner-wait", "0.3",
                  "--timeout", "3.1", "--budget", str(budget), *words)[-1]


class OwnFirewall(unittest.TestCase):
    def suspects_home(self, diagnosis):
        self.assertEqual((diagnosis["cause"], diagnosis["place"]), ("our-side", None), diagnosis["conclusion"])
        self.assertEqual([one["cause"] for one in diagnosis["causes"] if one["status"] == "supported"], ["our-side"])

    def test_that_drops_the_servers_answers_is_named_and_not_the_server(self):
        diagnosis = diagnosed("-A INPUT -p tcp --sport 443 -m length --length 100:65535 -j DROP")
        self.suspects_home(diagnosis)
        self.assertIn("answer-not-let-in", diagnosis["signs"])
        self.assertIn("local-rule-hit", diagnosis["signs"])

    def test_that_refuses_them_with_resets_in_our_name_is_named(self):
        self.suspects_home(diagnosed("-A INPUT -p tcp --sport 443 -m length --length 100:65535 -j REJECT --reject-with tcp-reset"))

    def test_that_drops_only_some_hellos_is_named(self):
        diagnosis = diagnosed("-A OUTPUT -p tcp --dport 443 -m string --algo bm --string www.lab -j DROP")
        self.suspects_home(diagnosis)
        self.assertIn("hello-never-left", diagnosis["signs"])

    def test_that_refuses_connections_is_named_without_privileges_to_capture(self):
        self.suspects_home(diagnosed("-A OUTPUT -p tcp --dport 443 -j REJECT --reject-with tcp-reset", "--no-capture"))

    def test_that_refuses_so_that_nothing_can_be_sent_is_told_of_in_a_line(self):
        rule = "-A OUTPUT -p tcp --dport 443 -j REJECT --reject-with icmp-host-prohibited"
        done = played(rule, "diagnose", "192.0.2.7:443", "--pause", "0", "--budget", "6")
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, 'nothing could be sent to 192.0.2.7: .*; meanwhile the local rule ".*reject.*" counted')

    def test_that_counts_without_keeping_anything_back_is_not_named(self):
        diagnosis = diagnosed("-A OUTPUT -p tcp --tcp-flags RST RST -j DROP", budget=6)
        self.assertNotEqual(diagnosis["cause"], "our-side")
        self.assertFalse(any(note["suspicious"] for note in diagnosis["local"] if note["id"] in ("firewall", "passage")))


class OwnProxy(unittest.TestCase):
    """192.0.2.7 is said to be behind far0, but this machine answers in its name."""

    RULE = "-t nat -A OUTPUT -p tcp -d 192.0.2.7 --dport 443 -j DNAT --to-destination 127.0.0.1:443"
    def test_is_what_diagnose_names(self):
        diagnosis = diagnosed(self.RULE, target="smtp://192.0.2.7:443", budget=17)  # no greeting will come
        self.assertEqual((diagnosis["cause"], diagnosis["weight"]), ("our-side", "points"), diagnosis["conclusion"])
        self.assertIn("beside-the-interface", diagnosis["signs"])

    def test_is_what_trace_names(self):
        (trace,) = behind(self.RULE, "trace", "192.0.2.7:443", "--tls", "1.0", *TRACE)  # which the server refuses
        self.assertEqual((trace["verdict"]["place"], trace["verdict"]["rule"]), ("this-machine", "hop-answered-here"))


class Trace(unittest.TestCase):
    def test_says_that_the_hello_never_left(self):
        (trace,) = behind("-A OUTPUT -p tcp --dport 443 -m length --length 300:500 -j DROP", "trace", "127.0.0.1:443", *TRACE)
        self.assertEqual((trace["verdict"]["place"], trace["verdict"]["rule"]), ("this-machine", "hop-kept-here"))

    def test_says_that_no_syn_left(self):
        (trace,) = behind("-A OUTPUT -p tcp --dport 443 -j DROP", "trace", "127.0.0.1:443", *TRACE)
        self.assertEqual((trace["verdict"]["place"], trace["verdict"]["rule"]), ("this-machine", "hop-syn-kept-here"))


if __name__ == "__main__":
    if not can_run():
        print("no namespaces with a firewall of their own here")
        sys.exit(77)
    side_by_side.main()
