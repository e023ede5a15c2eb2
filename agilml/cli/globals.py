"""What is said to ``agil`` itself rather than to one verb: ``--debug`` and ``--project``."""

from __future__ import annotations

import os
from collections.abc import Sequence

from agilml.errors import UsageError
from agilml.text import safe_text

PROJECT = "AGIL_PROJECT"
"""Environment variable that names a project's folder, as ``--project`` does."""


class Globals:
    """Options that every verb takes, wherever on the line they stand."""

    def __init__(self) -> None:
        self.debug = False
        self.project: str | None = None

    def take_from(self, words: Sequence[str]) -> list[str]:
        """Keep ``--debug`` and ``--project DIR`` for ourselves; return the other words.

        Raises:
            UsageError: ``--project`` without a folder.
        """
        left: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                return [*left, word, *rest]
            if word == "--debug":
                self.debug = True
            elif word == "--project":
                self.project = next(rest, "")
            elif word.startswith("--project="):
                self.project = word.partition("=")[2]
            else:
                left.append(word)
        if self.project == "":
            raise UsageError("--project wants a folder", next="agil --project FOLDER runs")
        return left

    def enter_project(self) -> None:
        """Go to the folder that ``--project``, or else AGIL_PROJECT, names.

        Raises:
            UsageError: it is not a folder.
        """
        folder = self.project or os.environ.get(PROJECT)
        if not folder:
            return
        try:
            os.chdir(folder)
        except OSError as error:
            raise UsageError(
                f"the project {safe_text(folder)} cannot be entered: {error.strerror}",
                next="agil init FOLDER makes one",
            ) from error
