"""`whohungup read` as people and scripts use it: options, exit statuses, messages, streams."""

import fcntl
import gzip
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import PROGRAM, run, sample  # noqa: E402

def contents(path):
    with open(path, "rb") as file:
        return file.read()


def later(capture, seconds):
    """The same pcap file (little endian), its packets so much later."""
    out, at = capture[:24], 24
    while at < len(capture):
        length = int.from_bytes(capture[at + 8:at + 12], "little")
        moment = int.from_bytes(capture[at:at + 4], "little") + seconds
        out += moment.to_bytes(4, "little") + capture[at + 4:at + 16 + length]
        at += 16 + length
    return out


def saved(capture):
    """The path of a file that holds these bytes, for as long as the tests run."""
    path = os.path.join(FOLDER.name, f"{len(os.listdir(FOLDER.name))}.pcap")
    with open(path, "wb") as file:
        file.write(capture)
    return path


def on_terminal(columns, *words):
    """What the program shows on a terminal of so many columns, without its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    with subprocess.Popen([PROGRAM, *words, "--color", "never"], stdout=theirs, stderr=subprocess.DEVNULL,
                          env=environment) as program:
        os.close(theirs)
        shown = b""
        while True:
            try:
                got = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not got:
                break
            shown += got
        program.wait(60)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


FOLDER = tempfile.TemporaryDirectory()
HUNG_UP = sample("fin-after-hello")
# Stories all begin at the same moment, with the same client: this one gets another, an hour earlier.
COMPLETED = saved(later(contents(sample("tls13-completed")), -3600)
                  .replace(bytes([192, 0, 2, 10]), bytes([192, 0, 2, 11])))
PROBE = sample("health-probe")


class ExitStatus(unittest.TestCase):
    def test_is_0_when_every_handshake_was_completed(self):
        self.assertEqual(run("read", COMPLETED).status, 0)

    def test_is_1_when_one_was_hung_up_on(self):
        self.assertEqual(run("read", HUNG_UP).status, 1)
        self.assertEqual(run("read", HUNG_UP, COMPLETED).status, 1)

    def test_is_the_same_in_every_form(self):
        for form in ("--json", "--failed", "--all", "--summary", "-v", "-q"):
            self.assertEqual(run("read", form, HUNG_UP).status, 1, form)
            self.assertEqual(run("read", form, COMPLETED).status, 0, form)

    def test_is_0_for_a_health_probe(self):
        self.assertEqual(run("read", PROBE).status, 0)

    def test_is_2_for_a_command_line_that_makes_no_sense(self):
        for words in ([], ["read"], ["read", "--bogus", HUNG_UP], ["red", HUNG_UP], ["read", "--flow", "x", HUNG_UP],
                      ["read", "--port", "0", HUNG_UP], ["read", "--port", "65536", HUNG_UP],
                      ["read", "--memory", "1.5M", HUNG_UP], ["read", "--memory", "900K", HUNG_UP],
                      ["compare", "--memory", "5X", HUNG_UP, HUNG_UP], ["read", "--color", "red", HUNG_UP], ["read", "--all", "--failed", HUNG_UP], ["rules", "nonsense"],
                      ["probe"], ["probe", "example.com:0"]):
            ran = run(*words)
            self.assertEqual((ran.status, ran.out), (2, ""), words)
            self.assertIn("Try `whohungup --help`.", ran.err)

    def test_a_word_that_is_no_subcommand_is_named(self):
        self.assertEqual(run("raed", HUNG_UP).err,
                         'whohungup: there is no subcommand "raed"; did you mean "read"?\nTry `whohungup --help`.\n')
        self.assertIn(f"did you mean `whohungup read {HUNG_UP}`?", run(HUNG_UP).err)
        self.assertIn('there is no subcommand "frobnicate"; there are read, probe', run("frobnicate").err)
        self.assertIn("which subcommand? There are read, probe", run().err)
        for words in (("raed",), ("frobnicate",), ()):
            self.assertEqual(run(*words).status, 2)

    def test_of_a_name_shows_no_escape_sequence_in_messages(self):
        for words in (("read", "no\x1b[31mfile"), ("no\x1b[31mword",), ("read", HUNG_UP, "--no\x1b[31m"),
                      ("read", HUNG_UP, "--keylog", "no\x1b[31mlog"), ("verify", "no\x1b[31mdir"),
                      ("read", HUNG_UP, "-o", "no\x1b[31m/dir")):
            ran = run(*words)
            self.assertIn(ran.status, (2, 3))
            self.assertNotIn("\x1b", ran.err, words)
            self.assertIn("\\x1b[31m", ran.err, words)

    def test_is_3_for_an_input_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            text = os.path.join(folder, "notes.txt")
            with open(text, "w", encoding="utf-8") as file:
                file.write("this is no capture\n")
            for path in (os.path.join(folder, "missing.pcap"), folder, text, os.devnull):
                ran = run("read", path)
                self.assertEqual((ran.status, ran.out), (3, ""), path)
                self.assertIn(path, ran.err)

    def test_is_3_for_a_key_log_that_cannot_be_read(self):
        ran = run("read", HUNG_UP, "--keylog", "/nowhere/keys")
        self.assertEqual((ran.status, ran.err), (3, "whohungup: cannot read the key log /nowhere/keys\n"))

    def test_is_4_when_there_is_nothing_to_judge(self):
        header_only = contents(HUNG_UP)[:24]
        ran = run("read", "-", stdin=header_only)
        self.assertEqual(ran.status, 4)
        self.assertEqual(ran.out, "-: no TLS handshake found in 0 packets\n")

    def test_is_4_and_says_what_the_filter_left_out(self):
        ran = run("read", HUNG_UP, "--", "port", "1")
        self.assertEqual(ran.status, 4)
        self.assertRegex(ran.out, r"frames the filter left out: \d+; behind VLAN tags it has to begin "
                                  r"with `vlan and`")

    def test_is_2_for_a_filter_without_its_dashes(self):
        ran = run("read", HUNG_UP, "port", "443")
        self.assertEqual(ran.status, 2)
        self.assertIn('there is no file "port"; a filter goes behind `--`: '
                      "whohungup read FILE -- port ...", ran.err)

    def test_is_2_for_a_flow_that_is_no_number(self):
        ran = run("read", HUNG_UP, "--flow", "x")
        self.assertEqual(ran.status, 2)
        self.assertIn("--flow: Value x not in range 0 to 4294967295", ran.err)

    def test_is_3_for_a_pcapng_that_ends_in_its_first_block_type(self):
        ran = run("read", "-", stdin=b"\n\r\r\n\x1c\0")
        self.assertEqual(ran.status, 3)
        self.assertIn("ends inside its file header: 6 of 12 bytes", ran.err)

    def test_is_2_for_a_flow_that_is_not_there(self):
        ran = run("read", HUNG_UP, "--flow", "7")
        self.assertEqual(ran.status, 2)
        self.assertIn("there is no flow 7: the flows judged are 0 to 0", ran.err)


class Input(unittest.TestCase):
    def verdicts(self, *words, **more):
        return [flow["verdict"]["code"] for flow in run("read", "--json", *words, **more).flows]

    def test_may_come_from_standard_input(self):
        self.assertEqual(self.verdicts("-", stdin=contents(HUNG_UP)), self.verdicts(HUNG_UP))

    def test_may_be_compressed(self):
        self.assertEqual(self.verdicts("-", stdin=gzip.compress(contents(HUNG_UP))), self.verdicts(HUNG_UP))

    def test_may_be_named_with_r(self):
        self.assertEqual(self.verdicts("-r", HUNG_UP), self.verdicts(HUNG_UP))

    def test_of_several_files_is_one_capture(self):
        ran = run("read", "--json", HUNG_UP, COMPLETED)
        self.assertEqual(sorted(flow["verdict"]["code"] for flow in ran.flows),
                         sorted(self.verdicts(HUNG_UP) + self.verdicts(COMPLETED)))
        self.assertEqual(ran.summary["input"]["files"], [HUNG_UP, COMPLETED])
        frames = [frame for flow in ran.flows for frame in flow["flow"]["frames"]]
        self.assertEqual(len(frames), len(set(frames)))

    def test_that_is_cut_short_is_judged_up_to_there(self):
        ran = run("read", "--json", "-", stdin=contents(HUNG_UP)[:-20])
        self.assertEqual(ran.status, 1)
        self.assertFalse(ran.summary["input"]["complete"])
        self.assertEqual(len(ran.summary["damage"]), 1)
        self.assertIn("whohungup: -: damaged at byte ", ran.err)
        self.assertIn("after frame ", ran.err)
        self.assertIn("judged up to there\n", ran.err)

    def test_damage_is_not_mentioned_when_quiet(self):
        self.assertEqual(run("read", "-q", "-", stdin=contents(HUNG_UP)[:-20]).err, "")

    def test_passes_a_filter_without_changing_frame_numbers(self):
        client = run("read", "--json", HUNG_UP).flows[0]["flow"]["client"]["ip"]
        both = run("read", "--json", COMPLETED, HUNG_UP)
        only = run("read", "--json", COMPLETED, HUNG_UP, "--", "host", client)
        self.assertEqual([flow["flow"]["frames"] for flow in only.flows],
                         [flow["flow"]["frames"] for flow in both.flows if flow["flow"]["client"]["ip"] == client])
        self.assertGreater(only.summary["filtered_out"], 0)

    def test_with_a_filter_that_makes_no_sense_is_refused(self):
        ran = run("read", HUNG_UP, "--", "tcp", "port")
        self.assertEqual(ran.status, 2)
        self.assertIn('the filter "tcp port" makes no sense: ', ran.err)


class Text(unittest.TestCase):
    def test_fits_100_columns(self):
        for words in ([HUNG_UP], [HUNG_UP, "--flow", "0"], [sample("ipv6-rst")], ["--all", "-v", COMPLETED, HUNG_UP]):
            for line in run("read", *words).out.splitlines():
                if "tshark -r" not in line:  # there to be copied
                    self.assertLessEqual(len(line), 100 if "/" not in line else 400, line)

    def test_lists_the_failed_only(self):
        out = run("read", HUNG_UP, COMPLETED).out
        self.assertEqual(len([line for line in out.splitlines() if " → " in line]), 2)  # its header and one
        self.assertIn("2 TLS handshakes, 1 hung up on", out)

    def test_lists_the_failed_first_with_all(self):
        lines = [line for line in run("read", "--all", COMPLETED, HUNG_UP).out.splitlines() if " → " in line][1:]
        self.assertEqual(["nobody.none" in line for line in lines], [False, True])

    def test_numbers_flows_alike_in_every_form(self):
        files = [COMPLETED, HUNG_UP]
        flows = run("read", "--json", *files).flows
        failed = next(flow for flow in flows if flow["verdict"]["failed"])["flow"]["index"]
        row = next(line for line in run("read", *files).out.splitlines() if ".fin." in line)
        self.assertEqual(int(row.split()[0]), failed)
        self.assertIn(f"Flow {failed}: ", run("read", *files, "--flow", failed).out)

    def test_of_the_summary_is_counts_alone(self):
        self.assertNotIn(" → ", run("read", "--summary", HUNG_UP).out)

    def test_tells_the_story_of_a_flow(self):
        out = run("read", HUNG_UP, "--flow", 0).out
        for heading in ("\nBecause\n", "\nFacts\n", "\nLook-alikes\n", "\nWhat the client printed\n", "\nNext\n"):
            self.assertIn(heading, out)
        self.assertIn("acknowledges the ClientHello", out)

    @unittest.skipIf(shutil.which("tshark") is None, "tshark is not installed")
    def test_of_the_story_ends_with_a_command_that_shows_the_packets(self):
        last = run("read", HUNG_UP, "--flow", 0).out.splitlines()[-1]
        command = last[last.index("tshark"):]
        shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
        cited = run("read", "--json", HUNG_UP).flows[0]["cited"]
        self.assertEqual([int(line.split()[0]) for line in shown.stdout.splitlines()], cited)

    def test_has_colour_only_where_it_is_wanted(self):
        self.assertNotIn("\x1b", run("read", HUNG_UP).out)
        self.assertIn("\x1b[1m", run("read", "--color", "always", HUNG_UP).out)
        self.assertNotIn("\x1b", run("read", "--color", "never", HUNG_UP).out)

    def test_shows_addresses_with_n(self):
        flow = run("read", "--json", HUNG_UP).flows[0]
        self.assertIn(flow["tls"]["client_hello"]["sni"], run("read", HUNG_UP).out)
        self.assertNotIn(flow["tls"]["client_hello"]["sni"], run("read", "-n", HUNG_UP).out)
        self.assertIn(flow["flow"]["server"]["ip"], run("read", "-n", HUNG_UP).out)

    def test_never_shows_what_a_terminal_would_obey(self):
        name = run("read", "--json", HUNG_UP).flows[0]["tls"]["client_hello"]["sni"].encode()
        hostile = b"\x1b[m\xe2\x80\xae\xff\x07"[:len(name)].ljust(len(name), b"x")
        capture = contents(HUNG_UP).replace(name, hostile)
        for words in (["-"], ["-", "--flow", "0"], ["-", "-v"], ["-", "--json"]):
            out = run("read", *words, stdin=capture).out
            self.assertEqual([c for c in out if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or c == "\u202e"], [])
        self.assertIn("SNI \\x1b[m\\xe2\\x80\\xae\\xff\\x07", run("read", "-", "--flow", "0", stdin=capture).out)


    def test_of_a_key_log_that_opens_nothing_says_so(self):
        log = os.path.join(FOLDER.name, "keys")
        with open(log, "w", encoding="ascii") as file:
            file.write(f"# of another day\nCLIENT_RANDOM {'ab' * 32} {'cd' * 48}\n")
        for form in ((), ("--summary",), ("--flow", "0"), ("--json",)):
            ran = run("read", HUNG_UP, "--keylog", log, *form)
            self.assertEqual(ran.err, f"whohungup: the key log {log} has secrets of 1 session, and none of them is a "
                                      "handshake judged here\n")
        self.assertEqual(ran.summary["key_log"], {"sessions": 1, "matched": 0, "ignored_lines": 0})
        self.assertIn("key log: secrets of 1 session, none of them judged here\n", run("read", HUNG_UP, "--keylog", log).out)
        self.assertIn("has no secrets: ", run("read", HUNG_UP, "--keylog", __file__).err)

    def test_of_a_key_log_that_has_the_session_counts_it(self):
        report = run("read", "--json", HUNG_UP).flows[0]
        hello = report["tls"]["client_hello"]["frame"]
        shown = subprocess.run(["tshark", "-r", HUNG_UP, "-Y", f"frame.number=={hello}", "-T", "fields", "-e",
                                "tls.handshake.random"], capture_output=True, text=True, check=True).stdout.strip()
        log = os.path.join(FOLDER.name, "right-keys")
        with open(log, "w", encoding="ascii") as file:
            file.write(f"CLIENT_RANDOM {shown} {'cd' * 48}\n")
        ran = run("read", "--json", HUNG_UP, "--keylog", log)
        self.assertEqual((ran.err, ran.summary["key_log"]["matched"]), ("", 1))

    def test_fits_a_narrow_terminal(self):
        for columns in (66, 80, 90, 99):
            for words in (("--all",), ("--flow", "0"), ("-v",)):
                for capture in (HUNG_UP, sample("ipv6-rst"), sample("proxy-header-unexpected")):
                    shown = on_terminal(columns, "read", capture, *words)
                    for line in shown.splitlines():
                        if capture not in line:  # a name is never cut; a command is there to be copied
                            self.assertLessEqual(len(line), columns, line)

    def test_ignores_columns_where_nobody_looks(self):
        self.assertEqual(run("read", HUNG_UP, env={"COLUMNS": "70"}).out, run("read", HUNG_UP).out)


class Json(unittest.TestCase):
    def test_tells_broken_bytes_of_a_name_from_text_that_looks_so(self):
        name = b"server.example"
        with open(sample("fin-after-hello"), "rb") as file:
            capture = file.read()
        name = run("read", "--json", "-", stdin=capture).flows[0]["tls"]["client_hello"]["sni"].encode()
        seen = []
        for claimed in (b"\xff.x", b"\\xff."):
            other = claimed + name[len(claimed):]
            flow = run("read", "--json", "-", stdin=capture.replace(name, other)).flows[0]
            seen.append(flow["tls"]["client_hello"]["sni"])
        self.assertEqual(seen, ["\\xff.x" + name.decode()[3:], "\\x5cxff." + name.decode()[5:]])

    def test_leaves_out_the_completed_when_asked(self):
        ran = run("read", "--json", "--failed", COMPLETED, HUNG_UP)
        self.assertEqual([flow["verdict"]["failed"] for flow in ran.flows], [True])
        self.assertEqual(ran.summary["codes"].get("nobody.none.established"), 1)

    def test_is_one_object_for_the_summary(self):
        ran = run("read", "--json", "--summary", COMPLETED, HUNG_UP)
        self.assertEqual([thing["type"] for thing in ran.objects], ["summary"])
        self.assertEqual(ran.summary["flows"]["judged"], 2)

    def test_of_one_flow_is_that_flow(self):
        ran = run("read", "--json", "--flow", 1, COMPLETED, HUNG_UP)
        self.assertEqual([flow["flow"]["index"] for flow in ran.flows], [1])


class LivePipe(unittest.TestCase):
    def start(self, *words):
        return subprocess.Popen([PROGRAM, "read", *words, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def test_tells_what_is_known_when_interrupted(self):
        program = self.start("--json")
        program.stdin.write(contents(HUNG_UP))
        program.stdin.flush()
        time.sleep(1)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
        things = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((program.returncode, err), (1, b""))
        self.assertEqual([thing["type"] for thing in things], ["flow", "summary"])
        self.assertTrue(things[-1]["interrupted"])

    def test_tells_a_flow_as_soon_as_it_is_certain(self):
        program = self.start("--json")
        program.stdin.write(contents(HUNG_UP))
        program.stdin.flush()
        # Later packets of the same capture: time passes, so nothing can change the first flow.
        program.stdin.write(later(contents(HUNG_UP), 3600)[24:])
        program.stdin.flush()
        first = json.loads(program.stdout.readline())
        self.assertEqual(first["flow"]["index"], 0)
        self.assertIsNone(program.poll())
        program.communicate(timeout=20)

    def test_ends_quietly_when_nobody_listens(self):
        program = self.start("--json", COMPLETED, COMPLETED)
        program.stdout.close()
        program.stdin.write(contents(HUNG_UP))
        program.stdin.close()
        program.wait(timeout=20)
        self.assertEqual(program.stderr.read(), b"")
        program.stderr.close()


class Help(unittest.TestCase):
    def test_goes_to_standard_output(self):
        for words in (["--help"], ["read", "--help"], ["rules", "-h"]):
            ran = run(*words)
            self.assertEqual((ran.status, ran.err), (0, ""))
            self.assertIn("Usage:", ran.out)

    def test_of_the_version_names_the_libraries(self):
        ran = run("--version")
        self.assertEqual(ran.status, 0)
        for library in ("whohungup ", "libpcap ", "libtins ", "OpenSSL ", "CLI11 ", "zlib ", "zstd ", "fmt "):
            self.assertIn(library, ran.out)


class Rules(unittest.TestCase):
    def test_are_printed_whole(self):
        out = run("rules").out
        self.assertIn("Facts: questions", out)
        self.assertIn("Rules: opinions", out)

    def test_are_printed_one_by_one(self):
        things = [json.loads(line) for line in run("rules", "--json").out.splitlines()]
        self.assertGreater(len([thing for thing in things if thing["type"] == "rule"]), 10)
        for thing in things:
            alone = run("rules", thing["id"])
            self.assertEqual(alone.status, 0)
            self.assertIn(thing["id"], alone.out)

    def test_rest_on_facts_that_exist(self):
        things = [json.loads(line) for line in run("rules", "--json").out.splitlines()]
        facts = {thing["id"] for thing in things if thing["type"] == "fact"}
        for rule in (thing for thing in things if thing["type"] == "rule"):
            self.assertLessEqual(set(rule["when"] + rule["unless"]), facts)
            self.assertTrue(rule["when"], rule["id"])

    def test_explain_a_verdict_code(self):
        self.assertEqual(run("rules", "server.fin.client_hello").out,
                         "verdict server.fin.client_hello\n  the server closed (FIN) after the ClientHello\n")


if __name__ == "__main__":
    unittest.main()
