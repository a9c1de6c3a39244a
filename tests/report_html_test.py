"""Opens the HTML reports in a real browser: no request, no error, no sideways scrolling, no
complaint of axe-core; and hostile text stays text."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from program import SOURCE, run, sample  # noqa: E402

# One of each kind of ending, and what is hard to draw: dialogues, long flows, IPv6, ICMP, silence.
SAMPLES = ("forged-rst-data-after", "starttls-then-fin", "silence-acked", "icmp-admin-prohibited-syn", "tls12-completed")
MODULES = ("axe-core@4.10.3", "playwright-core@1.55.0")


def bundle(directory, *captures):
    ran = run("read", "-q", *captures, "-o", directory)
    assert ran.status in (0, 1), ran.err
    return directory


def hostile_capture(path, name):
    """The forged-rst sample with a hello that asks for another name of the same length."""
    with open(sample("forged-rst-data-after"), "rb") as file:
        data = file.read()
    before = b"blocked.example"
    assert data.count(before) == 1 and len(name) == len(before)
    with open(path, "wb") as file:
        file.write(data.replace(before, name))


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="whohungup-html-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def page_for(self, name):
        capture = os.path.join(self.folder, f"{name.hex()}.pcap")
        hostile_capture(capture, name)
        directory = bundle(capture + ".bundle", capture)
        with open(os.path.join(directory, "report.html"), encoding="utf-8") as file:
            return file.read()

    def test_markup_in_a_server_name_stays_text(self):
        for name in (b"<img src=//e/x>", b"</style><script", b"\"onload='a(1)'x", b"<!--</title><p>", b"]]><svg onl=x>x"):
            page = self.page_for(name)
            elements = Elements(page)
            self.assertIn(name.decode(), elements.text)
            self.assertNotIn(name.decode(), page)
            self.assertFalse({"script", "img", "iframe", "object", "base", "form"} & set(elements.tags))
            self.assertFalse([key for key, _ in elements.attributes if key.startswith("on")])

    def test_direction_marks_and_controls_are_shown_not_obeyed(self):
        page = self.page_for("a‮b⁦c﻿d\x1b\0".encode())
        for mark in "‮⁦﻿\x1b\0":
            self.assertNotIn(mark, page)
        self.assertIn("\\xe2\\x80\\xae", page)

    def test_nothing_is_fetched_and_nothing_runs(self):
        directory = bundle(os.path.join(self.folder, "plain"), sample("forged-rst-data-after"))
        with open(os.path.join(directory, "report.html"), encoding="utf-8") as file:
            elements = Elements(file.read())
        self.assertFalse({"script", "img", "iframe"} & set(elements.tags))
        for key, value in elements.attributes:
            if key in ("src", "href"):
                self.assertTrue(value.startswith(("#", "data:,")), value)
        self.assertIn(("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
                      elements.attributes)

    def test_says_what_the_other_team_needs(self):
        directory = bundle(os.path.join(self.folder, "ask"), sample("forged-rst-data-after"))
        with open(os.path.join(directory, "report.html"), encoding="utf-8") as file:
            text = Elements(file.read()).text
        for needed in ("Ask the other team", "2025-12-31T23:59:58Z to 2026-01-01T00:00:03Z", "192.0.2.10:40000 to 203.0.113.5:443",
                       "1:305I8R55UdKuvWr/927Z3dYg0PM=", "client 285212672 (0x11000000), server 1996488704",
                       "%ASA-6-302014", "frame.number in {2,5,6,8}", "after the reset: the server goes on"):
            self.assertIn(needed, text)

    def test_asks_the_one_who_sent_the_icmp_error_and_names_no_counters_of_resets(self):
        directory = bundle(os.path.join(self.folder, "icmp"), sample("icmp-admin-prohibited-hello"))
        with open(os.path.join(directory, "report.html"), encoding="utf-8") as file:
            text = Elements(file.read()).text
        self.assertRegex(text, "Why did [0-9.]+ report at [^ ]+ by ICMP type 3 code 13 \\(communication administratively prohibited\\) that packets from")
        self.assertIn("IcmpOutDestUnreachs", text)
        self.assertNotIn("TCPAbortOnClose", text.split("Ask the other team")[-1].split("Facts")[0])

    def test_many_flows_get_an_index_that_links_each(self):
        directory = bundle(os.path.join(self.folder, "many"), sample("fin-after-hello"), sample("ipv6-rst"),
                           sample("router-reject"))
        with open(os.path.join(directory, "report.html"), encoding="utf-8") as file:
            index = Elements(file.read())
        links = [value for key, value in index.attributes if key == "href" and value.startswith("flows/")]
        self.assertEqual(len(links), 3)
        for link in links:
            with open(os.path.join(directory, link), encoding="utf-8") as file:
                self.assertIn(("href", "../report.html"), Elements(file.read()).attributes)

    def test_a_browser_and_axe_have_nothing_to_complain_of(self):
        chromium, node, npm = shutil.which("chromium"), shutil.which("node"), shutil.which("npm")
        if not (chromium and node and npm):
            self.skipTest("chromium, node or npm is not installed")
        modules = os.path.join(self.folder, "modules")
        os.mkdir(modules)
        try:
            got = subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts",
                                  "--prefix", modules, *MODULES], capture_output=True, timeout=180)
        except subprocess.TimeoutExpired:
            self.skipTest("the npm registry does not answer")
        if got.returncode != 0:
            self.skipTest(f"npm cannot install {MODULES}: {got.stderr.decode()[-300:]}")
        pages = [os.path.join(bundle(os.path.join(self.folder, "b-" + name), sample(name)), "report.html") for name in SAMPLES]
        many = bundle(os.path.join(self.folder, "b-many"), sample("fin-after-hello"), sample("ipv6-rst"), sample("rst-at-accept"))
        pages += [os.path.join(many, "report.html"), sorted(glob.glob(many + "/flows/*"))[0]]
        ends = [os.path.join(SOURCE, "samples", "compare", "reset-on-the-way", end + ".pcap") for end in ("client", "server")]
        both = os.path.join(self.folder, "b-both")
        self.assertEqual(run("compare", "-q", *ends, "-o", both).status, 1)
        pages.append(os.path.join(both, "report.html"))
        capture = os.path.join(self.folder, "script.pcap")
        hostile_capture(capture, b"<svg/onload=a()")
        pages.append(os.path.join(bundle(os.path.join(self.folder, "b-hostile"), capture), "report.html"))
        screenshots = os.environ.get("WHOHUNGUP_SCREENSHOTS", "-")
        checked = subprocess.run([node, os.path.join(SOURCE, "tests", "support", "check_page.mjs"), chromium, modules,
                                  screenshots, *pages], capture_output=True, timeout=600)
        self.assertEqual(checked.returncode, 0, checked.stderr.decode())
        self.assertFalse(json.loads(checked.stdout), checked.stdout.decode())


if __name__ == "__main__":
    unittest.main()
