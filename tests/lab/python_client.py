"""Python's own TLS client: usage: python_client.py ADDRESS PORT NAME"""

import socket
import ssl
import sys
import traceback

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    with socket.create_connection((address, port), timeout=4) as plain:
        with context.wrap_socket(plain, server_hostname=name) as secure:
            print("handshake finished:", secure.version())
except OSError as error:
    print(traceback.format_exception_only(error)[-1].strip())  # as Python itself would end
