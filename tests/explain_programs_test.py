#!/usr/bin/env python3
"""Runs clients that the lab does not know against a server that hangs up in every way, also behind the handshake,
and holds `explain` to it: what was done must never be among what the client's words are said to exclude.

Clients that are not installed are left out. One connection each on loopback.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
from explain_events import DONE, EVENTS  # noqa: E402
from hanging_up import Moods  # noqa: E402
from program import run, skip  # noqa: E402

NODE = """const https = require('https');
https.get({host: '127.0.0.1', port: +process.argv[1], rejectUnauthorized: false, timeout: 1500},
          (answer) => answer.resume()).on('timeout', function () { this.destroy(); }).on('error', (e) => console.log(e));"""
PHP = """$c = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
ini_set('default_socket_timeout', 2); file_get_contents("https://127.0.0.1:$argv[1]/", false, $c);"""
RUBY = """require 'net/http'; begin
h = Net::HTTP.new('127.0.0.1', ARGV[0].to_i); h.use_ssl = true; h.verify_mode = OpenSSL::SSL::VERIFY_NONE
h.open_timeout = h.read_timeout = h.ssl_timeout = 2; h.max_retries = 0; h.get('/')
rescue => e; puts "#{e.class}: #{e.message}"; end"""
PERL = """use IO::Socket::SSL;
IO::Socket::SSL->new(PeerAddr => "127.0.0.1:$ARGV[0]", SSL_verify_mode => 0, Timeout => 2) or print "$!, $IO::Socket::SSL::SSL_ERROR";"""


def postgres(connection):
    connection.recv(8)
    connection.sendall(b"S")


def mysql(connection):
    greeting = (b"\x0a10.11.0-x\0" + bytes([1, 0, 0, 0]) + b"abcdefgh\0" + b"\xff\xff\x21\x02\x00\xff\xc1\x15" + bytes(10)
                + b"ijklmnopqrst\0mysql_native_password\0")
    connection.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
    connection.recv(36)


def ldap(connection):
    connection.recv(100)
    connection.sendall(bytes.fromhex("300c02010178070a010004000400"))


# A program, the words to call it by, and what is said before the hello.
CLIENTS = {
    "curl": (lambda port: ["curl", "-sSk", "-m", "2", f"https://127.0.0.1:{port}/"], None),
    "wget": (lambda port: ["wget", "--no-check-certificate", "-t1", "-T2", "-O", "/dev/null", f"https://127.0.0.1:{port}/"], None),
    "git": (lambda port: ["git", "-c", "http.sslVerify=false", "ls-remote", f"https://127.0.0.1:{port}/"], None),
    "node": (lambda port: ["node", "-e", NODE, str(port)], None),
    "php": (lambda port: ["php", "-r", PHP, str(port)], None),
    "ruby": (lambda port: ["ruby", "-e", RUBY, str(port)], None),
    "perl": (lambda port: ["perl", "-e", PERL, str(port)], None),
    "socat": (lambda port: ["socat", "-T2", "/dev/null", f"openssl:127.0.0.1:{port},verify=0"], None),
    "tstclnt": (lambda port: ["tstclnt", "-h", "127.0.0.1", "-p", str(port), "-o", "-D", "-Q"], None),
    "psql": (lambda port: ["psql", f"host=127.0.0.1 port={port} sslmode=require user=x dbname=x connect_timeout=2"], postgres),
    "mysql": (lambda port: ["mysql", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-ux", "--ssl", "--connect-timeout=2"], mysql),
    "ldapsearch": (lambda port: ["ldapsearch", "-x", "-ZZ", "-H", f"ldap://127.0.0.1:{port}", "-o", "nettimeout=2", "-b", ""], ldap),
}
# These end with no word of it: Perl's was told to connect and no more, NSS's to say nothing.
SILENT = {("perl", mood) for mood in DONE} | {("tstclnt", mood) for mood in DONE} | {("socat", mood) for mood in DONE}


def printed(command):
    try:
        done = subprocess.run(["timeout", "5", *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, timeout=8, env={**os.environ, "LDAPTLS_REQCERT": "never", "LC_ALL": "C"})
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def look_at(job):
    """What is wrong with what explain makes of one client's words, and whether the truth is usual."""
    client, mood, port = job
    text = printed(CLIENTS[client][0](port))
    explanation = json.loads(run("explain", "--json", stdin=text.encode()).out) if text.strip() else {"known": False}
    if not explanation["known"]:
        return [] if (client, mood) in SILENT or not text.strip() else [f"{mood} {client}: not known: {text[-200:]!r}"], 0, 0
    events = explanation["attempts"][-1]["events"]
    if all(event in events["excluded"] for event in EVENTS[mood]):
        return [f"{mood} {client}: {EVENTS[mood]} is excluded: {text[-200:]!r}"], 1, 0
    return [], 1, any(event in events["usual"] for event in EVENTS[mood])


def is_there(client):
    """Whether it can be run; perl needs a module that does not come along with it."""
    if shutil.which(client) is None:
        return False
    loads = ["perl", "-MIO::Socket::SSL", "-e", "1"]
    return client != "perl" or subprocess.run(loads, capture_output=True, check=False).returncode == 0


def main():
    there = [client for client in CLIENTS if is_there(client)]
    if "curl" not in there or not shutil.which("openssl"):
        skip("curl and openssl are needed")
    moods = Moods()
    # Slow ones first.
    jobs = [(client, mood, moods.port(mood, CLIENTS[client][1]))
            for mood in sorted(EVENTS, key=lambda mood: mood != "mute") for client in there]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(look_at, jobs))
    for line in [line for wrong, _, _ in results for line in wrong]:
        print(line)
    explained, usual = sum(count for _, count, _ in results), sum(count for _, _, count in results)
    print(f"{explained} texts of {', '.join(there)} explained; the true event is usual in {usual}")
    return 1 if any(wrong for wrong, _, _ in results) or usual < 0.8 * explained else 0


if __name__ == "__main__":
    sys.exit(main())
