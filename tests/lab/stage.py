"""Plays one scenario inside its own namespaces and leaves two captures behind.

usage: stage.py SCENARIO.toml DIRECTORY CERTIFICATES [diagnose], started by ./run as process 1 of a fresh PID, mount
and network namespace. When this process ends, for whatever reason, the kernel ends everything it
started and takes the networks away.
"""

import json
import os
import signal
import subprocess
import sys
import time

import boxes
import boxes_change  # noqa: F401  registers its boxes
import boxes_forge  # noqa: F401  registers its boxes
import causes
import clients
import scenario as scenarios
import servers
from capture import Capture
from namespaces import Host, call, libc
from packet import address
from path import Hop, Loop, Wire

CLIENT, SERVER = ("10.9.1.2", "fd09:1::2"), ("10.9.2.2", "fd09:2::2")
READY_SECONDS = 20  # postgres and dovecot need one or two; a loaded CI machine more
PATH_DEFAULTS = {"hops": 5, "latency_ms": 2, "jitter_ms": 0.2, "at": []}


def main():
    scenario_file, directory, certificates = sys.argv[1:4]
    scenario = scenarios.load(scenario_file, by_probe="probe" in sys.argv[4:])
    if "diagnose" in sys.argv[4:]:
        scenario = causes.as_diagnosis(scenario)
    os.chdir(directory)
    os.nice(-10)  # compilers next door must not stretch a server's answer over a client's timeout
    report = {}
    try:
        report = Stage(scenario, os.getcwd(), certificates).play()
    except servers.Missing as missing:
        report = {"skipped": str(missing)}
    except Exception as error:  # noqa: BLE001  a scenario that cannot be set up is a failed one, with its reason
        report = {"broken": f"{type(error).__name__}: {error}"}
    with open("stage.json", "w", encoding="utf-8") as file:
        json.dump(report, file)


