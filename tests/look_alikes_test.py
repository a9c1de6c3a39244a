#!/usr/bin/env python3
"""`proven` means that no other reading of the packets is left: then no look-alike that names another actor
may still be possible, in any capture at hand."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import run, samples, shared_captures  # noqa: E402

# Whom each look-alike would make responsible. What only casts doubt on a capture is told by the confidence.
NAMES = {"load-balancer": "server", "lost-state": "server", "anycast-or-ecmp": "server", "second-stack-at-server": "server",
         "server-crash": "server", "overloaded-server": "server", "ban-or-rate-limit": "server", "old-connection": "server",
         "syn-proxy": "middlebox", "firewall-at-server": "middlebox", "rewriting-box": "middlebox",
         "packet-remaker": "middlebox", "local-security-software": "middlebox", "path-mtu": "middlebox"}


class LookAlikes(unittest.TestCase):
    def test_none_that_names_another_is_possible_beside_a_proof(self):
        proven = 0
        for capture in samples() + shared_captures("anatomy") + shared_captures("public"):
            for flow in run("read", "--json", capture).flows:
                verdict = flow["verdict"]
                if verdict["confidence"] != "proven" or verdict["actor"] in ("nobody", "unknown"):
                    continue
                proven += 1
                for one in flow["look_alikes"]:
                    other = NAMES.get(one["id"], verdict["actor"]) != verdict["actor"]
                    self.assertFalse(other and one["status"] == "possible",
                                     f"{capture} flow {flow['flow']['index']}: {verdict['code']} beside {one}")
        self.assertGreater(proven, 10)


if __name__ == "__main__":
    unittest.main()
