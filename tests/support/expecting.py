"""Tests of many expectations: they are counted, those that do not hold are printed."""

import os
import pathlib
import sys
import tempfile


class Expecting:
    """A test with a folder of its own; each of `parts()` is a method to call."""

    def __init__(self, folder):
        self.folder, self.broken, self.done = pathlib.Path(folder), [], 0

    def expect(self, right, what):
        self.done += 1
        if not right:
            self.broken.append(what)

    def parts(self):
        raise NotImplementedError

    @classmethod
    def play(cls):
        """Runs all parts and leaves the process: 0 if everything holds."""
        os.environ.setdefault("NO_COLOR", "1")
        with tempfile.TemporaryDirectory() as folder:
            test = cls(folder)
            for part in test.parts():
                part()
        for what in test.broken:
            print(what)
        print(f"{test.done - len(test.broken)} of {test.done} expectations hold")
        sys.exit(1 if test.broken else 0)
