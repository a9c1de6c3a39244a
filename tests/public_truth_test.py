#!/usr/bin/env python3
"""Compares what the program reads in 179 public captures with what tshark and an independent byte
walk found there (shared/captures/public/truth.ndjson), stream by stream, and prints the agreement.

Every stream with a ClientHello is looked up among the flows of `read --json`; embedded ones
(OpenVPN over TCP and the like) are no TLS on TCP and left out. A disagreement is accepted only if
docs/truth.md argues it in its table; each field must agree for 98 % of the streams even so.
Known forgeries must show in the facts, and no flow of another file may be called the work of a
middlebox with confidence. Runs without the captures or the program exit 77.

public_truth_test.py [-v] [FILE...]   -v prints every disagreement, FILE limits to captures
"""
import collections
import csv
import json
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "support"))
from program import PROGRAM, SHARED, run, skip  # noqa: E402

THRESHOLD = 0.98
# What the known forgeries that concern TLS must show (tampering.tsv says what they are).
FORGERY_FACTS = {
    "censoredplanet+CenTrace/195.64.201.42_psiphon": {"server-rst-seen", "rst-ttl-differs"},
    "censoredplanet+CenTrace/200.115.176.142_binance": {"syn-refused"},
    "cisco+mercury/tls_sgt.pcap": {"server-rst-seen"},
    "cisco+mercury/surfshark.pcap": {"server-rst-seen", "hello-acked"},
    "idaholab+Malcolm-Test-Artifacts/SSL.pcap": {"server-rst-seen", "hello-acked"},
}
# One completed handshake each, with a SYN+ACK that by its time stamp is some 50 years late.
WRONG_TIME_STAMPS = (
    "Lekensteyn+wireshark-notes/pgsql-ssl.pcapng",
    "Lekensteyn+wireshark-notes/pop-ssl.pcapng",
    "Lekensteyn+wireshark-notes/smtp2525-ssl.pcapng",
    "jpalanco+ProtocolDetector/tls.pcap",
    "seladb+PcapPlusPlus/pcapng-example.pcapng",
)


def endpoint(side):
    return ("[%s]:%d" if ":" in side["ip"] else "%s:%d") % (side["ip"], side["port"])


def find_flow(stream, flows):
    """The flow of that four-tuple with the hello's frame, else the one nearest to its start."""
    ends = {stream["client"], stream["server"]}
    same = [f for f in flows
            if {endpoint(f["flow"]["client"]), endpoint(f["flow"]["server"])} == ends]
    frame = stream["client_hellos"][0]["frame"]
    for flow in same:
        hello = flow["tls"]["client_hello"]
        if hello and hello["frame"] == frame:
            return flow
    return min(same, key=lambda f: abs(f["flow"]["frames"][0] - stream["first_frame"]),
               default=None)


def alerts_of_truth(stream):
    return {(a["by"], a["level"], a["desc"]) for a in stream["alerts"] if not a["encrypted"]}


def alerts_of_flow(flow):
    return {(a["by"], a["level"], a["description"]) for a in flow["tls"]["alerts"]
            if not a["encrypted"]}


def by(first):
    return first["by"] if first else None


def reply_of_truth(stream):
    """The truth's kinds in the program's words."""
    kind = stream["server_reply"]["kind"]
    if kind.startswith("handshake"):
        return "handshake"
    return {"unseen": "none", "alert_partial": "alert"}.get(kind, kind)


def views(stream, flow):
    """Each field's name, what the truth says and what the program says."""
    truth, hello = stream["client_hellos"][0], flow["tls"]["client_hello"] or {}
    tcp = flow["tcp"]
    yield "client", stream["client"], endpoint(flow["flow"]["client"])
    yield "hello frame", truth["frame"], hello.get("frame")
    yield "hello size", truth["bytes"], hello.get("record_bytes")
    yield "sni", truth["sni"], hello.get("sni")
    if "legacy_version" in truth:
        yield "versions", (truth["legacy_version"], truth["supported_versions"]), (
            hello.get("legacy_version"), hello.get("supported_versions") or [])
    yield "hello acked", stream["ch_acked"], tcp["hello_acked"]
    yield "first fin", stream["first_fin_by"], by(tcp["first_fin"])
    yield "first rst", stream["first_rst_by"], by(tcp["first_rst"])
    yield "reply", reply_of_truth(stream), flow["tls"]["server_reply"]
    yield "alerts", alerts_of_truth(stream), alerts_of_flow(flow)


def argued():
    """(file, stream, field) of every row of docs/truth.md; a range of streams is one row."""
    known = set()
    path = SOURCE / "docs" / "truth.md"
    if not path.exists():
        return known
    row = re.compile(r"^\| `([^`]+)` \| ([0-9, –-]+) \| ([a-z, ]+) \|", re.M)
    for file, streams, fields in row.findall(path.read_text(encoding="utf-8")):
        for field in fields.split(","):
            known |= {(file, stream, field.strip()) for stream in stream_numbers(streams)}
    return known


