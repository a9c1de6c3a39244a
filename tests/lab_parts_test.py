#!/usr/bin/env python3
"""The lab's own parts, without a network: packets, hellos, triggers, spoiled captures, scenarios."""

import os
import sys
import tempfile
import tomllib
import unittest

LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab")
sys.path.insert(0, LAB)
sys.dont_write_bytecode = True

import boxes  # noqa: E402
import boxes_change  # noqa: E402,F401
import boxes_forge  # noqa: E402,F401
import capture  # noqa: E402
import clients  # noqa: E402
import judge  # noqa: E402
import score  # noqa: E402
import servers  # noqa: E402
from hello import client_hello  # noqa: E402
from packet import ACK, FIN, PSH, RST, SYN, Packet, address, checksum, icmp_error, pseudo_header  # noqa: E402
from path import TO_CLIENT, TO_SERVER  # noqa: E402


def segment(flags=ACK, payload=b"", source="10.9.1.2", destination="10.9.2.2", **fields):
    packet = Packet(address(source), address(destination))
    usual = {"source_port": 40000, "destination_port": 443, "seq": 1000, "ack": 2000, "window": 63}
    return packet.copy(**{**usual, "flags": flags, "payload": payload, **fields})


def load(name):
    with open(f"{LAB}/scenarios/{name}", "rb") as file:
        return tomllib.load(file)


class APacket(unittest.TestCase):
    def test_is_the_same_after_writing_and_reading(self):
        for packet in (segment(PSH | ACK, b"abc", options=b"\x01\x01\x08\x0a" + bytes(8), ip_id=7),
                       segment(SYN, b"", "fd09:1::2", "fd09:2::2", flow_label=0xABCDE, options=b"\x02\x04\x05\xb4")):
            self.assertEqual(vars(Packet.parse(bytes(packet))), vars(packet))

    def test_bears_right_checksums(self):
        packet = segment(PSH | ACK, b"odd")
        data = bytes(packet)
        self.assertEqual(checksum(data[:20]), 0)
        self.assertEqual(checksum(pseudo_header(packet, len(data) - 20) + data[20:]), 0)

    def test_is_answered_at_its_own_place_in_the_stream(self):
        reset = segment(PSH | ACK, b"x" * 332).answer(flags=RST | ACK)
        self.assertEqual((reset.seq, reset.ack, reset.source), (2000, 1332, address("10.9.2.2")))

    def test_loses_an_option_without_changing_its_length(self):
        options = b"\x02\x04\x05\xb4\x01\x01\x08\x0a" + b"12345678"
        stripped = segment(SYN, options=options).copy(options=segment(SYN, options=options).without_option(8))
        self.assertEqual((len(stripped.options), stripped.option(8), stripped.option(2)), (16, None, b"\x05\xb4"))

    def test_is_quoted_whole_by_an_icmp_error(self):
        about = segment(PSH | ACK, b"y" * 100)
        error = icmp_error(address("10.9.0.3"), about, 3, 13)
        self.assertEqual((error.destination, checksum(error.body)), (about.source, 0))
        self.assertEqual(error.body[8:], bytes(about))


class AHello(unittest.TestCase):
    def test_has_exactly_the_size_asked_for(self):
        for size in (332, 517, 1800):
            self.assertEqual(len(client_hello(size, "www.lab.test")), size)

    def test_can_be_split_over_records(self):
        data = client_hello(332, "www.lab.test", record_limit=64)
        self.assertEqual((data[3:5], len(data)), (b"\x00\x40", 332 + 5 * 5))


class ATrigger(unittest.TestCase):
    hello = segment(PSH | ACK, client_hello(332, "blocked.lab.test"))

    def fires(self, words, packet, toward=TO_SERVER):
        return boxes.Trigger(words).fires(packet, toward)

    def test_knows_a_hello_by_its_bytes_and_direction(self):
        self.assertTrue(self.fires("hello", self.hello))
        self.assertFalse(self.fires("hello", self.hello, TO_CLIENT))
        self.assertFalse(self.fires("hello", segment(PSH | ACK, b"EHLO lab.test\r\n")))

    def test_wants_all_its_words(self):
        self.assertTrue(self.fires("sni blocked, over 300", self.hello))
        self.assertFalse(self.fires("sni blocked, over 400", self.hello))

    def test_sees_a_split_and_a_fragmented_hello(self):
        self.assertTrue(self.fires("split", segment(PSH | ACK, self.hello.payload[:100])))
        self.assertFalse(self.fires("split", self.hello))
        self.assertTrue(self.fires("fragmented", segment(PSH | ACK, client_hello(332, "a.test", record_limit=64))))

    def test_remembers_that_the_hello_has_passed(self):
        trigger = boxes.Trigger("after-hello")
        self.assertEqual([trigger.fires(packet, TO_SERVER) for packet in (segment(), self.hello, segment())],
                         [False, False, True])

    def test_refuses_a_word_it_does_not_know(self):
        self.assertRaises(ValueError, self.fires, "hallo", self.hello)


