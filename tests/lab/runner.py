"""Plays scenarios in parallel, each in namespaces of its own, and gathers what each left behind."""

import json
import os
import shutil
import subprocess
import sys
import time

import capture
import causes
import judge
import sample
import scenario as scenarios
import score
from namespaces import die_with_parent, private_scratch

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SCENARIO_SECONDS = 60  # the longest scenario waits out two client timeouts of some seconds
SKIP = 77
SCRATCH = "/media"  # exists everywhere and is empty; the lab sees a memory file system of its own there
UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net", "--ipc", "--uts"]


def main(options):
    names = chosen(options)
    if not names:
        print("lab: no scenario has such a name", file=sys.stderr)
        return 2
    if options.list:
        for name in names:
            print(f"{name:34} {scenarios.load(name)['story']}")
        return 0
    if reason := cannot_run():
        print(f"lab: {reason}", file=sys.stderr)
        return SKIP
    program = None if options.no_verdict else judge.find_program()
    if not program and not options.no_verdict:
        print("lab: build/release/whohungup is not built; --no-verdict plays without it", file=sys.stderr)
        return SKIP
    if options.causes:
        return diagnose_all(names, options)
    private_scratch(SCRATCH)
    keep = os.path.abspath(options.keep) if options.keep else SCRATCH
    certificates = make_certificates(SCRATCH)
    board = play_board(names, keep, certificates, program, options)
    if options.score and options.probe:
        score.write_section(f"{SOURCE}/docs/accuracy.md", "probe", board.probe_table())
    elif options.score:
        board.write(f"{SOURCE}/docs/accuracy.md")
    if options.sample:
        sample.make(options.sample, scenarios.load(options.sample), os.path.join(keep, options.sample), SOURCE, program)
    return 0 if board.passed else 1


def play_board(names, keep, certificates, program, options):
    """Plays the scenarios, those the probe cannot play left out, and prints what became of them."""
    if program:
        os.environ["WHOHUNGUP"] = os.path.abspath(program)
    if options.probe:
        names = [name for name in names if "unfit" not in scenarios.load(name, True)]
    board = score.Board()
    started = time.monotonic()
    for name, directory, report in play_all(names, keep, certificates, options.jobs, ["probe"] if options.probe else []):
        board.add(look_at(name, directory, report, program, options))
    print("\n".join(board.summary(time.monotonic() - started)))
    return board


def diagnose_all(names, options):
    """Plays the scenarios with `diagnose` as their client; 0 if it is right often enough and never accuses falsely."""
    board, started = causes.CauseBoard(), time.monotonic()
    private_scratch(SCRATCH)
    keep = os.path.abspath(options.keep) if options.keep else SCRATCH
    for name, directory, report in play_all(names, keep, make_certificates(SCRATCH), options.jobs, ["diagnose"]):
        board.add(causes.Diagnosed(name, scenarios.load(name), directory, report))
        print(board.all[-1].line(), flush=True)
    print("\n".join(board.summary(time.monotonic() - started)))
    if options.score:
        score.write_section(f"{SOURCE}/docs/accuracy.md", "causes", board.page())
    return 0 if board.passed else 1


def look_at(name, directory, report, program, options):
    """Weighs what the program says of a played scenario and prints it; returns the outcome."""
    outcome = score.Outcome(name, scenarios.load(name, options.probe), report, by_probe=options.probe)
    if "skipped" in report:
        print(f"skip  {name}: {report['skipped']}", flush=True)
        return outcome
    outcome.broken = report.get("broken") or nothing_acted(outcome.scenario, report)
    if not outcome.broken and program:
        outcome.weigh(program, directory)
    print("\n".join(outcome.lines()), flush=True)
    if not program or not outcome.fine or (options.names and options.verbose):
        for end in ("client", "server"):
            if os.path.exists(f"{directory}/{end}.pcap"):
                print(f"-- {end}\n{capture.ladder(f'{directory}/{end}.pcap')}")
    return outcome


def nothing_acted(scenario, report):
    """The reason why the scenario did not happen, where none of its boxes ever acted.

    A box that only holds packets back makes an order likely, it does not make the event.
    """
    boxes = [box for box in report.get("boxes", []) if box["kind"] != "hold"]
    if boxes and not any(box["acted"] for box in boxes) and not scenario.get("idle"):
        return "no box acted: the scenario did not happen"
    return ""


def chosen(options):
    words = options.names or ([options.sample] if options.sample else [])
    every = sorted(name[:-5] for name in os.listdir(f"{HERE}/scenarios") if name.endswith(".toml"))
    if options.causes:
        every += sorted(name[:-5] for name in os.listdir(f"{HERE}/causes") if name.endswith(".toml"))
        every = [name for name in every if "cause" in scenarios.load(name) and (not options.quick or name in causes.SAMPLE)]
    exact = [name for name in every if name in words]
    return exact if words and len(exact) == len(words) else [n for n in every if not words or any(w in n for w in words)]


def cannot_run():
    """Why no scenario can be played here, or an empty string."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    return f"cannot make namespaces: {probe.stderr.strip()}" if probe.returncode else ""


def make_certificates(directory):
    """One self-signed certificate for all servers."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=www.lab.test", "-addext", "subjectAltName=DNS:*.lab.test",
                    "-keyout", f"{directory}/lab.key", "-out", f"{directory}/lab.crt"], check=True, capture_output=True)
    with open(f"{directory}/lab.crt.both", "wb") as both:
        for part in ("lab.crt", "lab.key"):
            with open(f"{directory}/{part}", "rb") as file:
                both.write(file.read())
    return directory


def play_all(names, keep, certificates, jobs, words=()):
    """Plays the scenarios, `jobs` at a time; yields (name, directory, stage report) as they end."""
    def start(name):
        directory = empty_directory(os.path.join(keep, name))
        process = stage(scenarios.path_of(name), directory, certificates, words)
        return directory, process, causes.SECONDS + 30 if words else SCENARIO_SECONDS

    for name, directory in side_by_side(names, jobs, start):
        yield name, directory, report_of(directory)


def side_by_side(wanted, jobs, start):
    """Plays what `start(one)` begins, `jobs` at a time; it says (directory, process, seconds it may take).
    Yields (one, directory) as they end."""
    waiting, playing = list(wanted), []
    try:
        while waiting or playing:
            while waiting and len(playing) < jobs:
                one = waiting.pop(0)
                directory, process, seconds = start(one)
                playing.append((one, directory, process, time.monotonic() + seconds))
            time.sleep(0.02)
            for entry in list(playing):
                one, directory, process, deadline = entry
                if process.poll() is None and time.monotonic() < deadline:
                    continue
                process.kill()
                process.wait()
                playing.remove(entry)
                yield one, directory
    finally:
        for _, _, process, _ in playing:
            process.kill()
            process.wait()


def empty_directory(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    return directory


def stage(scenario, directory, certificates, words=()):
    """Begins a scenario's file in namespaces of its own; what it says goes to stage.log."""
    with open(f"{directory}/stage.log", "w", encoding="utf-8") as log:
        return subprocess.Popen([*UNSHARE, sys.executable, f"{HERE}/stage.py", scenario, directory, certificates, *words],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                preexec_fn=die_with_parent)


def report_of(directory):
    try:
        with open(f"{directory}/stage.json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        with open(f"{directory}/stage.log", encoding="utf-8") as file:
            return {"broken": f"the stage ended without a report: {file.read().strip()[-300:]}"}
