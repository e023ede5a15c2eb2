"""Screens and reports as files: compared byte for byte, written anew with UPDATE_GOLDEN=1."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


def same_as_file(name: str, text: str) -> None:
    """Fail unless ``text`` is what the golden file ``name`` holds."""
    path = FOLDER / name
    if UPDATE:
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), (
        f"{name} differs; UPDATE_GOLDEN=1 pytest … writes it anew"
    )
