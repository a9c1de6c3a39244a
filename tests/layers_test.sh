#!/usr/bin/env bash
# Holds the doors between the rooms (DESIGN): who may include whom, and that the middle rooms have
# no windows: no sockets, files, clocks, threads or globals that change, no exceptions.
set -uo pipefail
cd "${WHOHUNGUP_SOURCE:-$(dirname "$0")/..}" || exit 1
broken=0

complain() {
  [ -z "$2" ] && return
  printf '%s\n%s\n' "$1" "$2"
  broken=1
}

# Lines of a room's sources that match $2 and not $3.
lines_of() { grep -rnE "$2" "$1" --include='*.h' --include='*.cpp' | grep -vE "${3:-^$}"; }

own_includes() { lines_of "$1" '^#include "' "#include \"($2)"; }

complain "capture/ may include only its own headers:" "$(own_includes capture 'capture/')"
complain "dissect/ may include only its own headers and capture/packet.h:" \
  "$(own_includes dissect 'dissect/|capture/packet\.h"')"
complain "analyze/ may include only its own headers, dissect/ and capture/packet.h:" \
  "$(own_includes analyze 'analyze/|dissect/|capture/packet\.h"')"
complain "cli/ may include the four rooms:" "$(own_includes cli 'capture/|dissect/|analyze/|cli/')"

# tls_certificate.cpp turns a calendar date into seconds (<ctime>) and lets OpenSSL print into
# memory (<openssl/bio.h>); neither looks outside.
windows='<(sys/|net/|netinet/|arpa/|unistd|fcntl|poll|fstream|iostream|filesystem|cstdio|stdio|thread|mutex|atomic|future|condition_variable|ctime|time|pcap|tins|openssl/ssl|openssl/bio\.h)'
for room in dissect analyze; do
  complain "$room/ has no windows:" "$(lines_of $room "^#include $windows" 'dissect/tls_certificate\.cpp:.*<(openssl/bio\.h|ctime)>')"
  complain "$room/ asks no clock:" "$(lines_of $room '::now\(|std::time\(|gettimeofday|clock_gettime')"
  complain "$room/ neither throws nor catches:" "$(lines_of $room '^[^"/]*\b(throw|catch|try)\b[^"]*[;({]')"
  complain "$room/ keeps no state between calls:" \
    "$(lines_of $room '^[[:space:]]*(static|thread_local) [^(]*(=|\{|;)' 'static (inline )?const(expr|init)?\b')"
done
complain "analyze/ needs no cryptography:" "$(lines_of analyze '^#include <openssl')"
complain "only capture/ and cli/ may throw CaptureError:" \
  "$(grep -rln 'throw CaptureError' --include='*.cpp' dissect analyze 2>/dev/null)"
# judge_pool.cpp catches in a thread only to hand the failure on to main().
complain "only main.cpp catches:" "$(lines_of cli '\bcatch \(' '^cli/(main|judge_pool)\.cpp:')"

[ $broken -eq 0 ] && echo "the rooms keep their doors"
exit $broken
