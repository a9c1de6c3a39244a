"""Hellos of every size and profile, to OpenSSL, nginx, dovecot and GnuTLS: each is answered with a ServerHello."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "support"), os.path.join(HERE, "lab")]
import servers  # noqa: E402
from namespaces import Host, die_with_parent  # noqa: E402
from program import run, skip  # noqa: E402
from runner import UNSHARE  # noqa: E402

INSIDE = "WHOHUNGUP_TEST_IN_ITS_NAMESPACE"
TABLES = [{"kind": "openssl", "port": 4431},
          {"kind": "nginx", "port": 4432, "config": "nginx-http", "listen": "ssl", "rules": ""},
          {"kind": "dovecot", "port": 993}, {"kind": "gnutls", "port": 4434}]
# The smallest hello has no room for signature algorithms, and OpenSSL at security level 2 takes none without: it says
# handshake_failure. GnuTLS takes it. With them 100 bytes do for everybody.
TAKES_THE_SMALLEST = {"gnutls"}
# 16 KB is as much as one record takes: 16384 bytes and its header. OpenSSL takes no hello above that.
HELLOS = [["--hello-size", "512"], [], ["--hello-size", "1800"], ["--hello-size", "16389"], ["--hello-size", "100"], ["--hello-size", "smallest"],
          ["--record-split", "40"], ["--hello-size", "1800", "--record-split", "700"], ["--split", "100"],
          *[["--profile", name] for name in ("openssl", "curl", "go", "java", "firefox", "chrome")],
          ["--groups", "X25519MLKEM768,X25519"]]


def main():
    with tempfile.TemporaryDirectory(prefix="whohungup-servers-") as directory:
        os.chmod(directory, 0o755)
        make_certificate(directory)
        host = Host("servers")
        with contextlib.ExitStack() as stack:
            with host.inside():
                tables = [table for table in TABLES if start(stack, directory, table)]
            wait_for(host, {table["port"] for table in tables})
            with host.inside():
                wrong = [line for table in tables for line in ask_all(table)]
    print("\n".join(wrong))
    print(f"{len(tables) * len(HELLOS)} hellos to {', '.join(table['kind'] for table in tables)}; {len(wrong)} not as they should be")
    return 1 if wrong else 0


def make_certificate(directory):
    """RSA: the smallest hello there is offers nothing but RSA key transport."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=www.lab.test", "-addext",
                    "subjectAltName=DNS:www.lab.test", "-keyout", f"{directory}/lab.key", "-out", f"{directory}/lab.crt"],
                   check=True, capture_output=True)


def start(stack, directory, table):
    own = os.path.join(directory, table["kind"])
    os.makedirs(own)
    place = servers.Place(own, "127.0.0.1", "::1", f"{directory}/lab.crt", f"{directory}/lab.key")
    try:
        command = servers.command_for(table, place)
    except servers.Missing as missing:
        print("left out:", missing)
        return False
    process = subprocess.Popen(command, cwd=own, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=die_with_parent)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return True


def wait_for(host, ports):
    deadline = time.monotonic() + 30
    while missing := ports - host.listening():
        if time.monotonic() > deadline:
            raise SystemExit(f"nobody listens on {missing}")
        time.sleep(0.05)


def ask_all(table):
    target = f"127.0.0.1:{table['port']}"
    smallest = smallest_hello(target)
    for words in HELLOS:
        words = [str(smallest) if word == "smallest" else word for word in words]
        ran = run("probe", target, "--sni", "www.lab.test", "--hello-only", "--json", *words)
        said = [json.loads(line) for line in ran.out.splitlines()]
        if str(smallest) in words and table["kind"] not in TAKES_THE_SMALLEST:
            if ran.status != 1:
                yield f"{table['kind']}: takes the smallest hello"
        elif ran.status != 0 or not said[0].get("tls", {}).get("server_hello"):
            yield f"{table['kind']} {' '.join(words)}: status {ran.status}, {said[0]['verdict']['code'] if said else ran.err}"
        elif "--hello-size" in words and "--record-split" not in words and \
                said[0]["tls"]["client_hello"]["bytes_on_wire"] != int(words[1]):
            yield f"{table['kind']} {' '.join(words)}: {said[0]['tls']['client_hello']['bytes_on_wire']} bytes on the wire"


def smallest_hello(target):
    """The program says what the least is that it can make of these wishes."""
    refused = run("probe", target, "--sni", "www.lab.test", "--hello-size", "30").err
    if " takes " not in refused:
        raise SystemExit(f"no least size in: {refused!r}")
    return int(refused.split(" takes ")[1].split()[0])


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("making namespaces needs root")
    if not shutil.which("openssl"):
        skip("openssl is not installed")
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [*UNSHARE, sys.executable, os.path.abspath(__file__)])
    sys.exit(main())
