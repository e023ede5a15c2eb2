"""What a shell is told when a person presses <TAB>.

The scripts hand over the line up to the cursor. We find the word that is being typed by ourselves, because
bash breaks words at ``=``, ``@`` and ``:`` and each shell does it differently, and answer with one candidate
a line: what to insert, and behind a tab what it is. A failure must never disturb typing, so it says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from agilml.errors import Exit

LINE = "_AGIL_LINE"
"""The line up to the cursor, set by the scripts."""

BREAKS = "_AGIL_BREAKS"
"""Characters at which bash has begun a new word (its COMP_WORDBREAKS), set by its script."""


class Candidate(NamedTuple):
    """A word that could stand where the cursor is, and what it means."""

    word: str
    help: str = ""


def complete(shell: str) -> int:
    """Print the candidates for the line that the shell has put into the environment."""
    try:
        words, current = split_line(os.environ.get(LINE, ""))
        found = [one for one in _candidates(words, current) if one.word.startswith(current)]
        print_candidates(shell, found, current, os.environ.get(BREAKS, ""))
    except Exception:  # noqa: BLE001  a person who types must not be shown a traceback
        return Exit.FAILED
    return Exit.DONE


def split_line(line: str) -> tuple[list[str], str]:
    """Return the complete words behind the command's name, and the word that is being typed."""
    words, current, quote, escape = [], "", "", False
    for char in line:
        if escape:
            current, escape = current + char, False
        elif char == "\\" and quote != "'":
            escape = True
        elif quote:
            current, quote = (current, "") if char == quote else (current + char, quote)
        elif char in "'\"":
            quote = char
        elif char.isspace():
            if current:
                words.append(current)
            current = ""
        else:
            current += char
    return words[1:], current


def print_candidates(shell: str, found: Iterable[Candidate], current: str, breaks: str) -> None:
    """Print one candidate a line, in the form that the shell's script expects."""
    seen = set()
    for word, text in found:
        if word in seen or any(not char.isprintable() for char in word + text):
            continue
        seen.add(word)
        if shell == "bash":
            # Bash replaces only what stands behind its last word break.
            kept = max((current.rfind(char) for char in breaks if not char.isspace()), default=-1)
            print(word[kept + 1 :])
        else:
            print(f"{word}\t{text}" if text else word)


def _candidates(words: list[str], current: str) -> list[Candidate]:
    from agilml.cli import completion_words as known
    from agilml.cli.globals import Globals

    options = Globals()
    words = options.take_from(words)
    options.enter_project()
    if not words:
        return known.options("") if current.startswith("-") else known.verbs()
    verb, *typed = words
    if current.startswith("-"):
        return known.options(verb)
    return known.arguments(verb, typed, current)
