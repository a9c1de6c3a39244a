"""The commands that `probe`, `diagnose` and `trace` print for what to run next: pasted into a shell, they run."""

import os
import shlex
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from probe_server import FOLDER, Server, close_after_hello, probed, silence  # noqa: E402
from program import PROGRAM, SOURCE, run, skip  # noqa: E402

HELLO = ["--tls", "1.2", "--alpn", "h2,http/1.1", "--ciphers", "0xc02f,0xc030", "--sni", "it's.test"]
QUICK = ["--pause", "0", "--banner-wait", "0.3", "--json"]


def pasted(command, *more):
    """Gives the line to a shell in which the program is found under its own name; what came of it."""
    if not os.path.exists(os.path.join(FOLDER, "whohungup")):
        os.symlink(os.path.abspath(PROGRAM), os.path.join(FOLDER, "whohungup"))
    words = " ".join([command, *more])
    return subprocess.run(["sh", "-c", words], env={**os.environ, "PATH": f"{FOLDER}:{os.environ['PATH']}"}, cwd=FOLDER,
                          capture_output=True, text=True, check=False, timeout=60)


def commands(steps, subcommand):
    return [step for step in steps if step.startswith(f"whohungup {subcommand} ")]


class AfterAProbe(unittest.TestCase):
    def setUp(self):
        self.server = Server(close_after_hello)

    def next_of(self, *words):
        return probed(*words)[1]["next"]

    def test_they_repeat_the_target_and_the_options(self):
        target = f"https://www.lab.test:{self.server.port}"
        steps = self.next_of(target, "--resolve", "127.0.0.1", *HELLO)
        self.assertEqual(commands(steps, "diagnose"), [
            f"whohungup diagnose {target} --sni 'it'\\''s.test' --tls 1.2 --ciphers 0xc02f,0xc030 --alpn h2,http/1.1"
            " --resolve 127.0.0.1"])
        done = pasted(commands(steps, "diagnose")[0], "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"to 127.0.0.1 port {self.server.port}", done.stdout)

    def test_they_keep_the_name_that_was_asked_for_beside_the_address(self):
        steps = self.next_of(self.server.target, "--sni", "www.lab.test")
        self.assertEqual(steps[0], f"whohungup diagnose {self.server.target} --sni www.lab.test")
        self.assertEqual(pasted(steps[0], "--dry-run").returncode, 0)

    def test_they_ask_for_tls_in_the_same_dialogue(self):
        server = Server(lambda _, connection: connection.sendall(b"* OK\r\n"))
        steps = self.next_of(f"imap://{server.target}")
        self.assertEqual(commands(steps, "diagnose"), [f"whohungup diagnose imap://{server.target}"])
        steps = self.next_of(server.target, "--starttls", "imap")
        self.assertEqual(commands(steps, "diagnose"), [f"whohungup diagnose {server.target} --starttls imap"])

    def test_they_try_starttls_where_a_greeting_came(self):
        server = Server(lambda _, connection: (connection.sendall(b"* OK ready\r\n"), connection.recv(1000)))
        steps = self.next_of(f"imaps://www.lab.test:{server.port}", "--resolve", "127.0.0.1")
        self.assertEqual(commands(steps, "probe")[0], f"whohungup probe imap://www.lab.test:{server.port} --resolve 127.0.0.1")
        self.assertEqual(pasted(commands(steps, "probe")[0], "--dry-run").returncode, 0)

    def test_they_capture_the_clients_side_for_a_comparison(self):
        steps = self.next_of(self.server.target)
        self.assertIn(f"whohungup probe {self.server.target} -w client.pcapng", steps)
        self.assertIn("whohungup compare client.pcapng server.pcap", steps)
        self.assertNotIn("CLIENT.pcap", " ".join(steps))
        self.assertEqual(pasted(f"whohungup probe {self.server.target} -w client.pcapng").returncode, 1)
        self.assertTrue(os.path.exists(os.path.join(FOLDER, "client.pcapng")))

    def test_they_name_the_address_that_failed_of_several(self):
        ran = run("probe", f"www.lab.test:{self.server.port}", "--resolve", "127.0.0.1", "--resolve", "127.0.0.2",
                  "--interval", "0", "--json")
        firsts = [one["next"][0] for one in ran.objects if one["type"] == "flow"]
        self.assertEqual(len(firsts), 2)
        for step, address in zip(firsts, ("127.0.0.1", "127.0.0.2")):
            self.assertTrue(step.endswith(f" --resolve {address}"), step)

    def test_they_stay_on_one_line_however_long(self):
        out = run("probe", f"www.lab.test:{self.server.port}", "--resolve", "127.0.0.1", *HELLO).out
        self.assertTrue([line for line in out.splitlines() if line.startswith("  - whohungup diagnose") and
                         line.endswith("--resolve 127.0.0.1")], out)

    def test_they_take_along_somebodys_hello_where_it_is_taken(self):
        hello = os.path.join(SOURCE, "samples", "fin-after-hello", "capture.pcap")
        steps = self.next_of(Server(silence).target, "--hello", hello, "--timeout", "3.2")
        self.assertEqual([step for step in commands(steps, "diagnose") if "--hello" in step], [])
        self.assertEqual([f"--hello {shlex.quote(hello)}" in step for step in commands(steps, "probe")], [True])


class AfterADiagnosis(unittest.TestCase):
    def test_they_say_how_to_trace_where_it_stays_open_who_it_was(self):
        target = f"https://www.lab.test:{self.refused()}"
        diagnosis = run("diagnose", target, "--resolve", "127.0.0.1", "--tls", "1.2", *QUICK).objects[-1]
        self.assertEqual(diagnosis["next"], [f"whohungup trace {target} --tls 1.2 --resolve 127.0.0.1"])
        done = pasted(diagnosis["next"][0], "--json", "--wait", "0.1", "--sweeps", "1", "--max-hops", "2")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_there_is_none_where_nothing_is_left_to_be_run(self):
        diagnosis = run("diagnose", Server(close_after_hello).target, "--budget", "5", *QUICK).objects[-1]
        self.assertNotIn("whohungup", " ".join(ask["what"] for ask in diagnosis["asks"]))
        self.assertEqual(diagnosis["next"], [])

    @staticmethod
    def refused():
        with socket.create_server(("127.0.0.1", 0)) as gone:
            return gone.getsockname()[1]


class AfterATrace(unittest.TestCase):
    def test_they_repeat_the_target_and_the_options(self):
        server = Server(close_after_hello)
        words = [f"www.lab.test:{server.port}", "--resolve", "127.0.0.1", "--tls", "1.2"]
        trace = run("trace", *words, "--sweeps", "1", "--wait", "0.1", "--interval", "0", "--json", "-n").objects[-1]
        self.assertEqual(trace["next"], f"whohungup diagnose www.lab.test:{server.port} --tls 1.2 --resolve 127.0.0.1")
        self.assertEqual(pasted(trace["next"], "--dry-run").returncode, 0)


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("capturing on loopback needs root here")
    unittest.main()
