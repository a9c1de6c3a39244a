"""Probes over devices of every kind a route may use, with the privileges people really give: namespaces of our own."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "support"), os.path.join(HERE, "lab")]
from namespaces import Host, die_with_parent  # noqa: E402
from program import PROGRAM, run, skip  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix="whohungup-device-")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
# Devices that carry a packet to 10.77.9.2 over the veth pair; {0} is the own end's number, {1} the other's.
TUNNELS = {
    "vlan": "ip link add link wire name {dev} type vlan id 9",
    "vxlan": "ip link add {dev} type vxlan id 9 dstport 4789 remote 10.77.0.{1} local 10.77.0.{0}",
    "gre": "ip tunnel add {dev} mode gre remote 10.77.0.{1} local 10.77.0.{0}",
    "ipip": "ip tunnel add {dev} mode ipip remote 10.77.0.{1} local 10.77.0.{0}",
    "sit": "ip link add {dev} type sit mode any remote 10.77.0.{1} local 10.77.0.{0}",
    "bridge": "ip link add {dev} type bridge",
    "macvlan": "ip link add link wire name {dev} type macvlan mode bridge",
}


class Network:
    """client ─ wire ─ router ─ wire ─ server; the router refuses 10.88.0.0/16 and fd88::/16 by ICMP."""

    def __init__(self):
        self.holders = []
        self.client, self.router, self.server = Host("client"), Host("router"), Host("server")
        self.join(self.client, "wire", self.router, "left")
        self.join(self.server, "wire", self.router, "right")
        self.client.run("ip addr add 10.77.0.1/24 dev wire; ip addr add fd77::1/64 dev wire nodad;"
                        "ip route add default via 10.77.0.254; ip -6 route add default via fd77::fe")
        self.router.run("ip addr add 10.77.0.254/24 dev left; ip addr add fd77::fe/64 dev left nodad;"
                        "ip addr add 10.77.1.254/24 dev right; ip addr add fd78::fe/64 dev right nodad;"
                        # A router asks for its neighbours from a link-local address, which Host lets no device make.
                        "ip addr add fe80::1/64 dev left nodad; ip addr add fe80::1/64 dev right nodad;"
                        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1;"
                        "ip route add prohibit 10.88.0.0/16; ip -6 route add prohibit fd88::/16;"
                        "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        self.server.run("ip addr add 10.77.1.2/24 dev wire; ip addr add fd78::2/64 dev wire nodad;"
                        "ip route add default via 10.77.1.254; ip -6 route add default via fd78::fe")
        self.serve(self.server, "10.77.1.2")
        self.serve(self.server, "fd78::2", count=2)

    def join(self, one, one_name, other, other_name):
        with other.inside():
            self.holders.append(subprocess.Popen(["sleep", "600"], preexec_fn=die_with_parent))
        one.run(f"ip link add {one_name} type veth peer name {other_name} netns {self.holders[-1].pid};"
                f"ip link set {one_name} up")
        other.run(f"ip link set {other_name} up")

    def serve(self, host, address, mood="read_close", count=1):
        with host.inside():
            self.holders.append(subprocess.Popen([sys.executable, f"{HERE}/lab/hangup_server.py", address, "443", mood],
                                                 preexec_fn=die_with_parent))
        while len([port for port, _, state in host.sockets() if (port, state) == (443, "0A")]) < count:
            time.sleep(0.01)

    def close(self):
        for holder in self.holders:
            holder.kill()
            holder.wait()


def probed(host, *words):
    with host.inside():
        ran = run("probe", "--json", *words)
    objects = [json.loads(line) for line in ran.out.splitlines()]
    return ran, next((o for o in objects if o["type"] == "flow"), None), next(o for o in objects if o["type"] == "probe")


class Devices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network()

    @classmethod
    def tearDownClass(cls):
        cls.net.close()

    def interface_of(self, file):
        told = subprocess.run(["tshark", "-r", file, "-T", "fields", "-e", "frame.interface_name", "-c", "1"], check=True,
                              capture_output=True, text=True)
        return told.stdout.strip()

    def test_any_sees_each_packet_once_and_judges_the_same(self):
        file = os.path.join(FOLDER, "any.pcapng")
        _, flow, probe = probed(self.net.client, "10.77.1.2", "-i", "any", "-w", file)
        self.assertEqual((flow["verdict"]["code"], probe["captured"]), ("server.fin.client_hello", True))
        self.assertNotIn("capture-duplicates", [fact["id"] for fact in flow["facts"]])
        self.assertEqual(run("read", file, "--json").flows[0]["verdict"], flow["verdict"])

    def test_any_sees_loopback_once(self):
        with self.net.server.inside():
            objects = run("probe", "10.77.1.2", "-i", "any", "--json").objects
        self.assertEqual(objects[0]["verdict"]["code"], "server.fin.client_hello")
        self.assertNotIn("capture-duplicates", [fact["id"] for fact in objects[0]["facts"]])

    def test_the_route_says_where_to_capture(self):
        file = os.path.join(FOLDER, "wire.pcapng")
        probed(self.net.client, "10.77.1.2", "-w", file)
        self.assertEqual(self.interface_of(file), "wire")
        file = os.path.join(FOLDER, "lo.pcapng")
        with self.net.server.inside():
            run("probe", "10.77.1.2", "-w", file)
        self.assertEqual(self.interface_of(file), "lo")

    def test_tunnels_and_vlans_are_captured_on_themselves(self):
        missing = []
        for kind, command in TUNNELS.items():
            with self.subTest(kind):
                net = [Host("one"), Host("other")]
                holder = Network.__new__(Network)
                holder.holders = []
                with contextlib.closing(holder):
                    holder.join(net[0], "wire", net[1], "wire")
                    try:
                        for own, host in enumerate(net, 1):
                            host.run(f"ip addr add 10.77.0.{own}/24 dev wire;" + command.format(own, 3 - own, dev="over"))
                            if kind == "bridge":
                                host.run("ip link set wire master over")
                            host.run(f"ip link set over up; ip addr add 10.77.9.{own}/24 dev over")
                    except RuntimeError:
                        missing.append(kind)
                        continue
                    holder.serve(net[1], "10.77.9.2")
                    file = os.path.join(FOLDER, f"{kind}.pcapng")
                    _, flow, probe = probed(net[0], "10.77.9.2", "-w", file)
                    self.assertEqual((flow["verdict"]["code"], probe["captured"]), ("server.fin.client_hello", True))
                    self.assertEqual(self.interface_of(file), "over")
                    self.assertEqual(run("read", file, "--json").flows[0]["verdict"], flow["verdict"])
        if missing:
            print("this kernel has no", ", ".join(missing), file=sys.stderr)

    def test_a_tun_device_has_packets_without_a_link_header(self):
        """Nobody is behind this one: the SYN is never answered."""
        host = Host("tun")
        other_side = host.tun("over", ["10.77.9.1/24"])
        file = os.path.join(FOLDER, "tun.pcapng")
        _, flow, probe = probed(host, "10.77.9.2", "-w", file, "--timeout", "3.1")
        os.close(other_side)
        self.assertEqual((flow["verdict"]["mechanism"], flow["verdict"]["stage"], probe["socket"]["errno"]),
                         ("silence", "syn", "ETIMEDOUT"))
        self.assertEqual(self.interface_of(file), "over")

    def test_ipv6_is_judged_like_ipv4(self):
        _, flow, _ = probed(self.net.client, "[fd78::2]")
        self.assertEqual((flow["verdict"]["code"], flow["flow"]["client"]["ip"]), ("server.fin.client_hello", "fd77::1"))

    def test_icmp_about_the_connection_is_caught_in_both_families(self):
        for target in ("10.88.0.1", "[fd88::1]"):
            ran, flow, probe = probed(self.net.client, target, "--timeout", "3.1")
            self.assertEqual((ran.status, flow["verdict"]["mechanism"], flow["verdict"]["stage"]), (1, "icmp", "syn"), target)
            self.assertEqual([icmp["reporter"] for icmp in probe["socket"]["icmp"]][:1],
                             ["fd77::fe" if "fd" in target else "10.77.0.254"])

    def test_what_our_own_system_refuses_is_nobodys_fault(self):
        for host, target, line in ((self.net.client, "10.77.0.77", "nothing could be sent to 10.77.0.77: No route to host"),
                                   (Host("alone"), "192.0.2.1", "there is no route to 192.0.2.1: Network is unreachable"),
                                   (Host("alone"), "2001:db8::1", "there is no route to 2001:db8::1: ")):
            with host.inside():
                ran = run("probe", target, "--timeout", "4")
            self.assertEqual((ran.status, ran.out), (3, ""))
            self.assertIn(line, ran.err)

    def test_without_privileges_the_error_queue_names_who_sent_the_icmp(self):
        # Several, because the message may come while connect() still works at the SYN. Linux sends five in a row over IPv4.
        for target, reporter, times in (("10.88.0.1", "10.77.0.254", 2), ("[fd88::1]", "fd77::fe", 12)):
            for told in self.told_to_nobody([target] * times):
                self.assertTrue(told.startswith("No packets are captured, so nothing can be proven. `sudo setcap "), told)
                self.assertIn(f"from {reporter}", told)
                self.assertIn("unknown.icmp.syn (undetermined)", told)

    def test_without_privileges_port_unreachable_is_no_reset(self):
        """What `iptables -j REJECT` sends unless told otherwise; connect() says ECONNREFUSED either way."""
        self.net.router.run("iptables -A FORWARD -d 10.77.1.2 -p tcp --dport 8443 -j REJECT")
        unreachable, closed = self.told_to_nobody(["10.77.1.2:8443", "10.77.1.2:8444"])
        self.assertIn("unknown.icmp.syn (undetermined)", unreachable)
        self.assertIn("from 10.77.0.254", unreachable)
        self.assertIn("unknown.rst.syn (undetermined)", closed)

    def told_to_nobody(self, targets):
        """What probes of the targets say, side by side, to somebody without privileges."""
        program = as_nobody_may_run_it()
        with self.net.client.inside():
            probes = [subprocess.Popen([*NOBODY, program, "probe", target, "--timeout", "3.1"], stdout=subprocess.PIPE, text=True)
                      for target in targets]
        said = [" ".join(probe.communicate()[0].split()) for probe in probes]
        self.assertEqual([probe.returncode for probe in probes], [1] * len(probes))
        return said

    def test_file_capabilities_are_enough_and_are_given_up(self):
        program = as_nobody_may_run_it("cap_net_raw,cap_net_admin+ep")
        with self.net.client.inside():
            done = subprocess.run([*NOBODY, program, "probe", "10.77.1.2", "--json", "-v"], capture_output=True, text=True, check=False)
        if "Operation not permitted" in done.stderr:
            self.skipTest("this file system or container honours no file capabilities")
        objects = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([one["type"] for one in objects], ["flow", "probe"], done.stderr)
        self.assertEqual(objects[0]["verdict"]["code"], "server.fin.client_hello")
        self.assertTrue(objects[1]["proof"]["deaf_to_resets"])
        self.assertEqual(done.stderr, "whohungup: gave up capabilities, and the system calls it does not need\n")


def as_nobody_may_run_it(capabilities=""):
    """A copy of the program in a directory everybody may enter."""
    folder = tempfile.mkdtemp(prefix="whohungup-nobody-", dir=FOLDER)
    for path in (FOLDER, folder):
        os.chmod(path, 0o755)
    program = shutil.copy(PROGRAM, folder)
    os.chmod(program, 0o755)
    if capabilities and subprocess.run(["setcap", capabilities, program], check=False, capture_output=True).returncode:
        raise unittest.SkipTest("this file system keeps no file capabilities")
    return program


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("making namespaces needs root")
    if not shutil.which("ip") or not shutil.which("setpriv") or not shutil.which("tshark"):
        skip("ip, setpriv or tshark is not installed")
    try:
        unittest.main()
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
