#!/usr/bin/env python3
"""Holds every folder of samples/ to the program: the capture is what its story tells, the facts
and reports are what the program says of it, and the verdict is the one its README expected.

golden_test.py              checks all folders
golden_test.py --update [NAME...]   writes capture, facts and reports anew (./dev golden NAME)

WHOHUNGUP names the program, WHOHUNGUP_TEST_TOOLS the folder of story2pcap. The README is never
written by this script: a verdict that contradicts it fails, whatever the goldens say.
"""
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "support"))
from program import PROGRAM, run, skip  # noqa: E402

SAMPLES = SOURCE / "samples"
EXPECTED = re.compile(r"^\* `([a-z_.]+) \((undetermined|suggested|strong|proven)\)`$", re.M)


def read(folder, *arguments):
    """What `read` prints of the folder's capture; from inside it, so that no path gets in."""
    ran = run("read", *arguments, "capture.pcap", cwd=folder,
              env={"NO_COLOR": "1", "COLUMNS": "100"})
    if ran.status not in (0, 1):
        raise RuntimeError("read %s: exit status %d: %s" % (
            " ".join(arguments), ran.status, ran.err.strip()))
    return ran.out


def facts_as_text(flows):
    lines = []
    for flow in flows:
        lines.append("flow %d: %s" % (flow["flow"]["index"], flow["verdict"]["code"]))
        for fact in flow["facts"]:
            frames = " ".join("#%d" % frame for frame in fact["frames"])
            lines.append(("  %-32s [%s]  %s" % (fact["id"], frames, fact["detail"])).rstrip())
    return "\n".join(lines) + "\n"


def goldens(folder):
    """The three texts by file name, and the flow objects."""
    objects = [json.loads(line) for line in read(folder, "--json").splitlines()]
    flows = [one for one in objects if one["type"] == "flow"]
    report = read(folder, "--all")
    for flow in flows:
        report += "\n" + read(folder, "--flow", str(flow["flow"]["index"]))
    # The lines of NDJSON as an indented list, so that a diff shows the one thing that changed.
    report_json = json.dumps(objects, indent=1, ensure_ascii=False) + "\n"
    return {"facts.txt": facts_as_text(flows), "report.txt": report,
            "report.json": report_json}, flows


def story_as_capture(tools, folder):
    with tempfile.TemporaryDirectory() as where:
        written = pathlib.Path(where) / "capture.pcap"
        subprocess.run([tools / "story2pcap", folder / "story.txt", written], check=True,
                       timeout=60)
        return written.read_bytes()


def complaints_about_verdicts(folder, flows):
    """Each flow's verdict is one the README expects, and each expected code occurs."""
    expected = EXPECTED.findall((folder / "README.md").read_text(encoding="utf-8"))
    if not expected:
        yield "README.md expects no verdict (a line like * `server.fin.accepted (strong)`)"
    if not flows:
        yield "no flow was judged"
    for flow in flows:
        verdict = flow["verdict"]
        if (verdict["code"], verdict["confidence"]) not in expected:
            yield "flow %d is %s (%s), README.md expects %s" % (
                flow["flow"]["index"], verdict["code"], verdict["confidence"],
                ", ".join("%s (%s)" % one for one in expected))


def difference(folder, name, now):
    path = folder / name
    if not path.exists():
        return "%s is missing" % name
    before = path.read_text(encoding="utf-8")
    if before == now:
        return None
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), name, "the program", "", "",
                                 1, "")
    return "differs from the golden:\n      " + "\n      ".join(list(lines)[:40])


def check(tools, folder):
    if tools and (folder / "story.txt").exists():
        if story_as_capture(tools, folder) != (folder / "capture.pcap").read_bytes():
            yield "capture.pcap is not what story.txt tells"
    texts, flows = goldens(folder)
    yield from complaints_about_verdicts(folder, flows)
    for name, text in texts.items():
        what = difference(folder, name, text)
        if what:
            yield what


def update(tools, folder):
    if tools and (folder / "story.txt").exists():
        (folder / "capture.pcap").write_bytes(story_as_capture(tools, folder))
    texts, flows = goldens(folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    yield from complaints_about_verdicts(folder, flows)


def main(arguments):
    if not pathlib.Path(PROGRAM).exists():
        skip("%s, the program, is not built" % PROGRAM)
    tools = os.environ.get("WHOHUNGUP_TEST_TOOLS")
    tools = pathlib.Path(tools).resolve() if tools else None
    updating = arguments[:1] == ["--update"]
    names = set(arguments[1:] if updating else arguments)
    folders = sorted(path for path in SAMPLES.iterdir() if (path / "README.md").exists())
    unknown = names - {folder.name for folder in folders}
    if unknown:
        print("no such sample:", ", ".join(sorted(unknown)))
        return 2
    wrong = 0
    chosen = [folder for folder in folders if not names or folder.name in names]
    for folder in chosen:
        work = update if updating else check
        texts = list(work(tools, folder))
        wrong += bool(texts)
        for text in texts:
            print("%s: %s" % (folder.name, text))
    print("%d of %d samples as expected" % (len(chosen) - wrong, len(chosen)))
    if wrong and not updating:
        print("./dev golden NAME writes goldens anew; a README says what is right")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
