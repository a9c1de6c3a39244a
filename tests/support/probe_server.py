"""Servers on loopback that behave as a test wants, and probes of them."""

import atexit
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from program import run

FOLDER = tempfile.mkdtemp(prefix="whohungup-probe-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
ALERT_40 = bytes.fromhex("15030300020228")


class Server:
    """A listener on loopback; each connection is handed to `behave` in a thread of its own."""

    def __init__(self, behave):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port, self.behave, self.heard = self.listener.getsockname()[1], behave, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            self.behave(self, connection)
        except OSError:
            pass
        connection.close()

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"


def hear(server, connection):
    server.heard.append(connection.recv(65536))


def close_after_hello(server, connection):
    hear(server, connection)


def half_close_at_once(_, connection):
    connection.shutdown(socket.SHUT_WR)
    time.sleep(2)


def reset_after_hello(server, connection):
    hear(server, connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert_after_hello(server, connection):
    hear(server, connection)
    connection.sendall(ALERT_40)


def http_answer(server, connection):
    hear(server, connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def silence(server, connection):
    hear(server, connection)
    time.sleep(20)


def certificate():
    """A self-signed certificate for lab.test and its key, made once."""
    key, cert = os.path.join(FOLDER, "key.pem"), os.path.join(FOLDER, "cert.pem")
    if not os.path.exists(cert):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab.test",
                        "-addext", "subjectAltName=DNS:lab.test", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def probed(*words):
    ran = run("probe", *words, "--json")
    objects = ran.objects
    return ran, next((o for o in objects if o["type"] == "flow"), None), next(o for o in objects if o["type"] == "probe")


def code_of(*words):
    _, flow, _ = probed(*words)
    return flow["verdict"]["code"]