def stream_numbers(text):
    numbers = set()
    for part in text.replace("–", "-").split(","):
        first, _, last = part.strip().partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def load_truth(captures, wanted):
    streams = collections.defaultdict(list)
    with open(captures / "truth.ndjson", encoding="utf-8") as lines:
        for stream in map(json.loads, lines):
            if not stream.get("client_hellos") or (wanted and stream["file"] not in wanted):
                continue
            if stream["client_hellos"][0]["form"] != "embedded":
                streams[stream["file"]].append(stream)
    return streams


def stale_rows(known, disagreements):
    """What docs/truth.md argues though nothing is left to argue; a row of several streams may name
    a field that only one of them disputes."""
    disputed = {(file, stream, field) for file, stream, field, *_ in disagreements}
    for what, left in (("stream", {(file, stream) for file, stream, _ in disputed}),
                       ("field", {(file, field) for file, _, field in disputed})):
        for file, stream, field in known:
            if (file, stream if what == "stream" else field) not in left:
                yield "docs/truth.md argues about %s stream %d, %s: they agree" % (
                    file, stream, field)


class Agreement:
    def __init__(self):
        self.same, self.compared = collections.Counter(), collections.Counter()
        self.disagreements = []

    def compare(self, field, stream, truth, program):
        self.compared[field] += 1
        if truth == program:
            self.same[field] += 1
        else:
            self.disagreements.append((stream["file"], stream["stream"], field, truth, program))

    def table(self):
        for field, compared in self.compared.items():
            yield field, self.same[field], compared, self.same[field] / compared


def accused(flow):
    verdict = flow["verdict"]
    return verdict["actor"] == "middlebox" and verdict["confidence"] in ("strong", "proven")


def complaints_about_forgeries(captures, judged, streams):
    """What the known forgeries do not show, and who is accused without one."""
    rows = list(csv.DictReader(open(captures / "tampering.tsv", encoding="utf-8"), delimiter="\t"))
    files = {row["file"] for row in rows}
    found = 0
    for row in rows:
        wanted = next((facts for name, facts in FORGERY_FACTS.items()
                       if row["file"].startswith(name)), None)
        if wanted is None:
            continue
        numbers = stream_numbers(row["streams"])
        for stream in streams.get(row["file"], []):
            flow = stream["stream"] in numbers and find_flow(stream, judged[row["file"]])
            if not flow:
                continue
            missing = wanted - {fact["id"] for fact in flow["facts"]}
            found += not missing
            if missing:
                yield "%s stream %d: the forgery does not show: no %s" % (
                    row["file"], stream["stream"], ", ".join(sorted(missing)))
    for file, flows in judged.items():
        for flow in filter(accused, flows):
            if file not in files:
                yield "%s flow %d is called %s (%s), a capture nobody tampered with" % (
                    file, flow["flow"]["index"], flow["verdict"]["code"],
                    flow["verdict"]["confidence"])
    print("%d streams with a known forgery show it" % found)


def complaints_about_time_stamps(judged):
    for file in WRONG_TIME_STAMPS:
        codes = [flow["verdict"]["code"] for flow in judged.get(file, [])]
        if file in judged and codes != ["nobody.none.established"]:
            yield "%s: a wrong time stamp makes one completed handshake %s" % (file, codes)


def main(arguments):
    verbose = "-v" in arguments
    wanted = set(arguments) - {"-v"}
    captures = pathlib.Path(SHARED) / "captures" / "public"
    if not pathlib.Path(PROGRAM).exists():
        skip("%s, the program, is not built" % PROGRAM)
    if not captures.is_dir():
        skip("no captures in %s" % captures)

    streams = load_truth(captures, wanted)
    every = sorted({p.relative_to(captures).as_posix() for p in captures.glob("*/*")
                    if p.is_file()})
    judged, agreement = {}, Agreement()
    for file in every:
        if wanted and file not in wanted:
            continue
        ran = run("read", "--json", "-q", captures / file)
        if ran.status not in (0, 1, 3, 4):
            print("%s: exit status %d %s" % (file, ran.status, ran.err.strip()))
            return 1
        judged[file] = ran.flows
        for stream in streams.get(file, []):
            flow = find_flow(stream, judged[file])
            agreement.compare("judged", stream, True, flow is not None)
            for view in views(stream, flow) if flow else ():
                agreement.compare(view[0], stream, *view[1:])

    failed = False
    for field, same, compared, share in agreement.table():
        low = share < THRESHOLD
        failed |= low
        print("%-12s %5d of %5d  %6.2f %%%s" % (field, same, compared, 100 * share,
                                                "  below 98 %" if low else ""))
    known = argued()
    for file, stream, field, truth, said in agreement.disagreements:
        new = (file, stream, field) not in known
        failed |= new
        if new or verbose:
            print("%s stream %d: %s: truth %s, program %s%s" % (
                file, stream, field, truth, said, " (not argued in docs/truth.md)" if new else ""))
    for text in () if wanted else stale_rows(known, agreement.disagreements):
        failed = True
        print(text)
    same, compared = sum(agreement.same.values()), sum(agreement.compared.values())
    print("overall      %5d of %5d  %6.2f %%" % (same, compared, 100 * same / max(compared, 1)))
    complaints = (*complaints_about_forgeries(captures, judged, streams), *complaints_about_time_stamps(judged))
    for text in complaints:
        failed = True
        print(text)
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
