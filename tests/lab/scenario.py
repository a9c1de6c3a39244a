"""Scenario files, and the same scenarios with the project's own probe in the client's place."""

import os
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
# What some scenarios are about and a probe never does: waiting before its hello, leaving early, coming back.
NOT_A_PROBES_WAY = {"wait_ms", "end", "end_after_ms", "hello", "repeat", "source_port", "say_first", "scheme"}
OPENSSL_WORDS = {("-tls1_2",): ["--tls", "1.2"], ("-tls1_3",): ["--tls", "1.3"], (): [],
                 ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"):
                     ["--tls", "1.2", "--ciphers", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]}


def load(name, by_probe=False):
    """The scenario's tables; with `by_probe` the client is our probe, and `unfit` says why it cannot be."""
    with open(path_of(name), "rb") as file:
        scenario = tomllib.load(file)
    return replace_client(scenario) if by_probe else scenario


def path_of(name):
    """The scenario's file: in scenarios/, or in causes/ where it is made for `diagnose` alone, or the path that is given."""
    if name.endswith(".toml"):
        return name
    path = f"{HERE}/scenarios/{name}.toml"
    return path if os.path.exists(path) else f"{HERE}/causes/{name}.toml"


def replace_client(scenario):
    client = scenario.get("client", {})
    if client.get("kind") == "probe":
        return scenario
    not_ours = NOT_A_PROBES_WAY & set(client)
    words = OPENSSL_WORDS.get(tuple(client.get("args", [])))
    if scenario["truth"] == "client" or not_ours or words is None:
        why = ", ".join(sorted(not_ours)) or "what its client says"
        return {**scenario, "unfit": f"it is about its client: {why}"}
    if client.get("size"):
        words = [*words, "--hello-size", str(client["size"])]
    if client.get("pieces"):
        words = [*words, "--split", str(client["pieces"][0]), "--pause", str(client.get("piece_gap_ms", 30))]
    if client.get("record_limit"):
        words = [*words, "--record-split", str(client["record_limit"])]
    if client.get("versions"):
        words = [*words, "--tls", client["versions"][0]]
    kept = {name: client[name] for name in ("port", "sni", "starttls", "family") if name in client}
    return {**scenario, "client": {"kind": "probe", "timeout": 6, "args": [*words, "--timeout", "4"], **kept}}
