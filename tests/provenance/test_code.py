from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from agilml.errors import RecipeError
from agilml.provenance.code import code_of
from agilml.worker.recipe import packaged_folder


def write(project: Path, files: Mapping[str, str]) -> Path:
    """Write the files and return the path of the recipe ``net``."""
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project / "recipes" / "net.py"


def paths(project: Path, *extra: Path) -> list[str]:
    return list(code_of(project / "recipes" / "net.py", project, extra).files)


def test_the_recipe_counts_by_its_bytes(project: Path) -> None:
    recipe = write(project, {"recipes/net.py": "DEPTH = 8\n"})
    code = code_of(recipe, project)
    assert code.files == {"recipes/net.py": hashlib.sha256(b"DEPTH = 8\n").hexdigest()}


def test_what_it_imports_counts_transitively_and_what_it_does_not_never(project: Path) -> None:
    write(
        project,
        {
            "recipes/net.py": "import lib.a\ndef train(cfg, run):\n    from recipes import late\n",
            "recipes/late.py": "from . import helper",
            "recipes/helper.py": "",
            "lib/__init__.py": "",
            "lib/a.py": "from .deep.b import f",
            "lib/deep/__init__.py": "from .. import c",
            "lib/deep/b.py": "import os, numpy, torch.nn",
            "lib/c.py": "",
            "lib/unused.py": "",
            "unused.py": "",
        },
    )
    assert paths(project) == [
        "lib/__init__.py",
        "lib/a.py",
        "lib/c.py",
        "lib/deep/__init__.py",
        "lib/deep/b.py",
        "recipes/helper.py",
        "recipes/late.py",
        "recipes/net.py",
    ]


def test_editing_an_import_changes_the_digest_and_editing_anything_else_does_not(
    project: Path,
) -> None:
    recipe = write(project, {"recipes/net.py": "import lib", "lib.py": "A = 1", "other.py": ""})
    before = code_of(recipe, project)
    write(project, {"other.py": "B = 2"})
    (project / "README.md").write_text("# New")
    assert code_of(recipe, project) == before
    write(project, {"lib.py": "A = 2"})
    assert code_of(recipe, project).digest != before.digest


def test_the_digest_does_not_depend_on_where_the_project_lies(tmp_path: Path) -> None:
    digests = set()
    for place in ("here", "there/deeper"):
        recipe = write(tmp_path / place, {"recipes/net.py": "import lib", "lib.py": "A = 1"})
        digests.add(code_of(recipe, tmp_path / place).digest)
    (tmp_path / "link").symlink_to(tmp_path / "here")
    digests.add(code_of(tmp_path / "link" / "recipes" / "net.py", tmp_path / "link").digest)
    assert len(digests) == 1


def test_a_relative_project_is_the_same_project(project: Path) -> None:
    write(project, {"recipes/net.py": "import lib", "lib.py": ""})
    assert paths(Path()) == paths(project)


def test_the_project_itself_is_no_package(project: Path) -> None:
    write(project, {"recipes/net.py": "import lib", "lib.py": "", "__init__.py": ""})
    assert paths(project) == ["lib.py", "recipes/net.py"]


def test_cycles_end(project: Path) -> None:
    write(
        project,
        {
            "recipes/net.py": "import a",
            "a.py": "import b",
            "b.py": "import a\nfrom recipes import net",
        },
    )
    assert paths(project) == ["a.py", "b.py", "recipes/net.py"]


def test_the_src_layout_is_searched_after_the_project(project: Path) -> None:
    write(
        project,
        {
            "recipes/net.py": "import lib.a, both",
            "src/lib/a.py": "",
            "src/both.py": "",
            "both.py": "",
        },
    )
    assert paths(project) == ["both.py", "recipes/net.py", "src/lib/a.py"]


def test_a_package_hides_a_module_of_its_name_as_in_python(project: Path) -> None:
    write(project, {"recipes/net.py": "import lib", "lib.py": "", "lib/__init__.py": ""})
    assert paths(project) == ["lib/__init__.py", "recipes/net.py"]


def test_a_star_takes_all_that_a_package_could_give(project: Path) -> None:
    write(
        project,
        {
            "recipes/net.py": "from lib import *",
            "lib/__init__.py": "",
            "lib/a.py": "",
            "lib/b.py": "",
        },
    )
    assert paths(project) == ["lib/__init__.py", "lib/a.py", "lib/b.py", "recipes/net.py"]


def test_a_broken_module_still_counts_and_is_followed_no_further(project: Path) -> None:
    write(
        project,
        {"recipes/net.py": "import broken, raw", "broken.py": "import lib\ndef f(:", "lib.py": ""},
    )
    (project / "raw.py").write_bytes(b"\xff\x00")
    assert paths(project) == ["broken.py", "raw.py", "recipes/net.py"]


