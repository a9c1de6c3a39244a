"""Network namespaces without names: they live as long as this process tree and need no cleaning up."""

import contextlib
import ctypes
import fcntl
import os
import signal
import struct
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, CLONE_NEWNS, PR_SET_PDEATHSIG = 0x40000000, 0x00020000, 1
MS_REC, MS_PRIVATE = 0x4000, 0x40000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent():
    """For preexec_fn: the child is killed when the process that started it ends, however it ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def private_scratch(directory):
    """Gives this process and its children a memory file system that ends with them, however they end."""
    call(libc.unshare(CLONE_NEWNS))
    call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    call(libc.mount(b"tmpfs", directory.encode(), b"tmpfs", 0, b"mode=755"))


class Host:
    """One machine of the lab: a network namespace, reached through a file descriptor."""

    home = None

    def __init__(self, name):
        self.name = name
        Host.home = Host.home or os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        call(libc.unshare(CLONE_NEWNET))
        self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._go(Host.home)
        self.run("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=1"
                 " net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.default.router_solicitations=0"
                 " net.ipv4.ip_local_port_range='34000 60999'; ip link set lo up")

    @staticmethod
    def _go(descriptor):
        call(libc.setns(descriptor, CLONE_NEWNET))

    @contextlib.contextmanager
    def inside(self):
        """Sockets, devices and processes made inside this block belong to the host."""
        self._go(self.descriptor)
        try:
            yield
        finally:
            self._go(Host.home)

    def run(self, command):
        """Runs a shell command on the host; fails loudly."""
        with self.inside():
            done = subprocess.run(command, shell=True, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {command!r} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def tun(self, name, addresses, routes=()):
        """Makes a TUN device with addresses; returns the descriptor of its other side."""
        with self.inside():
            descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
        lines = [f"link set {name} up multicast off"]
        lines += [f"addr add {address} dev {name}" + (" nodad" if ":" in address else "") for address in addresses]
        lines += [f"route add {route} dev {name}" for route in routes]
        self.run("ip -batch - <<'.'\n" + "\n".join(lines) + "\n.")
        return descriptor

    def listening(self):
        """The TCP ports somebody listens on, of both address families."""
        return {port for port, _, state in self.sockets() if state == "0A"}

    def connected(self, port):
        """Has somebody from elsewhere an established connection to the port?"""
        return any(local == port and state == "01" and not remote.endswith("0100007F")
                   for local, remote, state in self.sockets())

    def sockets(self):
        """The kernel's TCP sockets: (local port, remote address in hexadecimal, state)."""
        found = []
        with self.inside():
            for name in ("tcp", "tcp6"):
                with open(f"/proc/thread-self/net/{name}", encoding="ascii") as table:
                    for line in list(table)[1:]:
                        _, local, remote, state = line.split()[:4]
                        found.append((int(local.rsplit(":", 1)[1], 16), remote.rsplit(":", 1)[0], state))
        return found
