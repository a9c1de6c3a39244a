"""A server for tests of `explain`: every way of hanging up on a port of its own, before, within and behind a handshake."""

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lab"))
import hangup_server  # noqa: E402


def certificate(directory):
    """A certificate and its key for 127.0.0.1; both in one file, too."""
    cert, key, both = (os.path.join(directory, name) for name in ("cert.pem", "key.pem", "both.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", "/CN=lab.test", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    with open(both, "w", encoding="ascii") as out:
        for part in (cert, key):
            with open(part, encoding="ascii") as file:
                out.write(file.read())
    return cert, key, both


class Moods:
    """Listens on a port for each mood and prelude. A prelude says the words before the hello."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="whohungup-explain-")
        self.cert, self.key, self.both = certificate(self.directory.name)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.cert, self.key)
        self.listeners = []

    def port(self, mood, prelude=None):
        if mood == "refused":  # bound, so that nobody else gets the port, and not listening
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            self.listeners.append(listener)
            return listener.getsockname()[1]
        listener = socket.create_server(("127.0.0.1", 0))
        self.listeners.append(listener)
        threading.Thread(target=self.serve, args=(listener, mood, prelude), daemon=True).start()
        return listener.getsockname()[1]

    def serve(self, listener, mood, prelude):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.treat, args=(connection, mood, prelude), daemon=True).start()

    def treat(self, connection, mood, prelude):
        connection.settimeout(6)
        try:
            if prelude:
                prelude(connection)
            if mood.startswith("done_"):
                getattr(self, mood)(connection)
            else:
                getattr(hangup_server, mood)(connection, 0)
        except OSError:
            pass
        finally:
            connection.close()

    def handshake(self, connection):
        return self.context.wrap_socket(connection, server_side=True)

    def done_fin(self, connection):
        os.close(self.handshake(connection).detach())

    def done_linger0(self, connection):
        secure = self.handshake(connection)
        hangup_server.linger0(secure)
        os.close(secure.detach())

    def done_request_fin(self, connection):
        secure = self.handshake(connection)
        secure.recv(4096)
        time.sleep(0.02)
        os.close(secure.detach())

    def done_request_linger0(self, connection):
        secure = self.handshake(connection)
        secure.recv(4096)
        hangup_server.linger0(secure)
        os.close(secure.detach())
