"""A TCP server that hangs up in one exact way, for the ways no packaged server does on demand.

usage: hangup_server.py ADDRESS PORT MOOD [DELAY_MS]. The moods are the functions below; each gets the
accepted connection and the delay in seconds. Everything here ends with the process.
"""

import os
import signal
import socket
import struct
import sys
import time

ALERT = {"handshake_failure": 40, "internal_error": 80, "unrecognized_name": 112}


def close_at_accept(connection, delay):
    """Close before reading anything (L4); a hello that comes later meets a closed socket."""
    time.sleep(delay)
    connection.close()


def close_unread(connection, delay):
    """Wait for the hello, close without reading it: the kernel resets (L1)."""
    wait_for_data(connection)
    time.sleep(delay)
    connection.close()


def read_part_close(connection, delay):
    """Read 100 bytes, close with the rest unread (L1)."""
    connection.recv(100)
    time.sleep(delay)
    connection.close()


def read_close(connection, delay):
    """Read everything, close (L5)."""
    connection.recv(65536)
    time.sleep(delay)
    connection.close()


def read_linger0(connection, delay):
    """Read everything, abort (L2)."""
    connection.recv(65536)
    time.sleep(delay)
    linger0(connection)
    connection.close()


def accept_linger0(connection, delay):
    """Abort at accept (L3)."""
    time.sleep(delay)
    linger0(connection)
    connection.close()


def kill_unread(connection, delay):
    """Be killed with the hello unread (L1)."""
    wait_for_data(connection)
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)


def kill_read(connection, delay):
    """Be killed after reading the hello (L6)."""
    connection.recv(65536)
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)


def alert_close(connection, delay):
    """Read, send a fatal alert, close (L7)."""
    connection.recv(65536)
    time.sleep(delay)
    connection.sendall(alert(2, 40))
    connection.close()


def internal_error(connection, delay):
    """Read, say internal_error, close."""
    connection.recv(65536)
    connection.sendall(alert(2, 80))
    connection.close()


def alert_unread(connection, delay):
    """Send a fatal alert with bytes unread, close: alert, then reset (L8)."""
    connection.recv(100)
    time.sleep(delay)
    connection.sendall(alert(2, 40))
    connection.close()


def warning_close(connection, delay):
    """A warning that the name is not known, then a close: clients print only the close."""
    connection.recv(65536)
    connection.sendall(alert(1, 112))
    connection.close()


def close_notify(connection, delay):
    """Read, say close_notify, close."""
    connection.recv(65536)
    connection.sendall(alert(1, 0))
    connection.close()


def partial_hello_close(connection, delay):
    """Send the first 60 bytes of a ServerHello, close."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + os.urandom(49))
    time.sleep(delay)
    connection.close()


def partial_hello_linger0(connection, delay):
    """Send the first 60 bytes of a ServerHello, abort."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + os.urandom(49))
    time.sleep(delay)
    linger0(connection)
    connection.close()


def banner_unread(connection, delay):
    """Greet in plaintext at once, close when the hello has come and is unread."""
    connection.sendall(b"220 lab.test ESMTP\r\n")
    wait_for_data(connection)
    connection.close()


def mute(connection, delay):
    """Read everything, never answer."""
    while connection.recv(65536):
        pass


def never_accept(connection, delay):
    """Listen with a backlog of 0 and never accept (L14); main() sees to it."""


def half_close(connection, delay):
    """Close the sending half at accept and keep reading, as the note this project began with describes."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def read_once(connection, delay):
    """Read once and take that for the whole hello (tldr.fail): abort if it is not."""
    data = connection.recv(65536)
    if len(data) < 5 + int.from_bytes(data[3:5], "big"):
        linger0(connection)
        connection.close()
        return
    connection.sendall(alert(2, 40))
    connection.close()


def alert(level, description):
    return bytes([21, 3, 3, 0, 2, level, description])


def linger0(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wait_for_data(connection):
    connection.recv(1, socket.MSG_PEEK)


def main():
    address, port, mood = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    delay = float(sys.argv[4]) / 1000 if len(sys.argv) > 4 else 0.0
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM) if ":" in address else socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0 if mood == "never_accept" else 16)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while mood == "never_accept":
        time.sleep(60)
    while True:
        connection, _ = listener.accept()
        if mood.startswith("kill"):
            globals()[mood](connection, delay)
        elif os.fork() == 0:
            listener.close()
            try:
                globals()[mood](connection, delay)
            except OSError:
                pass
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    main()
