#!/usr/bin/env python3
"""Hangs up on servers in every way, reads their logs, and holds `explain` to them: it must take the log for a server's,
and never exclude what the client did; and where nginx is the client of an upstream, it must take that line for a client's.

Servers that are not installed are left out. Loopback only; every server ends with the test.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
from explain_events import EVENTS  # noqa: E402
from hanging_up import Moods  # noqa: E402
from program import run, skip  # noqa: E402

import hangup_server  # noqa: E402  (tests/lab, which hanging_up has made importable)

NGINX = """daemon off; master_process off; pid DIR/pid; error_log DIR/nginx.log info; events {}
http { access_log off; client_header_timeout 1s; client_body_temp_path DIR; proxy_temp_path DIR; fastcgi_temp_path DIR;
  uwsgi_temp_path DIR; scgi_temp_path DIR;
  server { listen 127.0.0.1:PORT ssl; ssl_certificate CERT; ssl_certificate_key KEY; location / { return 200 ok; } }
  server { listen 127.0.0.1:PROXY; proxy_connect_timeout 1s; proxy_read_timeout 1s; location ~ ^/([0-9]+) { proxy_pass https://127.0.0.1:$1/; } } }
"""
HAPROXY = """global
 log stdout format raw local0
defaults
 mode http
 log global
 timeout connect 1s
 timeout client 1s
 timeout server 1s
frontend f
 bind 127.0.0.1:PORT ssl crt BOTH
 option httplog
"""
STUNNEL = """foreground=yes
pid=
debug=5
[x]
accept=127.0.0.1:PORT
connect=127.0.0.1:9
cert=BOTH
TIMEOUTbusy=1
"""
NODE = """const https = require('https'), fs = require('fs');
https.createServer({key: fs.readFileSync('KEY'), cert: fs.readFileSync('CERT'), handshakeTimeout: 1000}, (q, r) => r.end())
     .on('tlsClientError', (e) => console.log('tlsClientError', String(e), e.code)).listen(PORT, '127.0.0.1');"""
APACHE = """ServerRoot DIR
ServerName a.test
PidFile DIR/pid
Mutex file:DIR
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule reqtimeout_module /usr/lib/apache2/modules/mod_reqtimeout.so
Listen 127.0.0.1:PORT
ErrorLog DIR/apache2.log
LogLevel info
RequestReadTimeout handshake=1
SSLEngine on
SSLCertificateFile CERT
SSLCertificateKeyFile KEY
"""
# Its configuration and how it is called with it.
SERVERS = {
    "nginx": (NGINX, ["nginx", "-c", "CONF", "-e", "DIR/nginx.log"]),
    "haproxy": (HAPROXY, ["haproxy", "-f", "CONF"]),
    "stunnel4": (STUNNEL, ["stunnel4", "CONF"]),
    "node": (NODE, ["node", "CONF"]),
    "apache2": (APACHE, ["apache2", "-X", "-f", "CONF"]),
}


def hello_bytes():
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    try:
        context.wrap_bio(into, out, server_hostname="lab.test").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


HELLO = hello_bytes()
NOT_TLS = [f"{how}.{stage}" for how in ("fin", "rst", "alert", "plaintext") for stage in ("accepted", "client_hello")]


def leave(client):
    client.shutdown(socket.SHUT_WR)
    wait(client)


def abort(client):
    time.sleep(0.05)
    hangup_server.linger0(client)


def wait(client):
    while client.recv(65536):
        pass


def answer(client, words):
    client.recv(65536)
    client.sendall(words)
    leave(client)


# What the client does: its first words, what then, and which event that is.
DEEDS = {
    "connect and close": (b"", lambda client: None, ["fin.accepted"]),
    "connect and abort": (b"", hangup_server.linger0, ["rst.accepted"]),
    "connect and wait": (b"", wait, ["fin.accepted", "rst.accepted", "silence.accepted"]),
    "hello and FIN": (HELLO, leave, ["fin.client_hello", "fin.server_hello"]),
    "hello and abort": (HELLO, abort, ["rst.client_hello", "rst.server_hello"]),
    "hello and wait": (HELLO, wait, ["fin.server_hello", "rst.server_hello", "silence.server_hello"]),
    "half a hello and FIN": (HELLO[:100], leave, ["fin.client_hello"]),
    "half a hello and abort": (HELLO[:100], abort, ["rst.client_hello"]),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", wait, NOT_TLS),
    "noise": (bytes(range(200, 256)), wait, NOT_TLS),
    "an alert": (HELLO, lambda client: answer(client, hangup_server.alert(2, 48)), ["alert.server_hello"]),
    "a warning": (HELLO, lambda client: answer(client, hangup_server.alert(1, 0)), ["fin.server_hello"]),
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    def __init__(self, name, moods):
        self.name, self.port, self.proxy = name, free_port(), free_port()
        directory = os.path.join(moods.directory.name, name)
        os.mkdir(directory)
        os.chmod(moods.directory.name, 0o755)
        configuration, command = SERVERS[name]
        names = {"DIR": directory, "PORT": str(self.port), "PROXY": str(self.proxy), "CERT": moods.cert, "KEY": moods.key,
                 "BOTH": moods.both, "CONF": os.path.join(directory, "conf.js" if name == "node" else "conf")}
        with open(names["CONF"], "w", encoding="ascii") as file:
            file.write(self.filled(configuration, names))
        self.log = os.path.join(directory, name + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.filled(word, names) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @staticmethod
    def filled(text, names):
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    def connect(self):
        for _ in range(60):
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=3)
            except OSError:
                time.sleep(0.05)
        return None

    def logged_since(self, start):
        """What it logged from there on; waits a moment for it."""
        for _ in range(12):
            time.sleep(0.05)
            with open(self.log, "rb") as log:
                log.seek(start)
                text = log.read().decode("utf-8", "replace")
            if text.endswith("\n"):
                time.sleep(0.05)
                with open(self.log, "rb") as log:
                    log.seek(start)
                    return log.read().decode("utf-8", "replace")
        return ""

    def end(self):
        self.process.kill()
        self.process.wait()


def complaints(text, events, side, what):
    """What is wrong with what explain makes of it; None if it does not know the text."""
    explanation = json.loads(run("explain", "--json", stdin=text.encode()).out) if text.strip() else {"known": False}
    if not explanation["known"]:
        return None
    wrong = []
    for attempt in explanation["attempts"]:
        if all(event in attempt["events"]["excluded"] for event in events):
            wrong.append(f"{what}: {events} is excluded: {text[-300:]!r}")
        if attempt["seen_by"] != side:
            wrong.append(f"{what}: not taken for a {side}'s: {text[-300:]!r}")
    return wrong


def look_at(server):
    """Does every deed to one server: what is wrong, how many were explained, which were not."""
    wrong, explained, unknown = [], 0, []
    for deed, (words, then, events) in DEEDS.items():
        client = server.connect()
        if client is None:
            return [f"{server.name} does not listen"], 0, []
        start = os.path.getsize(server.log)
        try:
            with client:
                client.sendall(words)
                then(client)
        except OSError:
            pass
        found = complaints(server.logged_since(start), events, "server", f"{server.name}, {deed}")
        if found is None:
            unknown.append(f"{server.name}: {deed}")
        else:
            wrong += found
            explained += 1
    return wrong, explained, unknown


def look_upstream(server, moods):
    """The same for nginx as the client of an upstream that hangs up."""
    wrong, explained, unknown = [], 0, []
    for mood, events in EVENTS.items():
        if mood.startswith("done_") or mood in ("refused", "half_close"):
            continue
        start = os.path.getsize(server.log)
        with socket.create_connection(("127.0.0.1", server.proxy), timeout=4) as asker:
            asker.sendall(f"GET /{moods.port(mood)} HTTP/1.0\r\n\r\n".encode())
            wait(asker)
        found = complaints(server.logged_since(start), events, "client", f"nginx to upstream, {mood}")
        if found is None:
            unknown.append(f"nginx to upstream: {mood}")
        else:
            wrong += found
            explained += 1
    return wrong, explained, unknown


def main():
    there = [name for name in SERVERS if shutil.which(name)]
    if "nginx" not in there or not shutil.which("openssl"):
        skip("nginx and openssl are needed")
    moods = Moods()
    servers = [Server(name, moods) for name in there]
    try:
        with ThreadPoolExecutor(len(servers) + 1) as pool:
            results = list(pool.map(look_at, servers))
        results.append(look_upstream(servers[there.index("nginx")], moods))
    finally:
        for server in servers:
            server.end()
    for line in [line for wrong, _, _ in results for line in wrong]:
        print(line)
    unknown = [deed for _, _, deeds in results for deed in deeds]
    explained = sum(count for _, count, _ in results)
    print(f"{explained} logs of {', '.join(there)} explained; nothing known in {len(unknown)}: {'; '.join(unknown)}")
    return 1 if any(wrong for wrong, _, _ in results) or explained < 5 * len(unknown) else 0


if __name__ == "__main__":
    sys.exit(main())
