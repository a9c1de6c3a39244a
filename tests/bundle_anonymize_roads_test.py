"""Anonymized packets in tunnels, fragments and extension headers: nobody is left in them, in no encoding,
and every checksum and verdict is as it was."""

import base64
import ipaddress
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import wrap  # noqa: E402
from program import run, sample, samples, shared_captures  # noqa: E402

NAMES = ("tls.handshake.extensions_server_name", "x509ce.dNSName", "x509sat.printableString", "x509sat.uTF8String",
         "x509sat.IA5String", "frame.comment")
CONTENTS = ("tls.app_data", "tls.handshake.session_ticket", "tls.handshake.extensions.psk.identity.identity",
            "x509af.serialNumber", "x509ce.keyIdentifier", "tls.handshake.sig", "x509af.subjectPublicKey")
CHECKSUMS = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status",
             "icmpv6.checksum.status")
CHECK = [word for protocol in ("ip", "tcp", "udp") for word in ("-o", f"{protocol}.check_checksum:TRUE")]
# Nobody's: unspecified, loopback, broadcast, multicast.
KEPT_PREFIXES = (b"\xff", b"\0\0\0\0", b"\x01\0\x5e", b"\x33\x33")


def tshark(capture, *fields):
    words = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(["tshark", "-r", capture, *CHECK, "-T", "fields", "-E", "separator=|", "-E", "aggregator=;", *words],
                         capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("|") for line in out.splitlines()]


