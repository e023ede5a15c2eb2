"""Write the lock: exact versions with hashes, for plain pip, on every platform that we support.

    make lock                    take the newest versions that pyproject.toml allows
    make lock KEEP=1             keep what is locked; change only what pyproject.toml changed

uv resolves for all platforms and Python versions at once, and downloads only metadata, least of
all CUDA. torch stands in a file of its own, because a CPU build may take its place.
requirements/README.md says how the files are used.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent / "pyproject.toml"

BUILD_TOOLS = ("editables", "hatchling", "pip", "setuptools")
"""What builds the project and the one dependency that has no wheel (antlr4-python3-runtime)."""


def resolve(uv: str, source: Path, *options: str, keep: str = "") -> dict[str, str]:
    """Return ``{requirement line: hash lines}`` for everything that ``source`` needs.

    Versions in ``keep``, the text of an older lock, are taken again where they still fit.
    """
    quiet = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    with tempfile.NamedTemporaryFile("w+", suffix=".txt") as output:
        output.write(keep)
        output.flush()
        command = [uv, "pip", "compile", str(source), f"--output-file={output.name}", *options]
        subprocess.run([*command, "--universal", "--python-version=3.11", *quiet], check=True)
        text = Path(output.name).read_text()
    blocks = re.findall(r"^(\S.*?)((?: \\\n    --hash=\S+)+)$", text, flags=re.MULTILINE)
    if len(blocks) != len(re.findall(r"^\S", text, flags=re.MULTILINE)):
        sys.exit("error: a requirement came without hashes\n kept: the old lock")
    return {shorten(requirement): hashes for requirement, hashes in blocks}


def shorten(requirement: str) -> str:
    """Drop a marker that only repeats the platforms of ``[tool.uv]``: they hold for every line."""
    environments = tomllib.loads(PROJECT.read_text())["tool"]["uv"]["environments"]
    pin, _, marker = requirement.partition(" ; ")
    repeated = {frozenset(clauses(environment)) for environment in environments}
    alternatives = {frozenset(clauses(part.strip("()"))) for part in marker.split(" or ")}
    return pin if alternatives == repeated else requirement


def clauses(marker: str) -> list[str]:
    """Split a conjunction of markers into comparable parts."""
    return marker.replace("python_full_version", "python_version").split(" and ")


def name_of(requirement: str) -> str:
    """Return the package that a requirement line pins."""
    return requirement.partition("==")[0]


def comes_with_torch(package: str) -> bool:
    """Tell whether the package is torch, or one that only the index's build of torch asks for."""
    return package != "nvidia-ml-py" and package.startswith(("cuda-", "nvidia-", "torch", "triton"))


def write(name: str, title: str, blocks: dict[str, str]) -> None:
    """Write one file of the lock, or stop if it would be empty."""
    if not blocks:
        sys.exit(f"error: nothing was resolved for {name}\n kept: the old lock")
    lines = [f"# {title}", "# Written by `make lock`; see requirements/README.md.", ""]
    body = [requirement + hashes for requirement, hashes in blocks.items()]
    (HERE / name).write_text("\n".join(lines + body) + "\n")


def main(uv: str, keep: bool) -> None:
    """Resolve once and write the three files."""
    old = [(HERE / name).read_text() for name in ("lock.txt", "torch.txt")] if keep else []
    everything = resolve(uv, PROJECT, "--all-extras", keep="".join(old))
    torch = {line: item for line, item in everything.items() if comes_with_torch(name_of(line))}
    locked = {line: item for line, item in everything.items() if line not in torch}
    write("torch.txt", "The index's own build of torch and, on Linux, the CUDA it asks for.", torch)
    write("lock.txt", "AgilML's dependencies but torch, and the tools of development.", locked)

    tools = HERE / "build.in"
    tools.write_text("\n".join(BUILD_TOOLS) + "\n")
    try:
        build = resolve(uv, tools, f"--constraint={HERE / 'lock.txt'}")
    finally:
        tools.unlink()
    write("build.txt", "What builds source distributions; installed first.", build)


if __name__ == "__main__":
    main(uv=sys.argv[1], keep="--keep" in sys.argv[2:])
