"""The clients: each function returns the command line that makes one TLS handshake with the server.

`client_view` in a verdict claims to know what these print, so the runner keeps every word of them.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

from causes import BUDGET_SECONDS
from servers import HERE, Missing, program

KINDS = {}


def client(kind):
    KINDS[kind.__name__] = kind
    return kind


def command_for(settings, address):
    """The command line of the client that a scenario's [client] table describes."""
    settings = {"kind": "openssl", "port": 443, "sni": "www.lab.test", "timeout": 4, "args": [], **settings}
    return KINDS[settings["kind"]](settings, address)


def bracketed(address):
    return f"[{address}]" if ":" in address else address


@client
def openssl(settings, address):
    starttls = ["-starttls", settings["starttls"]] if "starttls" in settings else []
    return ["timeout", str(settings["timeout"]), program("openssl"), "s_client", "-connect",
            f"{bracketed(address)}:{settings['port']}", "-servername", settings["sni"], *starttls, *settings["args"]]


@client
def curl(settings, address):
    scheme = settings.get("scheme", "https")
    return [program("curl"), "-sSkv", "-o", "/dev/null", "-m", str(settings["timeout"]), "--connect-to",
            f"::{bracketed(address)}:", *settings["args"], f"{scheme}://{settings['sni']}:{settings['port']}/"]


@client
def python(settings, address):
    return [sys.executable, f"{HERE}/python_client.py", address, str(settings["port"]), settings["sni"]]


@client
def gnutls(settings, address):
    return ["timeout", str(settings["timeout"]), program("gnutls-cli"), "--insecure", "--port", str(settings["port"]),
            "--sni-hostname", settings["sni"], *settings["args"], address]


@client
def node(settings, address):
    return [program("node"), f"{HERE}/node_client.js", address, str(settings["port"]), settings["sni"]]


@client
def java(settings, address):
    return [program("java"), "-cp", built("java"), "JavaClient", address, str(settings["port"]), settings["sni"]]


@client
def go(settings, address):
    return [f"{built('go')}/go_client", address, str(settings["port"]), settings["sni"]]


BUILT = {}


def built(kind):
    """The directory in which the client written in a compiled language was built, once a run."""
    if kind not in BUILT:
        directory = tempfile.mkdtemp(prefix="whohungup-client-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        command = [program("javac"), "-d", directory, f"{HERE}/JavaClient.java"]
        if kind == "go":
            command = [program("go"), "build", "-o", f"{directory}/go_client", f"{HERE}/go_client.go"]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**os.environ, "GO111MODULE": "off", "GOCACHE": f"{directory}/cache", "HOME": directory})
        if done.returncode:
            raise Missing(f"the {kind} client cannot be built: {done.stderr.strip()[-200:]}")
        BUILT[kind] = directory
    return BUILT[kind]


@client
def raw(settings, address):
    options = {name: value for name, value in settings.items() if name not in ("kind", "args", "repeat")}
    return [sys.executable, f"{HERE}/raw_client.py", json.dumps({**options, "address": address})]


@client
def probe(settings, address):
    """The project's own. It runs in work/ and leaves its packets beside it."""
    starttls = ["--starttls", settings["starttls"]] if "starttls" in settings else []
    return ["timeout", str(settings["timeout"] + 8), os.environ.get("WHOHUNGUP", "whohungup"), "probe", "--json",
            "-w", "../probe.pcapng", "--sni", settings["sni"], *starttls, *settings["args"], f"{bracketed(address)}:{settings['port']}"]


@client
def diagnose(settings, address):
    """The project's own, with short pauses: nobody is disturbed here."""
    starttls = ["--starttls", settings["starttls"]] if "starttls" in settings else []
    return ["timeout", str(settings["timeout"]), os.environ.get("WHOHUNGUP", "whohungup"), "diagnose", "--json", "--sni",
            settings["sni"], "--pause", "0.05", "--timeout", "3.2", "--banner-wait", "1.2", "--budget", str(BUDGET_SECONDS),
            *starttls, *settings["args"], f"{bracketed(address)}:{settings['port']}"]


@client
def trace(settings, address):
    """The project's own, too. `target` is what it is told instead of the server's address and port."""
    return ["timeout", str(settings["timeout"] + 8), os.environ.get("WHOHUNGUP", "whohungup"), "trace",
            *settings["args"], settings.get("target", f"{bracketed(address)}:{settings['port']}")]


def hold(port, address):
    """An idle connection that lives until the scenario ends."""
    connection = socket.create_connection((address, port), timeout=3)
    connection.setblocking(False)
    return connection
