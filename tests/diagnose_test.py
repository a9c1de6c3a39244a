"""`diagnose` against servers on loopback: it concludes, tells, keeps to its schema and is polite."""

import atexit
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import side_by_side  # noqa: E402
from program import PROGRAM, SOURCE, run  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = tempfile.mkdtemp(prefix="whohungup-diagnose-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
SERVED = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
QUICK = ["--pause", "0", "--banner-wait", "0.3"]


class Server:
    """A listener on loopback; each connection is handed to `behave` in a thread of its own."""

    def __init__(self, behave):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.behave, self.accepted, self.times = behave, 0, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # the test has shut it
            self.accepted += 1
            self.times.append(time.monotonic())
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            self.behave(connection)
        except OSError:
            pass
        connection.close()

    @property
    def target(self):
        return f"127.0.0.1:{self.listener.getsockname()[1]}"


def close_at_once(connection):
    connection.shutdown(socket.SHUT_WR)
    connection.recv(4096)


def close_after_data(connection):
    connection.recv(65536)


def reset_after_data(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up_on_hellos_alone(connection):
    """Reads whatever is no hello until the client leaves, and then leaves, too."""
    while (got := connection.recv(65536)) and got[0] != 0x16:
        pass


def serve_six_then_close(connection, count=[0]):
    count[0] += 1
    if count[0] > 6:
        return
    served = SERVED.wrap_socket(connection, server_side=True)
    served.recv(1)


def greet(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    connection.recv(65536)


def unknown_name(connection):
    connection.recv(65536)
    connection.sendall(bytes.fromhex("15030300020270"))


def diagnosed(*words):
    ran = run("diagnose", *words, *QUICK, "--json")
    return ran, [o for o in ran.objects if o["type"] == "trial"], next(o for o in ran.objects if o["type"] == "diagnosis")


def status(diagnosis, cause):
    return next(one["status"] for one in diagnosis["causes"] if one["cause"] == cause)


def theories(diagnosis):
    return {one["id"]: one["status"] for one in diagnosis["theories"]}


def keeps_to_schema(ran):
    if not jsonschema:
        return
    with open(os.path.join(SOURCE, "docs", "schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    for thing in ran.objects:
        definition = {**schema["definitions"][thing["type"]], "definitions": schema["definitions"]}
        jsonschema.Draft7Validator(definition).validate(thing)


class Conclusions(unittest.TestCase):
    def test_name_a_close_at_accept_and_all_five_theories(self):
        ran, trials, diagnosis = diagnosed(Server(close_at_once).target)
        self.assertEqual((diagnosis["cause"], diagnosis["weight"], ran.status), ("closed-at-accept", "decides", 1))
        self.assertEqual(theories(diagnosis), {
            "service-not-running": "open", "certificate-is-broken": "open", "allow-list-closes": "open",
            "versions-do-not-meet": "refuted", "server-is-legacy": "refuted"})
        self.assertLess(len(trials), 10, "no hello can make a difference, so few are tried")

    def test_see_a_reset_at_accept_though_the_probe_is_deaf_to_resets(self):
        _, trials, diagnosis = diagnosed(Server(reset_at_once).target)
        self.assertEqual((diagnosis["cause"], status(diagnosis, "connection-limit")), ("closed-at-accept", "open"))
        waits = {trial["outcome"] for trial in trials if trial["probe"] == "banner-wait"}
        self.assertEqual(waits, {"rst"})

    def test_take_what_comes_behind_our_own_good_bye_for_no_hang_up(self):
        _, trials, _ = diagnosed(Server(hang_up_on_hellos_alone).target, "--timeout", "3.1", "--budget", "8")
        others = [trial for trial in trials if trial["probe"] in ("http", "garbage")]
        self.assertTrue(others)
        self.assertEqual({trial["code"] for trial in others}, {"unknown.silence.client_hello"})

    def test_name_the_limit_that_the_probes_themselves_meet_and_stop_soon(self):
        key, certificate = make_certificate()
        SERVED.load_cert_chain(certificate, key)
        _, trials, diagnosis = diagnosed(Server(serve_six_then_close).target)
        self.assertEqual(diagnosis["cause"], "ban", diagnosis["conclusion"])
        self.assertLess(len(trials), 20)
        self.assertIn("probably the probes themselves are being limited", diagnosis["stopped"])

    def test_name_a_service_that_hangs_up_on_every_hello(self):
        ran, _, diagnosis = diagnosed(Server(reset_after_data).target)
        self.assertEqual(diagnosis["cause"], "hangs-up-on-hellos")
        self.assertEqual(theories(diagnosis)["versions-do-not-meet"], "refuted")
        self.assertNotEqual(diagnosis["decider"], "between")
        keeps_to_schema(ran)

    def test_name_a_refused_port(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        _, _, diagnosis = diagnosed(f"127.0.0.1:{port}")
        self.assertEqual(diagnosis["cause"], "connection-refused")
        self.assertEqual(theories(diagnosis)["service-not-running"], "open")

    def test_name_a_plaintext_service(self):
        _, _, diagnosis = diagnosed(Server(greet).target)
        self.assertEqual(diagnosis["cause"], "plaintext-service")

    def test_name_a_name_the_server_does_not_know(self):
        _, _, diagnosis = diagnosed(Server(unknown_name).target, "--sni", "www.example.test")
        self.assertEqual((diagnosis["cause"], diagnosis["weight"]), ("name-unknown", "decides"))

    def test_see_that_a_certificate_has_expired_though_its_chain_is_not_trusted_either(self):
        with healthy_server(days="-1") as target:
            _, _, diagnosis = diagnosed(target, "--sni", "www.lab.test", "--budget", "5")
        self.assertIn("certificate-expired", diagnosis["signs"])
        self.assertEqual(diagnosis["cause"], "certificate-broken")

    def test_name_nothing_where_nothing_fails(self):
        with healthy_server() as target:
            ran, trials, diagnosis = diagnosed(target, "--sni", "www.lab.test")
        self.assertEqual((diagnosis["cause"], diagnosis["fails"], ran.status), (None, False, 0), diagnosis["conclusion"])
        kinds = {trial["probe"] for trial in trials}
        self.assertLessEqual({"connect", "banner-wait", "baseline", "no-name", "foreign-name", "broad", "tls12", "tls10",
                              "old-hello", "small", "middle", "large", "huge", "huge-in-pieces", "post-quantum",
                              "tcp-split", "record-split", "http", "garbage"}, kinds)
        sizes = {trial["probe"]: trial["hello_bytes"] for trial in trials}
        self.assertEqual([sizes[kind] for kind in ("baseline", "middle", "large", "huge")], [332, 400, 600, 2000])
        self.assertLess(sizes["small"], 256)


def make_certificate(days="2"):
    folder = tempfile.mkdtemp(dir=FOLDER)
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=www.lab.test", "-addext", "subjectAltName=DNS:*.lab.test",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-in", certificate, "-signkey", key, "-days", days, "-out", certificate],
                   check=True, capture_output=True)
    return key, certificate


class healthy_server:
    """OpenSSL's own, which answers everything there is to answer."""

    def __init__(self, days="2"):
        self.days = days

    def __enter__(self):
        key, certificate = make_certificate(self.days)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate,
                                         "-key", key, "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        return f"127.0.0.1:{port}"

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()


class Telling(unittest.TestCase):
    def test_puts_the_conclusion_first_and_fits_a_hundred_columns(self):
        ran = run("diagnose", Server(close_at_once).target, *QUICK)
        lines = ran.out.splitlines()
        self.assertIn("The service accepts connections and closes them before a byte is said", lines[2])
        was_it_us = lines.index("Was it us?")
        self.assertLess(was_it_us, lines.index("Whom to ask"), "looked at first, told right beside the conclusion")
        for heading in ("Whom to ask", "The matrix", "What people suspect first", "The causes", "Was it us?"):
            self.assertIn(heading, lines)
        self.assertLessEqual(max(map(len, lines)), 100)
        self.assertNotIn("\x1b", ran.out + ran.err)

    def test_writes_a_bundle_that_can_be_verified(self):
        folder = os.path.join(FOLDER, "bundle")
        ran, trials, _ = diagnosed(Server(close_at_once).target, "-o", folder)
        if not any(trial["from"] == "packets" for trial in trials):
            self.skipTest("packets cannot be captured here")
        self.assertEqual(ran.status, 1)
        self.assertIn("diagnosis.json", os.listdir(folder))
        self.assertEqual(run("verify", folder).status, 0)

    def test_rules_prints_the_causes(self):
        text = run("rules", "closed-at-accept").out
        self.assertIn("cause closed-at-accept: the service closes at accept", text)
        self.assertIn("supported decides: connections on which nothing was said were closed all the same", text)
        self.assertIn("sign closed-untouched", run("rules", "closed-untouched").out)
        kinds = {one["type"] for one in run("rules", "--json").objects}
        self.assertLessEqual({"cause", "sign"}, kinds)


class Politeness(unittest.TestCase):
    def test_dry_run_sends_nothing(self):
        server = Server(close_at_once)
        ran = run("diagnose", server.target, "--dry-run")
        self.assertEqual((ran.status, server.accepted), (0, 0))
        self.assertIn("tcp-split", ran.out)

    def test_pauses_between_connections(self):
        server = Server(close_at_once)
        run("diagnose", server.target, "--pause", "0.3", "--banner-wait", "0.3")
        gaps = [after - before for before, after in zip(server.times, server.times[1:])]
        self.assertGreaterEqual(min(gaps), 0.29)

    def test_keeps_to_its_budget_and_says_so(self):
        started = time.monotonic()
        ran, _, diagnosis = diagnosed(Server(lambda connection: time.sleep(30)).target, "--budget", "5", "--timeout", "3.1")
        self.assertLess(time.monotonic() - started, 8)
        self.assertIn("the budget of 5 s is spent", diagnosis["stopped"])

    def test_stops_when_connections_stop_coming_about(self):
        server = Server(close_after_data)
        threading.Thread(target=shut_after, args=(server, 6), daemon=True).start()
        _, trials, diagnosis = diagnosed(server.target)
        self.assertIn("are being limited", diagnosis["stopped"])
        self.assertEqual(diagnosis["cause"], "ban")
        self.assertLess(len(trials), 12)


def shut_after(server, connections):
    while server.accepted < connections:
        time.sleep(0.002)
    server.listener.shutdown(socket.SHUT_RDWR)


class BadInput(unittest.TestCase):
    def test_is_told_in_a_line(self):
        for words, status_wanted, text in (([], 2, "diagnose: which target?"), (["gopher://x"], 2, "there is no scheme"),
                                           (["no-such-name.invalid"], 3, "no-such-name.invalid"),
                                           (["127.0.0.1:9", "--budget", "1"], 2, "budget"),
                                           (["127.0.0.1:9", "--tls", "9"], 2, "makes no sense")):
            ran = run("diagnose", *words)
            self.assertEqual(ran.status, status_wanted, words)
            self.assertIn(text, ran.err)


if __name__ == "__main__":
    assert PROGRAM
    side_by_side.main()
