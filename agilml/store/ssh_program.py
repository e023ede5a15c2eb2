"""The far side of an ssh remote: a POSIX shell program, sent whole with every connection.

It needs sh, coreutils and find. It is one constant text: names reach it as encoded words on its
standard input, are decoded inside quotes and stand behind ``./``, so no shell ever reads them as code.
It keeps the layout of :mod:`agilml.store.file`, so the same folder can be reached both ways.

A conversation: the client says ``TOKEN =FOLDER`` and hears ``agil TOKEN ok``. Then, again and again, it
sends one line (and for ``put`` the body) and gets one line: ``ok BYTES …`` with that many bytes behind
it, or ``no REASON …``. A listing is ``ok *`` with records that end in NUL, the last one ``end``.
"""

from __future__ import annotations

from agilml.store.file import PARTIAL
from agilml.store.keys import OWN
from agilml.store.sums import BLOBS, FOLDER, OLD_SECONDS

_PROGRAM = r"""
export LC_ALL=C; set -f; IFS=" "
text() { printf %b "${1#=}"; }
no() { echo "no $*"; }
parent() { case $1 in */*) echo "${1%/*}";; *) echo .;; esac; }
inside() { [ "$1" = . ] || [ "$(realpath -m -- "$here/$1")" = "$here/$1" ]; }
mark() { m=$(printf %s "$1" | sha256sum); m=${m%% *}; s=@SUMS@/${m%"${m#??}"}; }
sums() {
  case $1 in @BLOBS@*) echo "${1##*/}"; return;; esac
  mark "$1"; set +f; set -- "$s/$m"-*; set -f
  if [ ! -e "$1" ]; then echo -; return; fi
  for one in "$@"; do printf %s, "${one##*-}"; done; echo
}
announce() {
  case $1 in @BLOBS@*/"$2") return 0;; esac
  mark "$1"; mkdir -p -- "$s" && touch -- "$s/$m-$2" && flush "$s"
}
settle() {
  case $1 in @BLOBS@*/"$2") return 0;; esac
  mark "$1"; [ -e "$s/$m-$2" ] || announce "$1" "$2"
  find "$s" -name "$m-*" ! -name "*-$2" -mmin +@OLD@ -exec rm -f -- {} +
}
forget() { mark "$1"; set +f; rm -f -- "$s/$m"-*; set -f; }
flush() { sync -- "$1" 2>&- || sync; }
put() {
  f=$(text "$2"); p=$(parent "$f")
  mkdir -p @PARTIAL@ && t=$(mktemp @PARTIAL@/XXXXXXXXXXXXXXXX) || { no io; exit; }
  head -c "$3" > "$t" || { rm -f -- "$t"; no io; exit; }
  place "$1" "$4"
  rm -f -- "$t"
}
place() {
  set -- "$1" "$2" $(sha256sum < "$t")
  if [ "$2" != "$3" ]; then no cut
  elif ! inside "$p"; then no link
  elif [ -d "./$f" ]; then no folder
  elif [ "$1" = new ] && { [ -e "./$f" ] || [ -L "./$f" ]; }; then no exists
  elif ! mkdir -p -- "./$p"; then if [ -e "./$p" ]; then no folder; else no io; fi
  elif ! { chmod "$mode" "$t" && flush "$t" && announce "$f" "$2"; }; then no io
  elif [ "$1" = new ] && ! ln -T -- "$t" "./$f"; then
    if [ -e "./$f" ] || [ -L "./$f" ]; then no exists; else no links; fi
  elif [ "$1" = over ] && ! mv -fT -- "$t" "./$f"; then no io
  else
    flush "./$p"; settle "$f" "$2"
    echo "ok 0"
  fi
}
found() { inside "$(parent "$1")" && [ -f "./$1" ] && [ ! -L "./$1" ]; }
get() {
  f=$(text "$1")
  if found "$f"; then { send "$2" "$3"; } 3< "./$f" || no io; else no missing; fi
}
send() {
  set -- "$1" "$2" $(stat -c "%s %.9Y %i" - <&3)
  n=$(($3 - $1))
  if [ "$n" -lt 0 ]; then n=0; fi
  if [ "$2" != - ] && [ "$2" -lt "$n" ]; then n=$2; fi
  echo "ok $n $3 $4 $5 $(sums "$f")"
  if [ "$n" -gt 0 ]; then tail -c +$(($1 + 1)) <&3 | head -c "$n"; fi
  return 0
}
tell() {
  f=$(text "$1")
  if found "$f"; then echo "ok 0 $(stat -c "%s %.9Y %i" -- "./$f") $(sums "$f")"
  else no missing; fi
}
list() {
  f=$(text "$1")
  echo "ok *"
  if inside "$f" && [ -d "./$f" ]; then
    find "./$f" -path "././@OWN@" -prune -o -type f -exec stat --printf="%s %.9Y %i %n\0" -- {} +
  fi 2>&-
  printf "end\0"
}
drop() {
  f=$(text "$1")
  if [ -d "./$f" ] && [ ! -L "./$f" ]; then echo "ok 0"
  elif ! inside "$(parent "$f")"; then no link
  elif rm -f -- "./$f"; then forget "$f"; flush .; echo "ok 0"
  else no io; fi
}
read -r token root
echo
cd -P -- "$(text "$root")" || { echo "agil $token no"; exit; }
here=$(pwd -P)
mode=$(stat -c %a .)
umask $(printf %o $((0777 & ~0$mode)))
mode=$(printf %o $((0$mode & 0666)))
if [ -d @PARTIAL@ ]; then find @PARTIAL@ -type f -mtime +0 -exec rm -f -- {} + ; fi
echo "agil $token ok"
while read -r verb one two three four; do
  case $verb in
    put) put "$one" "$two" "$three" "$four";;
    get) get "$one" "$two" "$three";;
    tell) tell "$one";;
    list) list "$one";;
    drop) drop "$one";;
    *) exit;;
  esac
done
"""

PROGRAM = (
    _PROGRAM.replace("@PARTIAL@", PARTIAL)
    .replace("@SUMS@", FOLDER)
    .replace("@BLOBS@", BLOBS)
    .replace("@OWN@", OWN)
    .replace("@OLD@", str(OLD_SECONDS // 60))
    .strip()
)

COMMAND = f"exec sh -c '{PROGRAM}'"
"""What ssh hands to the login shell: a constant without a quote in it."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-")


def word(text: str) -> str:
    """Return ``text`` as one word of the conversation: plain ASCII without blanks.

    This is the only place where a name is written for the far side. Every byte but letters, digits
    and ``._/-`` is spelled as an octal escape of ``printf %b`` (POSIX).
    """
    return "=" + "".join(
        chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in text.encode()
    )
