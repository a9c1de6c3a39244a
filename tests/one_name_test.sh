#!/bin/sh
# One name, one type: two structs of one name in one namespace link without a word and crash at run time.
set -eu
cd "${WHOHUNGUP_SOURCE:-$(dirname "$0")/..}"
twice=$(for header in analyze/*.h capture/*.h cli/*.h cli/report/*.h dissect/*.h; do
  space=$(sed -n 's/^namespace \(whohungup[a-z:]*\) {.*/\1/p' "$header" | tail -1)
  sed -nE "s/^(struct|class|enum class) ([A-Za-z]+)( final)?( : .*)? \{.*/$space::\2/p" "$header"
done | sort | uniq -d)
if [ -n "$twice" ]; then
  echo "defined in two headers: $twice"
  exit 1
fi
echo "every type has a name of its own"
