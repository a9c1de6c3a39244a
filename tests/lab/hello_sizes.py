#!/usr/bin/env python3
"""Measures how many bytes the ClientHello of each installed client has, by the length of the host name.

usage: hello_sizes.py [--compare WHOHUNGUP]

Prints the table behind `whohungup explain --sizes`. With --compare it holds that table to what is measured
here: a client whose version is the table's must agree byte for byte; another version is only told.
"""

import json
import os
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import clients  # noqa: E402
from servers import Missing  # noqa: E402

LENGTHS = (8, 19, 26, 60, 100, 190, 230)  # 8 and 19 are the seed's; 190 and 230 meet the end of the padding
S_CLIENT = {"": [], "-tls1_2": ["-tls1_2"], "-tls1_3": ["-tls1_3"], "-alpn h2,http/1.1": ["-alpn", "h2,http/1.1"],
            "-alpn imap": ["-alpn", "imap"], "-status": ["-status"], "-no_ticket": ["-no_ticket"], "-bugs": ["-bugs"]}
VERSIONS = {"openssl": ["openssl", "version"], "curl": ["curl", "--version"], "gnutls": ["gnutls-cli", "--version"],
            "python": [sys.executable, "--version"], "node": ["node", "--version"], "java": ["java", "-version"],
            "go": ["go", "version"]}


class Ear:
    """A server that hears one hello a connection and hangs up."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(5)
            data = b""
            try:
                while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
                    more = connection.recv(65536)
                    if not more:
                        break
                    data += more
            except OSError:
                pass
            self.heard.append(len(data))
            connection.close()

    def size_of(self, kind, name, arguments):
        settings = {"kind": kind, "port": self.port, "sni": name, "timeout": 10, "args": arguments}
        self.heard.clear()
        subprocess.run(clients.command_for(settings, "127.0.0.1"), stdin=subprocess.DEVNULL, capture_output=True,
                       check=False, timeout=30)
        return self.heard[0] if self.heard else None


def name_of(length):
    """A host name of so many characters, its labels not longer than 63."""
    labels = "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + "." + "d" * 60
    return labels[:length - 5].rstrip(".").ljust(length - 5, "x") + ".test"


def version_of(kind):
    done = subprocess.run(VERSIONS[kind], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[0].strip()


def measure():
    """Yields (client's kind, options, version, {length: bytes}) for what is installed, or what is missing."""
    ear = Ear()
    for kind, options, arguments in [*(("openssl", *item) for item in S_CLIENT.items()),
                                     *((kind, "", []) for kind in VERSIONS if kind != "openssl")]:
        try:
            lengths = LENGTHS[:3] + LENGTHS[-1:] if kind in ("java", "openssl") and options else LENGTHS
            yield kind, options, version_of(kind), {n: ear.size_of(kind, name_of(n), arguments) for n in lengths}
        except (Missing, FileNotFoundError) as missing:
            yield kind, options, f"missing: {missing}", {}


def compare(program):
    """Holds the program's table to what is measured; the exit status."""
    out = subprocess.run([program, "explain", "--sizes", "--json"], capture_output=True, text=True, check=True).stdout
    laws = [json.loads(line) for line in out.splitlines()]
    wrong = agreed = 0
    for kind, options, version, sizes in measure():
        law = next((law for law in laws if law["measured_here"] and belongs(law, kind, options)), None)
        if not sizes or not law:
            print(f"skip   {kind} {options}: {version if law else 'no law'}")
            continue
        expected = {int(n): size for n, size in law["sizes"].items() if int(n) in sizes}
        same_version = all(word in version + version_of("openssl") for word in law["client"].split() if word[:1].isdigit())
        if expected == sizes:
            agreed += 1
        elif same_version:
            wrong += 1
        print(f"{'ok    ' if expected == sizes else 'WRONG ' if same_version else 'other '} {law['id']} ({version}): {sizes}"
              + ("" if expected == sizes else f", the table says {expected}"))
    print(f"{agreed} of {len(laws)} laws measured again and equal")
    return 1 if wrong or not agreed else 0


def belongs(law, kind, options):
    names = {"openssl": "s_client", "gnutls": "gnutls-cli", "java": "OpenJDK", "python": "Python", "node": "Node",
             "go": "Go ", "curl": "curl"}
    return names[kind] in law["client"] and law["options"] == options


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"]:
        sys.exit(compare(sys.argv[2]))
    for measured in measure():
        print(*measured)