def encodings(value, name):
    """Ways in which bytes could be in a file and be read by somebody who looks for them."""
    found = {value[::-1].hex().encode(): name + " reversed in hex", value.hex().encode(): name + " in hex",
             value[::-1]: name + " reversed", value: name}
    for skip in range(3):  # where the bytes begin among those that base64 takes together
        whole = value[(3 - skip) % 3:]
        whole = whole[:len(whole) // 3 * 3]
        if len(whole) > 5:
            found[base64.b64encode(whole)] = name + " in base64"
    return found


def blocks(capture):
    """Bytes out of what was sent: of sealed records, tickets, certificates and text."""
    found = {}
    for row in tshark(capture, *CONTENTS):
        for value in ";".join(row).replace(",", ";").split(";"):
            value = bytes.fromhex(value.replace(":", "")) if re.fullmatch("([0-9a-f]{2}:?)+", value) else b""
            for begin in (0, len(value) // 2, len(value) - 12):
                block = value[begin:begin + 12]
                if len(block) == 12 and len(set(block)) > 4:  # no padding
                    found.update(encodings(block, f"byte {begin} of {block.hex()}"))
    return found


def traces(capture):
    """Everything that names somebody, in the encodings it may survive in."""
    found = blocks(capture)
    for word in (capture, os.path.basename(capture)):
        if word != "capture.pcap":
            found.update(encodings(word.encode().lower(), "the input's name " + word))
    for row in tshark(capture, "ip.addr", "ipv6.addr", "eth.addr", "sll.src.eth", *NAMES):
        for address in (row[0] + ";" + row[1]).replace(",", ";").split(";"):
            if address:
                packed = ipaddress.ip_address(address).packed
                if not packed.startswith(KEPT_PREFIXES) and not ipaddress.ip_address(address).is_unspecified:
                    found.update(encodings(packed, address))
                    found.update(encodings(address.encode(), address))
                    found.update(encodings(ipaddress.ip_address(address).exploded.encode(), address))
        for address in (row[2] + ";" + row[3]).replace(",", ";").split(";"):
            packed = bytes.fromhex(address.replace(":", ""))
            if packed and not packed.startswith(KEPT_PREFIXES):
                # 02:00:00:00:00:01 is also the end of a checksum, padding and the code of a comment.
                if len(set(packed)) > 3:
                    found.update(encodings(packed, address))
                found[address.encode()] = address
        for name in ";".join(row[4:]).replace(",", ";").split(";"):
            # Shorter ones (countries) meet by chance, and words of certificates are everybody's.
            if len(name) > 5 and ("." in name or "@" in name):
                found.update(encodings(name.encode().lower(), name))
                found[name.encode("utf-16-le")] = found[name.encode("utf-16-be")] = name
    return found


def devices(capture):
    """Ethernet addresses but those of groups and of nobody."""
    shown = ";".join(";".join(row) for row in tshark(capture, "eth.addr", "sll.src.eth")).replace(",", ";")
    return {one for one in shown.split(";") if one and not bytes.fromhex(one.replace(":", "")).startswith(KEPT_PREFIXES)}


def left_in(directory, searched):
    """Which of them are in which file, whatever the case of letters."""
    for place, _, files in os.walk(directory):
        for file in files:
            with open(os.path.join(place, file), "rb") as content:
                data = content.read()
            low = data.lower()
            for trace, name in searched.items():
                if trace in data or trace in low:
                    yield os.path.relpath(os.path.join(place, file), directory), name


class Anonymize(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="whohungup-roads-")
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, capture, label, more=()):
        """Anonymizes and compares; returns the bundle's folder, or nothing if there is no flow."""
        directory = os.path.join(self.folder, f"{len(os.listdir(self.folder))}-b")
        before = run("read", "--json", "--all", capture)
        if before.status not in (0, 1):
            return None
        ran = run("read", "-q", "--all", capture, "-o", directory, "--anonymize")
        self.assertIn(ran.status, (0, 1), f"{label}: {ran.err}")
        self.assertEqual(ran.err, "", label)
        with open(directory + "/report.json", encoding="utf-8") as report:
            after = [flow for flow in map(json.loads, report) if flow["type"] == "flow"]
        self.assertEqual(sorted(flow["verdict"]["code"] + flow["verdict"]["confidence"] for flow in before.flows),
                         sorted(flow["verdict"]["code"] + flow["verdict"]["confidence"] for flow in after), label)
        searched = {**traces(capture), **{word: repr(word) for word in more}}
        self.assertTrue(searched, label)
        for file, name in left_in(directory, searched):
            self.fail(f"{label}: {name} in {file}")
        self.assertEqual(devices(capture) & devices(directory + "/flow.pcapng"), set(), label)
        return directory

    def test_the_search_finds_who_is_there(self):
        for name in ("tls12-completed", "ipv6-rst"):
            directory = os.path.join(self.folder, name)
            run("read", "-q", "--all", sample(name), "-o", directory)
            searched = traces(sample(name))
            found = {name for _, name in left_in(directory, searched)} | devices(directory + "/flow.pcapng")
            raw = {name for name in searched.values() if not re.search(" (reversed|in hex|in base64)", name)}
            self.assertEqual(raw - found, set())

    def test_tunnels_of_every_kind(self):
        for number, road in enumerate(wrap.ROADS):
            for name in (("forged-rst-data-after", "ipv6-rst")[number % 2],):
                capture = os.path.join(self.folder, f"{name}-{road}.pcap")
                wrap.wrap(sample(name), capture, road)
                directory = self.check(capture, f"{name} in {road}", (b"who!", b"sealed by me"))
                self.assertIsNotNone(directory, road)
                self.assertEqual(tshark(capture, *CHECKSUMS), tshark(directory + "/flow.pcapng", *CHECKSUMS), road)

    def test_netfilters_log_names_no_device_and_no_rule(self):
        magic, packets = wrap.packets(sample("forged-rst-data-after"))
        rule, capture = b"rule of someone:", os.path.join(self.folder, "nflog.pcap")
        for order in "<>":
            attribute = lambda kind, value: (struct.pack(order + "HH", 4 + len(value), kind) + value  # noqa: E731
                                             + b"\0" * (-len(value) % 4))
            frames = [(stamp, b"\2\0\0\x64" + attribute(10, rule) + attribute(9, packet) + attribute(11, b"\0\0\3\xe8"))
                      for stamp, packet in packets]
            wrap.write(capture, magic, 239, frames)
            self.assertIsNotNone(self.check(capture, "nflog " + order, (rule, b"\0\0\3\xe8")))

    def test_fragments_keep_their_sizes_and_come_together_again(self):
        for name in ("forged-rst-data-after", "ipv6-rst", "tls12-completed", "starttls-then-fin"):
            capture = os.path.join(self.folder, f"{name}-fragments.pcap")
            wrap.split(sample(name), capture)
            directory = self.check(capture, name, (b"who was this",))
            self.assertIsNotNone(directory, name)
            fields = ("frame.len", "ip.frag_offset", "ip.flags.mf", "ipv6.fraghdr.offset", *CHECKSUMS)
            self.assertEqual(sorted(tshark(capture, *fields)), sorted(tshark(directory + "/flow.pcapng", *fields)), name)

    def test_fragments_within_a_tunnel(self):
        inner, outer = os.path.join(self.folder, "inner.pcap"), os.path.join(self.folder, "outer.pcap")
        wrap.split(sample("tls12-completed"), inner)
        wrap.wrap(inner, outer, "vxlan")
        self.assertIsNotNone(self.check(outer, "fragments in vxlan"))

    def test_a_tunnel_in_fragments(self):
        inner, outer = os.path.join(self.folder, "inner.pcap"), os.path.join(self.folder, "outer.pcap")
        wrap.wrap(sample("tls12-completed"), inner, "gre")
        wrap.split(inner, outer, 256)
        self.assertIsNotNone(self.check(outer, "gre in fragments"))

    def test_a_proxy_header_of_either_version_names_nobody(self):
        self.check(sample("proxy-header-unexpected"), "version 1", (b"192.0.2.77", bytes([192, 0, 2, 77])))
        with open(sample("proxy-header-unexpected"), "rb") as file:
            data = file.read()
        text = b"PROXY TCP4 192.0.2.77 198.51.100.20 51234 443\r\n"
        self.assertEqual(data.count(text), 1)
        for header, more in ((b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1f" + bytes([192, 0, 2, 77, 198, 51, 100, 20, 200, 34, 1, 187])
                              + b"\x02\0\x10www.inside.name_", (b"www.inside.name_", bytes([192, 0, 2, 77]))),
                             (b"PROXY TCP6 2001:db8:7::77 2001:db8::2 512 443\r\n", (b"2001:db8", b":db8:"))):
            self.assertEqual(len(header), len(text))
            capture = os.path.join(self.folder, f"{len(header)}-{header[0]}.pcap")
            with open(capture, "wb") as file:
                file.write(data.replace(text, header))
            self.check(capture, header[:12], more)

    def in_place_of_the_proxy_header(self, text, name):
        """A capture whose client says something else before its hello."""
        with open(sample("proxy-header-unexpected"), "rb") as file:
            data = file.read()
        header = b"PROXY TCP4 192.0.2.77 198.51.100.20 51234 443\r\n"
        self.assertEqual(len(text), len(header))
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data.replace(header, text))
        return os.path.join(self.folder, name)

    def test_addresses_and_names_in_socks_requests_name_nobody(self):
        inside = b"www.inside-of-somebody.test"
        request = (b"\5\1\0" + b"\5\1\0\1" + bytes([192, 0, 2, 77]) + b"\1\xbb"
                   + b"\5\1\0\3" + bytes([len(inside)]) + inside + b"\1\xbb")
        six = ipaddress.ip_address("2001:db8:7::77").packed
        request6 = b"\5\0\0\4" + six + b"\1\xbb" + b"\5\1\0\4" + six + b"\1\xbb" + b"\0\0\0"
        four = b"\4\1\1\xbb" + bytes([192, 0, 2, 77]) + b"someone.inside" + b"\0" * 25
        for name, text, more in (("socks5", request, (bytes([192, 0, 2, 77]), inside)), ("socks5-v6", request6, (six,)),
                                 ("socks4", four, (bytes([192, 0, 2, 77]), b"someone.inside"))):
            capture = self.in_place_of_the_proxy_header(text, name + ".pcap")
            self.assertIsNotNone(self.check(capture, name, more), name)

    def test_a_tcp_option_that_a_box_put_there_names_nobody(self):
        with open(sample("alert-then-rst"), "rb") as file:
            data = file.read()
        at = data.index(b"\x08\x0a", 40)  # the SYN's timestamps
        for kind in (34, 76, 254):  # a cookie of TCP Fast Open, Riverbed's probe, the address of a balancer's client
            capture = os.path.join(self.folder, f"option-{kind}.pcap")
            with open(capture, "wb") as file:
                file.write(data[:at] + bytes([kind, 10]) + b"someone!" + data[at + 10:])
            directory = self.check(capture, f"option {kind}", (b"someone!",))
            self.assertEqual(tshark(capture, "tcp.option_kind", "tcp.hdr_len"),
                             tshark(directory + "/flow.pcapng", "tcp.option_kind", "tcp.hdr_len"))

    def test_ldap_is_still_known_to_ask_for_tls(self):
        oid = b"1.3.6.1.4.1.1466.20037"
        ask = b"\x30\x1d\2\1\1\x77\x18\x80\x16" + oid
        capture = self.in_place_of_the_proxy_header(ask + b"\x30\x0e\2\1\2\x50\1\1" + b"\0" * 8, "ldap.pcap")
        directory = self.check(capture, "LDAP")
        with open(directory + "/flow.pcapng", "rb") as file:
            self.assertIn(oid, file.read())

    def test_public_captures_keep_their_verdicts_or_are_refused_with_a_reason(self):
        captures = shared_captures("public")
        captures = captures[::9] + [one for one in captures if "ldap" in one.lower()]
        if not captures:
            self.skipTest("the public captures are not here")
        for capture in captures:
            directory = os.path.join(self.folder, f"{len(os.listdir(self.folder))}-p")
            before = run("read", "--json", "--all", capture)
            if before.status not in (0, 1):
                continue
            ran = run("read", "-q", "--all", capture, "-o", directory, "--anonymize")
            if ran.status == 3:
                self.assertRegex(ran.err, "radio headers", capture)
                continue
            with open(directory + "/report.json", encoding="utf-8") as report:
                after = [flow for flow in map(json.loads, report) if flow["type"] == "flow"]
            self.assertEqual(sorted(flow["verdict"]["code"] + flow["verdict"]["confidence"] for flow in before.flows),
                             sorted(flow["verdict"]["code"] + flow["verdict"]["confidence"] for flow in after), capture)

    def test_of_packets_that_were_cut_nothing_is_left_behind_the_cuts(self):
        for name in ("tls12-completed", "tls13-completed"):
            for size in (80, 500):
                capture = os.path.join(self.folder, f"{name}-{size}.pcap")
                subprocess.run(["editcap", "-F", "nsecpcap", "-s", str(size), sample(name), capture], check=True)
                self.check(capture, f"{name} cut at {size}")

    def test_of_a_binary_answer_only_the_beginning_is_kept(self):
        with open(sample("tls13-completed"), "rb") as file:
            data = file.read()
        hello = data.index(b"\x16\x03\x03", data.index(b"\x16\x03\x01") + 100)  # the server's first record
        capture = os.path.join(self.folder, "binary.pcap")
        with open(capture, "wb") as file:
            file.write(data[:hello] + b"\0\0\0" + data[hello + 3:])
        sealed = blocks(sample("tls13-completed"))
        self.assertTrue(any(block in data for block in sealed))
        self.check(capture, "binary", sealed)

    def test_endings_of_many_kinds(self):
        for capture in samples()[::6] + shared_captures("anatomy")[::20]:
            self.check(capture, capture)


if __name__ == "__main__":
    unittest.main()
