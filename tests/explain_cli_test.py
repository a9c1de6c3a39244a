#!/usr/bin/env python3
"""`whohungup explain` as people and scripts use it: inputs, exit statuses, JSON, hostile bytes."""

import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import SOURCE, run, skip  # noqa: E402

try:
    import jsonschema
except ImportError:
    skip("python3-jsonschema is not installed")

with open(os.path.join(SOURCE, "docs", "schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)
EOF = b"4007:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl:318:\n" \
      b"SSL handshake has read 0 bytes and written 332 bytes\n"
checks = 0


def check(true, what):
    global checks
    checks += 1
    if not true:
        print("WRONG", what)
        sys.exit(1)


def valid(line, kind="explanation"):
    thing = json.loads(line)
    jsonschema.validate(thing, {**SCHEMA["definitions"][kind], "definitions": SCHEMA["definitions"]})
    return thing


def main():
    piped = run("explain", stdin=EOF)
    check(piped.status == 0 and "A FIN reached the program" in piped.out, "a pipe is read")
    check(run("explain", "-", stdin=EOF).out == piped.out, "- is standard input")
    with tempfile.NamedTemporaryFile() as file:
        file.write(EOF)
        file.flush()
        check(run("explain", "--file", file.name).out == piped.out, "--file reads the same")
        check(run("explain", "--file", file.name, "words").status == 2, "a text and a file are too much")
    check(run("explain", "--file", "/nowhere/at all").status == 3, "a file that is not there")
    check(run("explain", stdin=b" \n").status == 2, "nothing to explain is a usage error")
    one = run("explain", "write:errno=104").out
    check("A reset reached the program" in one, "an argument")
    check(run("explain", "Connection", "reset", "by", "peer").status == 0, "words are joined")
    unknown = run("explain", "it", "is", "slow", "today")
    check(unknown.status == 4 and unknown.out.startswith("Not known"), "an unknown text is 4 and says so")

    thing = valid(run("explain", "--json", stdin=EOF).out)
    attempt = thing["attempts"][0]
    check(attempt["events"]["usual"] == ["fin.accepted", "fin.client_hello"], "events in JSON")
    check([reading["name_length"] for reading in attempt["counts"]["readings"]] == [[19, 19], [26, 26]], "readings")
    valid(run("explain", "--json", "nonsense").out)
    for name in ("server.fin.client_hello", "fin", "client_hello", "silence", "nobody.none.established", "rst.syn"):
        known = run("explain", name)
        check(known.status == 0 and known.out.startswith(f"verdict {name}\n"), f"the code {name}")
        valid(run("explain", "--json", name).out)
    check("middlebox.rst.syn" in run("explain", "rst.syn").out, "a partial code lists its codes")
    told = [json.loads(line) for line in run("rules", "--json").out.splitlines()]
    kinds = {one["type"] for one in told}
    check(kinds == {"fact", "rule", "sign", "cause", "hop-fact", "hop-rule", "matrix-probe", "theory", "look-alike",
                    "ending", "confidence", "weight", "place", "way", "status", "tampering-stage", "signature"},
          f"every table is listed: {kinds}")
    for one in told:
        known = run("explain", one["id"])
        check(known.status == 0 and one["id"] in known.out.splitlines()[0], f"the {one['type']} {one['id']}")
    ids = {one["id"] for one in told}
    check(sum(one["type"] == "signature" for one in told) == 19, "all published signatures are there")
    for written, name in (("PSH+ACK -> RST;RST0", "⟨PSH+ACK → RST;RST₀⟩"), ("<psh -> rst; rst_0>", "⟨PSH+ACK → RST;RST₀⟩"),
                          ("⟨SYN → ∅⟩\n", "⟨SYN → ∅⟩"), ("SYN;ACK -> none", "⟨SYN;ACK → ∅⟩"), ("PSH+ACK → RST!=RST", "⟨PSH+ACK → RST≠RST⟩"),
                          ("post_psh", "post-psh"), ("later_in_flow", "later-in-flow")):
        known = run("explain", written)
        check(known.status == 0 and known.out.split("\n")[0].endswith(" " + name), f"{written} is {name}: {known.out[:60]}")
    with open(os.path.join(SOURCE, "analyze", "signature.cpp"), encoding="utf-8") as source:
        endings = set(re.findall(r'"(RST[^"]*|∅)"', source.read()))
    check(endings == {one["id"].split(" → ")[1][:-1] for one in told if one["type"] == "signature"}, "ours are all among them")
    check(run("explain", "SYN -> FIN").status == 4, "what is no signature is not taken for one")
    for file in ("look_alikes.cpp", "compare_judge.cpp"):
        with open(os.path.join(SOURCE, "analyze", file), encoding="utf-8") as source:
            text = source.read()
        used = re.findall(r'look\.add\(\s*"([a-z-]+)"|LookAlike loss\{"([a-z-]+)"|\{"([a-z-]+)", still_running', text)
        for group in used:
            check("".join(group) in ids, f"the look-alike {group}")
    rule = [one for one in told if one["type"] == "rule"][-1]
    check(run("explain", rule["id"]).out.startswith(f"rule {rule['id']}"), "a rule")
    for line in run("explain", "--sizes", "--json").out.splitlines():
        valid(line, "size_law")

    hostile = b"\x1b]0;x\x07\xe2\x80\xaewrite:errno=104\xff\x00\x1b[31m\n" + EOF.replace(b"4007", b"\x1b[2J")
    shown = run("explain", stdin=hostile)
    check(shown.status == 0, "hostile bytes are explained all the same")
    check(not any(ord(c) < 32 and c != "\n" for c in shown.out) and "\u202e" not in shown.out, "no control character comes out")
    valid(run("explain", "--json", stdin=hostile).out)
    for size in (1 << 20, 5 << 20):
        check(run("explain", stdin=os.urandom(size)).status in (0, 4), "megabytes of anything")
    flood = run("explain", stdin=EOF * 20000)
    check(flood.status == 0 and len(flood.out) < 100_000, "a flood of transcripts ends in a bounded report")
    print(f"{checks} checks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
