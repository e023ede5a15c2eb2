from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SKIPPED = {".git", "node_modules", "build", "dist"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def files(*suffixes: str) -> list[Path]:
    """Return the files of the checkout, without what Git ignores where there is a Git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    paths = [ROOT / line for line in listed] or list(ROOT.rglob("*"))
    return sorted(
        path
        for path in paths
        if path.suffix in suffixes
        and path.is_file()
        and not any(part in SKIPPED or part.startswith(".venv") for part in path.parts)
    )


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown reader makes of the headings."""
    plain = (re.sub(r"[`*]|\b_|_\b|\[|\]\([^)]*\)", "", title) for title in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in plain}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere inside the checkout."""
    text = FENCE.sub("", page.read_text())
    broken = []
    for match in LINK.finditer(text):
        target = match.group(1) or match.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists() or (
            anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text())
        ):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", files(".md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert not broken_links(page)


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A `heading`, here\n")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#a-heading-here) [b](there.md#no) [c](gone.md) [d](https://e.org)")
    assert broken_links(page) == ["there.md#no", "gone.md"]


def test_every_page_of_docs_is_reachable_from_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {str(p.relative_to(ROOT / "docs")) for p in files(".md") if ROOT / "docs" in p.parents}
    assert not {page for page in pages - {"README.md"} if f"({page})" not in index}


def test_no_work_is_left_as_a_mark_in_the_code() -> None:
    mark = re.compile(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    offences = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files(".py", ".yaml", ".toml")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if mark.search(line)
    ]
    assert not offences
