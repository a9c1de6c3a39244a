"""The servers: programs from Debian packages, each on its own configuration in servers/.

A function here prepares one and returns the command that runs it in the foreground. Templates in
servers/ name @DIR@ (the scenario's own directory), @ADDRESS@, @PORT@, @CERT@ and @KEY@; the keys of the
scenario's [[server]] table replace @KEY@s of the same name. Whatever a server prints ends in its log.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
BLANK = re.compile(r"@([A-Z_0-9]+)@")


@dataclass
class Place:
    """Where a server runs: its directory, its addresses and the certificate made for the lab."""

    directory: str
    address: str
    address6: str
    cert: str
    key: str

    def values(self, settings):
        values = {"DIR": self.directory, "ADDRESS": self.address, "ADDRESS6": self.address6, "PORT": 443,
                  "CERT": self.cert, "KEY": self.key, "CERT_AND_KEY": self.cert + ".both"}
        values.update({name.upper(): value for name, value in settings.items()})
        return values


class Missing(Exception):
    """A program is not installed: the scenario is skipped with this reason."""


KINDS = {}


def server(kind):
    KINDS[kind.__name__.replace("_", "-")] = kind
    return kind


def command_for(settings, place):
    """The command line of the server that a [[server]] table describes."""
    settings = {"address": place.address, "port": 443, "config": settings["kind"], **settings}
    return KINDS[settings["kind"]](settings, place)


def program(*names):
    for name in names:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        found = [path] if path else sorted(glob.glob(name))
        if found:
            return found[-1]
    raise Missing(f"{names[0]} is not installed")


def configure(settings, place, name, target):
    """Fills servers/NAME in and writes it into the scenario's directory; returns its path."""
    values = place.values(settings)
    with open(os.path.join(HERE, "servers", name), encoding="utf-8") as template:
        text = template.read()
    for _ in range(2):  # a setting may itself name @CERT@
        text = BLANK.sub(lambda match: str(values[match.group(1)]), text)
    path = os.path.join(place.directory, target)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@server
def hangup(settings, place):
    return [sys.executable, f"{HERE}/hangup_server.py", settings["address"], str(settings["port"]), settings["mood"],
            str(settings.get("delay_ms", 0))]


@server
def picky(settings, place):
    """A proxy that hangs up on some hellos; another server of the scenario stands behind it."""
    return [sys.executable, f"{HERE}/picky_server.py", settings["address"], str(settings["port"]), settings["mood"],
            str(settings["behind"])]


@server
def openssl(settings, place):
    accept = f"[{settings['address']}]" if ":" in settings["address"] else settings["address"]
    return [program("openssl"), "s_server", "-accept", f"{accept}:{settings['port']}", "-cert", place.cert,
            "-key", place.key, "-quiet", *settings.get("args", [])]


@server
def gnutls(settings, place):
    return [program("gnutls-serv"), "--http", "--quiet", "--port", str(settings["port"]), "--x509certfile", place.cert,
            "--x509keyfile", place.key]


@server
def http(settings, place):
    return [sys.executable, "-m", "http.server", "--bind", settings["address"], str(settings["port"])]


@server
def haproxy(settings, place):
    path = configure(settings, place, f"{settings['config']}.cfg", f"haproxy-{settings['port']}.cfg")
    return [program("haproxy"), "-db", "-f", path]


@server
def nginx(settings, place):
    path = configure(settings, place, f"{settings['config']}.conf", "nginx.conf")
    program("/usr/lib/nginx/modules/ngx_stream_module.so")
    return [program("nginx"), "-p", place.directory, "-c", path, "-e", "stderr", "-g", "daemon off;"]


@server
def stunnel(settings, place):
    return [program("stunnel4"), configure(settings, place, f"{settings['config']}.conf", "stunnel.conf")]


@server
def dovecot(settings, place):
    path = configure({"extra": "", "ssl": "yes", "protocols": "imap", **settings}, place, "dovecot.conf", "dovecot.conf")
    os.makedirs(f"{place.directory}/dovecot", exist_ok=True)
    return [program("dovecot"), "-F", "-c", path]


@server
def postfix(settings, place):
    """postfix insists on a queue directory with the owners and modes that its package gives it."""
    base = f"{place.directory}/postfix"
    for folder in ("queue", "data", "etc"):
        os.makedirs(f"{base}/{folder}", exist_ok=True)
    configure({"main": "", **settings}, place, "postfix-main.cf", "postfix/etc/main.cf")
    configure({"extra": "", **settings}, place, "postfix-master.cf", "postfix/etc/master.cf")
    shutil.chown(f"{base}/data", "postfix")
    open(f"{place.directory}/maillog", "a", encoding="utf-8").close()
    return [program("postfix"), "-c", f"{base}/etc", "start-fg"]


@server
def slapd(settings, place):
    os.makedirs(f"{place.directory}/ldap", exist_ok=True)
    path = configure({"tls": "", **settings}, place, "slapd.conf", "slapd.conf")
    return [program("slapd"), "-d", "0", "-f", path, "-h", f"{settings['scheme']}://{settings['address']}:{settings['port']}/"]


@server
def postgres(settings, place):
    """initdb runs as the package's user, because PostgreSQL refuses root."""
    binaries = os.path.dirname(program("/usr/lib/postgresql/*/bin/postgres"))
    base = f"{place.directory}/postgres"
    os.makedirs(base, exist_ok=True)
    for name, source in (("server.crt", place.cert), ("server.key", place.key)):
        shutil.copy(source, f"{base}/{name}")
        os.chmod(f"{base}/{name}", 0o600)
        shutil.chown(f"{base}/{name}", "postgres", "postgres")
    shutil.chown(base, "postgres", "postgres")
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    subprocess.run([*as_postgres, f"{binaries}/initdb", "-D", f"{base}/data", "-A", "trust", "--no-sync", "--no-locale",
                    "--no-instructions"], check=True, capture_output=True, cwd=base)
    configure({"ssl": "on", **settings}, place, "postgresql.conf", "postgres/data/postgresql.conf")
    return [*as_postgres, f"{binaries}/postgres", "-D", f"{base}/data"]


@server
def vsftpd(settings, place):
    os.makedirs(f"{place.directory}/vsftpd", exist_ok=True)
    return [program("vsftpd"), configure({"ssl": "YES", **settings}, place, "vsftpd.conf", "vsftpd.conf")]


@server
def prosody(settings, place):
    os.makedirs(f"{place.directory}/prosody", exist_ok=True)
    return [program("prosody"), "--root", "-F", "--config",
            configure(settings, place, "prosody.cfg.lua", "prosody.cfg.lua")]


@server
def mariadb(settings, place):
    """Without system tables: nobody can log in, and nobody has to."""
    os.makedirs(f"{place.directory}/mariadb", exist_ok=True)
    shutil.copy(place.key, f"{place.directory}/mariadb.key")
    for path in ("mariadb", "mariadb.key"):
        shutil.chown(f"{place.directory}/{path}", "nobody")
    path = configure({"tls": "ssl-cert=@CERT@\nssl-key=@DIR@/mariadb.key", **settings}, place, "mariadb.cnf", "mariadb.cnf")
    return [program("mariadbd"), f"--defaults-file={path}"]


@server
def sshd(settings, place):
    path = configure(settings, place, "sshd_config", "sshd_config")
    os.makedirs("/run/sshd", exist_ok=True)
    if not os.path.exists(f"{place.directory}/ssh_host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{place.directory}/ssh_host_key"], check=True)
    return [program("sshd"), "-D", "-e", "-f", path]
