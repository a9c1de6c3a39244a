#!/usr/bin/env python3
"""Compares what public captures show from both sides of a box: a CONNECT proxy and a SOCKS proxy that pass the
client's hello on, a router between two CAPWAP tunnels; and public handshakes as a NAT, a box that renumbers both
directions, or both at once would have let them through. What is expected was read with tshark, which also
takes the captures apart; never from the program."""

import pathlib
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE / "support"))
from compare_test import Pcap  # noqa: E402
from expecting import Expecting  # noqa: E402
from program import SHARED, run, skip  # noqa: E402

PUBLIC = pathlib.Path(SHARED) / "captures" / "public"
LINK_RAW = 101
ETHERNET, LLC_IP = 14, b"\xaa\xaa\x03\0\0\0\x08\0"

# Captures of one handshake over IPv4 and Ethernet: file and tcp.stream.
HANDSHAKES = [
    ("zeek+zeek/tls-1.2-handshake-failure.pcap", 0),
    ("zeek+zeek/tls-early-alert.pcap", 0),
    ("zeek+zeek/tls-1.2-protocol-error.pcap", 0),
    ("AlexeyVasilev+PcapFlowLab/tls_1_2_expired_certificate_alert_16.pcap", 0),
    ("AlexeyVasilev+PcapFlowLab/tls_1_2_client_to_tls_1_0_protocol_version_15.pcap", 0),
    ("cisco+mercury/surfshark.pcap", 7),
    ("idaholab+Malcolm-Test-Artifacts/SSL.pcap", 117),
]