class Stage:
    def __init__(self, scenario, directory, certificates):
        self.scenario, self.directory = scenario, directory
        os.makedirs(f"{directory}/work", exist_ok=True)
        call(libc.mount(b"tmpfs", f"{directory}/work".encode(), b"tmpfs", 0, b"mode=755"))
        call(libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, b"mode=755"))
        self.place = servers.Place(f"{directory}/work", *SERVER, f"{certificates}/lab.crt", f"{certificates}/lab.key")
        self.client, self.server = Host("client"), Host("server")
        self.running, self.held = [], []

    def play(self):
        control = self.lay_path()
        try:
            for command in self.scenario.get("server_setup", []):
                self.server.run(command)
            self.start_servers()
            for step in self.scenario.get("before", []):
                self.do(step)
            os.write(control, b"c")  # from here on everything is captured
            time.sleep(0.05)
            self.run_clients()
            time.sleep(self.scenario.get("settle_ms", 400) / 1000)
        finally:
            os.close(control)
            os.waitpid(self.path_process, 0)
            self.keep_logs()
        with open("path.json", encoding="utf-8") as file:
            return json.load(file)

    # -- the path --------------------------------------------------------------------------------

    def lay_path(self):
        """Joins the hosts and starts the process that carries packets; returns its control pipe."""
        settings = {**PATH_DEFAULTS, **self.scenario.get("path", {})}
        hops = [Hop(number, (address(f"10.9.0.{number}"), address(f"fd09::{number}")),
                    next((at for at in settings["at"] if at["hop"] == number), {}))
                for number in range(1, settings["hops"] + 1)]
        for table in self.scenario.get("box", []):
            hops[table["hop"] - 1].boxes.append(boxes.make_box(table))
        near = self.client.tun("wire", [f"{CLIENT[0]}/32", f"{CLIENT[1]}/128"], ["default"])
        self.client.run("ip -6 route add default dev wire")
        far = self.server.tun("wire", [f"{SERVER[0]}/32", f"{SERVER[1]}/128"], ["default"])
        self.server.run("ip -6 route add default dev wire")
        stretches = [(near, far, hops)]
        if "router" in self.scenario:
            stretches = self.place_router(near, far, hops)
        reader, writer = os.pipe()
        self.path_process = os.fork()
        if self.path_process == 0:
            os.close(writer)
            self.carry(settings, stretches, reader)
        os.close(reader)
        return writer

    def place_router(self, near, far, hops):
        """Splits the path at a real Linux router, which the scenario sets up with its own commands."""
        table = self.scenario["router"]
        router = Host("router")
        left = router.tun("left", ["10.9.3.1/32", "fd09:3::1/128"], [f"{CLIENT[0]}/32"])
        right = router.tun("right", ["10.9.3.2/32", "fd09:3::2/128"], [f"{SERVER[0]}/32"])
        router.run(f"ip -6 route add {CLIENT[1]} dev left; ip -6 route add {SERVER[1]} dev right;"
                   "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0")
        for command in table.get("setup", []):
            router.run(command)
        for command in table.get("processes", []):
            self.start(router, servers.command_for(command, self.place), f"router-{command['kind']}")
            self.wait_for(router, {command["port"]})
        after = table.get("after_hop", len(hops) // 2)
        # numbers within a stretch count from its own start, because boxes send from there
        for number, hop in enumerate(hops[after:], 1):
            hop.number = number
        return [(near, left, hops[:after]), (right, far, hops[after:])]

    def carry(self, settings, stretches, control):
        """The path's process: moves packets and captures until the control pipe closes."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # a busy machine must not stretch the path
        loop = Loop()
        wires = [Wire(loop, client_end, server_end, hops, settings["latency_ms"] / 1000, settings["jitter_ms"] / 1000,
                      seed=number) for number, (client_end, server_end, hops) in enumerate(stretches)]
        captures = []
        while True:
            loop.run(control)
            if not os.read(control, 1):
                break
            for host, name, offset in ((self.client, "client", 0), (self.server, "server", settings.get("clock_offset_s", 0))):
                with host.inside():
                    captures.append(Capture("wire", f"{self.directory}/{name}.pcap", offset))
                loop.watch_with(captures[-1].socket.fileno(), captures[-1].drain)
        stopped = [capture.stop() for capture in captures]
        report = {"stopped": dict(zip(("client", "server"), stopped[-2:])),
                  "boxes": [{"kind": box.name, "acted": box.acted}
                            for wire in wires for hop in wire.hops for box in hop.boxes],
                  "lost": sum(wire.lost for wire in wires)}
        with open("path.json", "w", encoding="utf-8") as file:
            json.dump(report, file)
        os._exit(0)

    # -- servers and clients ---------------------------------------------------------------------

    def start_servers(self):
        ports = set()
        for table in self.scenario.get("server", []):
            self.start(self.server, servers.command_for(table, self.place), table["kind"])
            ports.add(table.get("port", 443))
        self.wait_for(self.server, ports)

    def wait_for(self, host, ports):
        """Returns when somebody listens on all of the ports; raises where that does not happen."""
        deadline = time.monotonic() + READY_SECONDS
        while missing := ports - host.listening():
            gone = [name for name, process in self.running if process.poll() is not None]
            if gone or time.monotonic() > deadline:
                raise RuntimeError(f"nobody listens on {sorted(missing)}; ended: {gone}: {self.last_log_line()}")
            time.sleep(0.02)

    def start(self, host, command, name):
        with open(f"{len(self.running)}-{name}.log", "w", encoding="utf-8") as log, host.inside():
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                                       cwd=self.place.directory)
        self.running.append((name, process))

    def last_log_line(self):
        for name in sorted(os.listdir(".")):
            if name.endswith(".log") and (text := open(name, encoding="utf-8", errors="replace").read().strip()):
                return text.splitlines()[-1]
        return "no log"

    def run_clients(self):
        table = self.scenario.get("client", {})
        target = SERVER[1] if table.get("family") == 6 else SERVER[0]
        settings = {name: value for name, value in table.items() if name != "family"}
        with open("client.txt", "w", encoding="utf-8") as output:
            for turn in range(table.get("repeat", 1)):
                with self.client.inside():
                    process = subprocess.Popen(clients.command_for(settings, target), stdin=subprocess.PIPE,
                                               stdout=output, stderr=subprocess.STDOUT, cwd=self.place.directory)
                if turn == 0 and self.scenario.get("during"):
                    self.go_through(self.scenario["during"], table.get("port", 443))
                try:
                    process.communicate(b"", timeout=table.get("timeout", 4) + 12)
                except subprocess.TimeoutExpired:
                    process.kill()
                    output.write("the lab killed this client\n")

    def go_through(self, steps, port):
        """The steps of `during`: at_ms counts from the moment the server has the connection.

        A step with `at_once` comes before that.
        """
        connected = None
        for step in steps:
            if not step.get("at_once"):
                deadline = time.monotonic() + READY_SECONDS
                while connected is None and time.monotonic() < deadline:
                    connected = time.monotonic() if self.server.connected(port) else None
                    time.sleep(0.005)
                time.sleep(max(0.0, (connected or 0.0) + step["at_ms"] / 1000 - time.monotonic()))
            self.do(step)

    def do(self, step):
        """One step of `before` or `during`. Each is a table with one of these keys."""
        if "hold" in step:  # open so many connections from the client's address and keep them
            with self.client.inside():
                for _ in range(step["hold"]):
                    self.held.append(clients.hold(step.get("port", 443), SERVER[0]))
                    time.sleep(step.get("gap_ms", 30) / 1000)
        if "signal" in step:  # to the server of that place in the file, and its children
            for process in family_of(self.running[step.get("server", 0)][1].pid):
                os.kill(process, getattr(signal, step["signal"]))
        if "server_run" in step:
            self.server.run(step["server_run"])
        if "client_run" in step:
            self.client.run(step["client_run"])
        time.sleep(step.get("wait_ms", 0) / 1000)

    def keep_logs(self):
        for name in ("maillog",):
            path = f"{self.place.directory}/{name}"
            if os.path.exists(path) and os.path.getsize(path):
                with open(path, encoding="utf-8", errors="replace") as log, open(f"{name}.log", "w", encoding="utf-8") as out:
                    out.write(log.read())


def family_of(process):
    """A process and everything it started, the youngest first."""
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return [one for child in file.read().split() for one in family_of(int(child))] + [process]


if __name__ == "__main__":
    main()
