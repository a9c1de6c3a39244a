"""What truly happens on the wire in each mood of hanging_up.py and tests/lab/hangup_server.py: the first event that ends it."""

# Where a server closes at accept, the hello on loopback may be first. Behind the handshake a verdict is about it:
# completed, unless the end came with its last packets.
AFTER = ["none.established", "fin.established", "rst.established"]
DONE = {"done_fin": AFTER, "done_linger0": AFTER, "done_request_fin": AFTER, "done_request_linger0": AFTER}
EVENTS = {
    "refused": ["rst.syn"],
    "close_at_accept": ["fin.accepted", "fin.client_hello"],
    "accept_linger0": ["rst.accepted", "rst.client_hello"],
    "half_close": ["fin.accepted", "fin.client_hello"],
    "read_close": ["fin.client_hello"],
    "read_linger0": ["rst.client_hello"],
    "close_unread": ["rst.client_hello"],
    "alert_close": ["alert.client_hello"],
    "internal_error": ["alert.client_hello"],
    "alert_unread": ["alert.client_hello"],
    "warning_close": ["fin.client_hello"],
    "close_notify": ["fin.client_hello"],
    "partial_hello_close": ["fin.server_hello"],
    "partial_hello_linger0": ["rst.server_hello", "fin.server_hello"],
    "banner_unread": ["plaintext.accepted", "plaintext.client_hello"],
    "mute": ["silence.client_hello"],
    **DONE,
}
