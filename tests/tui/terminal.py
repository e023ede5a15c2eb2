"""A terminal small enough to be read: what a person would see after the bytes that a program wrote."""

from __future__ import annotations

import re

from agilml.report.table import width_of

_SEQUENCE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])")


class Terminal:
    """Lines with a cursor; knows the sequences that we write, and fails on any other.

    A line that is wider than the terminal was made is wrapped, as most terminals do.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.lines = [""]
        self.row = 0
        self.column = 0
        self._cursor = True
        self._wraps = True
        self._alternate = False
        self._other: tuple[list[str], int] | None = None

    @property
    def text(self) -> list[str]:
        """Every line, those that were scrolled off the screen first."""
        return [line.rstrip() for line in self.lines]

    def shows_cursor(self) -> bool:
        """Whether a person sees where the cursor is."""
        return self._cursor

    def wraps_lines(self) -> bool:
        """Whether what does not fit a line goes on in the next."""
        return self._wraps

    def shows_other_screen(self) -> bool:
        """Whether the screen without a scrollback is shown."""
        return self._alternate

    def feed(self, data: str) -> None:
        """Show ``data``."""
        at = 0
        while at < len(data):
            found = _SEQUENCE.match(data, at)
            if found:
                self._obey(*found.groups())
                at = found.end()
                continue
            self._put(data[at])
            at += 1

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size, and wrap what is too wide for it."""
        wrapped: list[str] = []
        for number, line in enumerate(self.lines):
            if number == self.row:
                self.row = len(wrapped) + max(0, self.column - 1) // width
            parts = [line[i : i + width] for i in range(0, len(line), width)] or [""]
            wrapped += parts
        self.lines, self.width, self.height = wrapped, width, height
        self.column = min(self.column, width - 1)

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            assert char.isprintable(), f"{char!r} reached the terminal"
            self._print(char)

    def _print(self, char: str) -> None:
        size = width_of(char)
        if self.column + size > self.width:
            assert not self._wraps, "a line was wrapped"
            self.column = self.width - size
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
        self.column += 1

    def _obey(self, private: str, number: str, letter: str) -> None:
        if private:
            self._set(number, on=letter == "h")
        elif letter == "A":
            # The cursor stops at the first line of the screen, not at the first line ever.
            self.row = max(self.row - int(number), len(self.lines) - self.height, 0)
        elif (number, letter) == ("2", "K"):
            self.lines[self.row] = ""
        elif (number, letter) == ("", "J"):
            self.lines = [*self.lines[: self.row], self.lines[self.row][: self.column]]
        elif (number, letter) == ("", "H"):
            self.lines, self.row, self.column = [""], 0, 0
        else:
            assert letter == "m", f"unknown sequence {number}{letter}"

    def _set(self, number: str, *, on: bool) -> None:
        if number == "25":
            self._cursor = on
        elif number == "7":
            self._wraps = on
        else:
            assert number == "1049", f"unknown mode {number}"
            self._alternate = on
            if on:
                self._other = self.lines, self.row
                self.lines, self.row = [""], 0
            else:
                assert self._other is not None
                self.lines, self.row = self._other
            self.column = 0
