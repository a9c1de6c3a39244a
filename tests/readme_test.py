"""Re-runs the examples of README.md and compares what they print.

Every fenced block that begins with "$ whohungup" is an example: the command, then its exact output.
`tests/readme_test.py --update` writes the present output into README.md instead of comparing.
"""

import difflib
import os
import re
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import SOURCE, run  # noqa: E402

README = os.path.join(SOURCE, "README.md")
EXAMPLE = re.compile(r"(?<=```console\n)\$ whohungup (?P<words>[^\n]*)\n(?P<output>.*?)(?=```)", re.DOTALL)


def printed(example):
    """The command and what it prints now."""
    ran = run(*shlex.split(example["words"]), cwd=SOURCE)
    return f"$ whohungup {example['words']}\n{ran.out}{ran.err}"


def main():
    with open(README, encoding="utf-8") as file:
        text = file.read()
    if "--update" in sys.argv:
        with open(README, "w", encoding="utf-8") as file:
            file.write(EXAMPLE.sub(printed, text))
        return 0
    examples = list(EXAMPLE.finditer(text))
    stale = 0
    for example in examples:
        now = printed(example)
        if now != example.group():
            sys.stdout.writelines(difflib.unified_diff(example.group().splitlines(True), now.splitlines(True),
                                                       "README.md", "now"))
            stale += 1
    print(f"{len(examples)} examples of README.md, {stale} print something else now")
    return 1 if stale or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