class SpoiledCaptures(unittest.TestCase):
    records = [(n, bytes(segment(PSH | ACK, b"z" * 10, seq=1000 + 10 * n)), 50) for n in range(10)]

    def test_miss_at_least_one_packet_when_lossy(self):
        self.assertLess(len(capture.lossy(self.records)), len(self.records))

    def test_join_neighbours_when_merged(self):
        self.assertEqual([len(Packet.parse(data).payload) for _, data, _ in capture.merged(self.records)], [100])

    def test_keep_the_original_length_when_cut(self):
        self.assertEqual(capture.snapped(self.records, 40)[0][2], 50)


class AVerdict(unittest.TestCase):
    expected = judge.Expected(["rst.client_hello"], "middlebox", "strong", {"server": "suggested"}, True)

    def test_is_weighed_against_the_most_that_may_be_said(self):
        for actor, confidence, weight in (("middlebox", "strong", "right"), ("middlebox", "proven", "bold"),
                                          ("server", "suggested", "undecided"), ("server", "strong", "wrong"),
                                          ("client", "suggested", "wrong"), ("client", "undetermined", "undecided"),
                                          ("unknown", "undetermined", "undecided")):
            self.assertEqual(judge.weigh(self.expected, actor, confidence), weight, (actor, confidence))


class ThePageOfFigures(unittest.TestCase):
    BOARDS = ("probe", "causes", "hops")

    def test_keeps_what_other_boards_wrote_when_one_writes_its_own_anew(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.md")
            score.Board().write(path)
            for name in self.BOARDS:
                score.write_section(path, name, [f"## The board of {name}", "", "as it was"])
            score.write_section(path, "causes", ["## The board of causes", "", "made anew"])
            score.Board().write(path)
            with open(path, encoding="utf-8") as file:
                page = file.read()
        self.assertEqual([page.count(f"## The board of {name}") for name in self.BOARDS], [1, 1, 1])
        self.assertEqual((page.count("as it was"), page.count("made anew")), (2, 1))

    def test_holds_every_board_between_marks_of_its_own(self):
        kept = score.sections_of(os.path.join(LAB, "..", "..", "docs", "accuracy.md"))
        for title in ("## The probe as the client", "## How often `diagnose` names", "## Hops: where `trace` puts"):
            self.assertIn(title, kept)


class EveryScenario(unittest.TestCase):
    def test_names_things_that_exist(self):
        place = servers.Place("/nowhere", "10.9.2.2", "fd09:2::2", "/nowhere.crt", "/nowhere.key")
        for name in sorted(os.listdir(f"{LAB}/scenarios")):
            with self.subTest(name):
                scenario = load(name)
                for table in scenario.get("box", []):
                    box = boxes.make_box(table)
                    for word in box.trigger.words:
                        box.trigger.holds(word.split(), segment(FIN | ACK), TO_SERVER)
                for table in scenario.get("server", []):
                    self.assertIn(table["kind"], servers.KINDS)
                    self.assertTrue(place.values(table))
                self.assertIn(scenario.get("client", {}).get("kind", "openssl"), clients.KINDS)
                for end in ("client", "server"):
                    expected = judge.Expected.of(scenario, end)
                    self.assertIn(expected.most, judge.CONFIDENCE)
                    self.assertIn(expected.actor, ("server", "client", "middlebox", "nobody"))

    def test_is_among_enough_others(self):
        scenarios = [load(name) for name in os.listdir(f"{LAB}/scenarios")]
        self.assertGreaterEqual(len(scenarios), 70)
        self.assertGreaterEqual(sum("look_alike" in scenario for scenario in scenarios), 20)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        print("needs Python 3.11 for tomllib")
        sys.exit(77)
    unittest.main()