def test_an_import_that_leads_nowhere_is_left_out(project: Path) -> None:
    write(
        project,
        {"recipes/net.py": f"import gone, {'a' * 300}, folder, pipe\nfrom ....... import x"},
    )
    (project / "folder.py").mkdir()
    os.mkfifo(project / "pipe.py")
    (project / "gone.py").symlink_to("gone.py")
    assert paths(project) == ["recipes/net.py"]


def test_relative_imports_do_not_leave_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"outside.py": "", "recipes/__init__.py": ""})
    write(
        tmp_path / "inner", {"recipes/net.py": "from ... import outside\nfrom ...outside import x"}
    )
    assert paths(tmp_path / "inner") == ["recipes/net.py"]


def test_installed_packages_never_count_even_inside_the_project(
    project: Path, tmp_path: Path
) -> None:
    installed = ".venv/lib/site-packages/dep/__init__.py"
    write(project, {"recipes/net.py": "import dep, linked, away", installed: ""})
    write(tmp_path, {installed: ""})
    (project / "linked").symlink_to(project / ".venv/lib/site-packages/dep")
    (project / "away").symlink_to(tmp_path / ".venv/lib/site-packages/dep")
    assert paths(project) == ["recipes/net.py"]


def test_a_link_to_a_library_beside_the_project_counts(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "shared", {"lib/a.py": "from . import b", "lib/b.py": ""})
    (project / "lib").symlink_to(tmp_path / "shared" / "lib")
    write(project, {"recipes/net.py": "import lib.a"})
    assert paths(project) == ["lib/a.py", "lib/b.py", "recipes/net.py"]


def test_a_link_to_its_own_folder_ends(project: Path) -> None:
    write(
        project,
        {"recipes/net.py": "import lib", "lib/__init__.py": "from .again import x", "lib/x.py": ""},
    )
    (project / "lib" / "again").symlink_to(".")
    assert paths(project) == ["lib/__init__.py", "lib/x.py", "recipes/net.py"]


def test_a_compiled_module_counts(project: Path) -> None:
    write(project, {"recipes/net.py": "import fast"})
    (project / "fast.abi3.so").write_bytes(b"\x7fELF")
    assert paths(project) == ["fast.abi3.so", "recipes/net.py"]


def test_names_that_are_not_utf8_become_text(project: Path) -> None:
    write(project, {"recipes/net.py": ""})
    odd = project / os.fsdecode(b"odd\xff.sh")
    odd.write_text("")
    assert paths(project, odd) == ["odd\\xff.sh", "recipes/net.py"]


def test_a_packaged_recipe_brings_packaged_modules_only(project: Path) -> None:
    code = code_of(packaged_folder() / "resnet.py", project)
    assert {"agilml/recipes/resnet.py", "agilml/recipes/data/__init__.py"} <= set(code.files)
    assert all(path.startswith("agilml/recipes/") for path in code.files)


def test_a_packaged_recipe_is_the_same_in_a_project_that_is_our_own_checkout(
    project: Path,
) -> None:
    recipe = packaged_folder() / "resnet.py"
    assert code_of(recipe, packaged_folder().resolve().parent) == code_of(recipe, project)


def test_a_project_recipe_may_use_packaged_ones_but_not_drag_in_the_rest(project: Path) -> None:
    write(
        project, {"recipes/net.py": "import agilml, agilml.errors\nfrom agilml.recipes import data"}
    )
    found = paths(project)
    assert "agilml/recipes/data/__init__.py" in found
    assert not [p for p in found if p.startswith("agilml/") and "recipes" not in p]


def test_a_command_s_script_brings_what_lies_beside_it(project: Path) -> None:
    write(
        project,
        {
            "recipes/net.py": "",
            "tools/fit.py": "import beside",
            "tools/beside.py": "",
            "tools/no.py": "",
        },
    )
    (project / "run.sh").write_text("echo")
    found = paths(project, Path("tools/fit.py"), project / "run.sh", Path("gone.py"), Path("tools"))
    assert found == ["recipes/net.py", "run.sh", "tools/beside.py", "tools/fit.py"]


def test_a_recipe_outside_counts_by_content_wherever_it_lies(tmp_path: Path, project: Path) -> None:
    codes = []
    for place in ("a", "b"):
        write(tmp_path / place, {"recipes/net.py": "from . import beside", "recipes/beside.py": ""})
        codes.append(code_of(tmp_path / place / "recipes" / "net.py", project))
    assert codes[0] == codes[1]
    assert [path.split("/")[::2] for path in codes[0].files] == [["outside", "net.py"]]


def test_a_recipe_that_cannot_be_read_is_a_recipe_error(project: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.py cannot be read: No such file"):
        code_of(project / "gone.py", project)