class Test(Expecting):
    def parts(self):
        if not PUBLIC.is_dir():
            skip(f"no captures in {PUBLIC}")
        if shutil.which("tshark") is None:
            skip("tshark is not installed")
        return self.proxies, self.router, self.boxes


    def part(self, file, chosen, name):
        """The frames of a public capture that a display filter chooses, as a pcap."""
        path = self.folder / name
        subprocess.run(["tshark", "-n", "-r", PUBLIC / file, "-Y", chosen, "-F", "pcap", "-w", path], check=True,
                       stderr=subprocess.DEVNULL)
        return path

    def only(self, *words):
        ran = run("compare", "--json", *words)
        self.expect(len(ran.flows) == 1, f"{words}: {len(ran.flows)} flows, status {ran.status}: {ran.err}")
        return ran.flows[0] if ran.flows else None

    # ── proxies ──────────────────────────────────────────────────────────────────────────────────
    def proxies(self):
        """Frame 12 and 14 of http_connect.pcap, 35 and 41 of the other: one hello on two connections."""
        for file, client, server, there in (
                ("ntop+nDPI/http_connect.pcap", 0, 1, "151.101.2.132"),
                ("ntop+nDPI/tls_heur__trojan-tcp-tls.pcapng", 0, 3, "142.250.180.142")):
            ends = [self.part(file, f"tcp.stream=={stream}", f"{name}.pcap") for name, stream in (("client", client), ("server", server))]
            flow = self.only(*ends)
            if flow is None:
                continue
            seen, verdict = flow["comparison"], flow["verdict"]
            self.expect(seen["joined"] == "terminated" and seen["shown_apart"] and seen["matched"] == 0,
                        f"{file}: {seen['joined']}, {seen['matched']} packets matched")
            self.expect(verdict["code"] == "nobody.none.established", f"{file}: {verdict['code']}")
            apart = seen["connections"]
            self.expect(apart["server"]["server"] == {"ip": there, "port": 443} and apart["hello_at_server"] == "same"
                        and apart["server"]["code"] == "nobody.none.established", f"{file}: {apart}")
            for third, towards in ((1, "client"), (0, "server")):
                placed = self.only(*ends, ends[third])["comparison"]["middle"]
                self.expect(placed["towards"] == towards, f"{file}, a capture from the {towards}'s far side: {placed}")
            placed = self.only(*ends, PUBLIC / file)["comparison"]["middle"]
            self.expect("holds both connections" in placed["text"], f"{file}, a capture at the proxy: {placed}")
            text = " ".join(run("compare", *ends, "--all").out.split())
            for sentence in ("these are two connections", f"→ {there}:443, nobody.none.established", "was passed on to the server as it was"):
                self.expect(sentence in text, f"{file}: the text does not say: {sentence}")

    # ── a router ─────────────────────────────────────────────────────────────────────────────────
    def router(self):
        """The same packets in two CAPWAP tunnels, before and behind a router (outer TTL 254 and 253): SYN 1 and 3,
        SYN+ACK 6 and 4, hello 10 and 12. Behind it stands the server's FIN, 14, when the other side is over."""
        def inner(frames, name):
            chosen = "frame.number in {" + ", ".join(map(str, frames)) + "}"
            whole = Pcap(self.part("ntop+nDPI/capwap_data.pcapng", chosen, name))
            records = []
            for moment, data, _ in whole.records:
                packet = data[data.index(LLC_IP) + len(LLC_IP):]
                records.append((moment, packet, len(packet)))
            whole.header = whole.header[:20] + struct.pack("<I", LINK_RAW)
            return whole.write(self.folder / name, records)
        flow = self.only(inner((1, 6, 8, 10), "near.pcap"), inner((3, 4, 11, 12, 13, 14), "far.pcap"))
        if flow is None:
            return
        seen, verdict = flow["comparison"], flow["verdict"]
        self.expect(seen["joined"] == "same-addresses" and seen["matched"] == 4 and seen["changed"] == [], f"router: {seen}")
        self.expect(seen["unclear_server_frames"] == [5, 6], f"router: {seen['unclear_server_frames']}: 5 and 6 came when the other was over")
        self.expect(verdict["code"].startswith("server.fin.client_hello"), f"router: {verdict['code']}")
        self.expect(not seen["lost_to_client"] and not seen["made_for_server"], f"router: {seen}")

    # ── boxes that rewrite ───────────────────────────────────────────────────────────────────────
    def rewritten(self, path, name, address, shifts, later):
        """As the packets leave a box: the client's address and port anew, both sides' numbers shifted, one hop less."""
        whole = Pcap(path)
        records, client = [], None
        for moment, data, length in whole.records:
            data = bytearray(data)
            ip, tcp = ETHERNET, ETHERNET + (data[ETHERNET] & 15) * 4
            if data[12:14] != b"\x08\0" or data[ip + 9] != 6:
                continue
            source = bytes(data[ip + 12:ip + 16]), bytes(data[tcp:tcp + 2])
            client = client or source
            sends = source == client
            data[ip + 8] -= 1
            if address:
                where = (ip + 12, tcp) if sends else (ip + 16, tcp + 2)
                data[where[0]:where[0] + 4] = bytes(address[0])
                struct.pack_into(">H", data, where[1], address[1])
            for at, shift in ((tcp + 4, shifts[0 if sends else 1]), (tcp + 8, shifts[1 if sends else 0])):
                if at == tcp + 4 or data[tcp + 13] & 16:
                    struct.pack_into(">I", data, at, (struct.unpack_from(">I", data, at)[0] + shift) % 2**32)
            records.append((moment + later * 1000 * (1 if sends else -1), bytes(data), length))
        records.sort(key=lambda record: record[0])
        return whole.write(self.folder / name, records)

    def boxes(self):
        for file, stream in HANDSHAKES:
            client = self.part(file, f"tcp.stream=={stream} && !icmp", "inside.pcap")
            alone = run("read", "--json", "--all", client).flows
            if len(alone) != 1:
                self.expect(False, f"{file}: {len(alone)} flows in one stream")
                continue
            for what, address, shifts, joined in (
                    ("nat", ([192, 0, 2, 7], 4242), (0, 0), "translated"),
                    ("renumbering", None, (0x89ABCDEF, 0x01234567), "renumbered"),
                    ("both", ([192, 0, 2, 7], 4242), (0x89ABCDEF, 0x01234567), "renumbered")):
                outside = self.rewritten(client, "outside.pcap", address, shifts, 300)
                flow = self.only(client, outside)
                if flow is None:
                    continue
                seen, verdict, mechanism = flow["comparison"], flow["verdict"], alone[0]["verdict"]["mechanism"]
                name = f"{file}, {what}"
                self.expect(seen["joined"] == joined, f"{name}: {seen['joined']}")
                self.expect(not any(seen[key] for key in ("lost_to_server", "lost_to_client", "made_for_client", "made_for_server",
                                                          "unclear_client_frames", "unclear_server_frames")), f"{name}: {seen}")
                self.expect(verdict["mechanism"] == mechanism and verdict["actor"] != "middlebox",
                            f"{name}: {verdict['code']}, one capture says {alone[0]['verdict']['code']}")
                rewritten = (["client-address"] if address else []) + (["client-sequence", "server-sequence"] if shifts[0] else [])
                self.expect(seen["rewritten"] == rewritten, f"{name}: {seen['rewritten']}")


if __name__ == "__main__":
    Test.play()
