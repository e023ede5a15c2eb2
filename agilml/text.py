"""Text from outside, made safe for a terminal, a table, Markdown or a file."""

from __future__ import annotations

import math
import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe_text(text: object, width: int = 200) -> str:
    r"""Return ``text`` on one line with every control, format and surrogate character spelled out.

    Escape sequences, bidirectional marks and NUL become visible (``\x1b``), so nothing that a metric
    name, a log line or a branch name contains can move a cursor or rewrite a screen. At most ``width``
    characters are returned; a cut is marked with ``…``.
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw if len(raw) <= width else raw[: width - 1] + "…"
    out: list[str] = []
    size = 0
    for char in unicodedata.normalize("NFC", raw[: 4 * width]):
        kind = unicodedata.category(char)
        shown = _spell(char) if kind in _HIDDEN else " " if kind == "Zs" else char
        size += len(shown)
        if size > width:
            return "".join(out)[: width - 1] + "…"
        out.append(shown)
    return "".join(out)


def _spell(char: str) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    if named:
        return named
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def clock(seconds: float | None) -> str:
    """Return a duration the way people say it: ``0.4s``, ``58s``, ``24m35``, ``3h07``."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}"


def plural(n: int, noun: str) -> str:
    """Return ``1 trial`` or ``3 trials``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def number(value: float | int | None) -> str:
    """Return a metric value in at most ten characters, with four significant digits at least."""
    if value is None:
        return "-"
    if isinstance(value, bool | int):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size != 0 and (size < 1e-3 or size >= 1e6):
        return f"{value:.3e}"
    return f"{value:.4f}" if size < 100 else f"{value:.1f}"
