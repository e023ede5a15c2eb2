from __future__ import annotations

import io

from rich.console import Console

from agilml.tui.layout import Line
from agilml.tui.region import Region
from tests.tui.terminal import Terminal


class Screen:
    """A region on a terminal; what is drawn is seen."""

    def __init__(self, width: int = 40, height: int = 10, *, alternate: bool = False) -> None:
        self._file = io.StringIO()
        self._console = Console(
            file=self._file, force_terminal=True, width=width, height=height, color_system="256"
        )
        self.terminal = Terminal(width, height)
        self.region = Region(self._console, alternate=alternate)

    def draw(self, *lines: str) -> list[str]:
        self.region.draw(styled(lines))
        return self._see()

    def close(self, *lines: str) -> list[str]:
        self.region.close(styled(lines))
        return self._see()

    def say(self, text: str) -> None:
        self.terminal.feed(text)

    def resize(self, width: int, height: int) -> None:
        self._console.size = (width, height)
        self.terminal.resize(width, height)

    def _see(self) -> list[str]:
        self.terminal.feed(self._file.getvalue())
        self._file.seek(0)
        self._file.truncate()
        return self.terminal.text


def styled(lines: tuple[str, ...]) -> list[Line]:
    return [[(line[:3], "bold red"), (line[3:], "")] for line in lines]


def test_a_drawing_takes_the_place_of_the_one_before() -> None:
    screen = Screen()
    screen.say("$ agil sweep\r\n")
    assert screen.draw("one", "two", "three") == ["$ agil sweep", "one", "two", "three"]
    assert screen.draw("four", "five") == ["$ agil sweep", "four", "five"]
    assert screen.draw("a", "b", "c", "d") == ["$ agil sweep", "a", "b", "c", "d"]


def test_the_last_drawing_stays_above_what_follows() -> None:
    screen = Screen()
    screen.draw("one", "two")
    assert not screen.terminal.shows_cursor()
    screen.close("last")
    screen.say("$ ")
    assert screen.terminal.text == ["last", "$"]
    assert screen.terminal.shows_cursor()
    assert screen.terminal.wraps_lines()


def test_closing_without_a_drawing_shows_the_last_one_all_the_same() -> None:
    assert Screen().close("last") == ["last", ""]


def test_a_narrower_terminal_leaves_nothing_behind() -> None:
    screen = Screen(40, 20)
    screen.say("$ agil sweep\r\n")
    screen.draw("a" * 40, "b" * 39, "c" * 10)
    screen.resize(25, 20)
    assert screen.terminal.text[1] == "a" * 25
    assert screen.draw("d" * 25, "e") == ["$ agil sweep", "d" * 25, "e"]


def test_a_wider_terminal_leaves_nothing_behind() -> None:
    screen = Screen(25, 20)
    screen.draw("a" * 25, "b")
    screen.resize(60, 20)
    assert screen.draw("c" * 60, "d") == ["c" * 60, "d"]


def test_the_other_screen_keeps_this_one_as_it_was() -> None:
    screen = Screen(alternate=True)
    screen.say("$ agil watch\r\n")
    assert screen.draw("one", "two") == ["one", "two"]
    assert screen.terminal.shows_other_screen()
    assert screen.close("last") == ["$ agil watch", "last", ""]
    assert not screen.terminal.shows_other_screen()


def test_a_character_wider_than_it_is_counted_wraps_nothing() -> None:
    screen = Screen(10)
    screen.terminal.width = 9
    assert len(screen.draw("x" * 10, "two")) == 2
