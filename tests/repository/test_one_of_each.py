"""What is done in one place is done nowhere else: whole files, progress, tables, dates in options, requests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")

ALONE = {
    "writes a whole file": (
        {"os.replace", "os.rename", "os.link", "tempfile.*", ".write_text", ".write_bytes"},
        {"config/files.py", "execution/kill_switch/latch.py", "ops/files.py"},
    ),
    "draws progress": ({"rich.progress"}, {"config/progress.py"}),
    "draws a table": ({"rich.box"}, {"ops/tables/grid.py"}),
    "forges a namespace": ({"argparse.Namespace()"}, set()),
}
"""What is done, by which names it is seen, and the files that may: the latch renames a lift that was noted, and `ops/files.py`
writes through to a pipe, which cannot be replaced."""


def used(module: ast.Module) -> Iterator[str]:
    """Modules that are imported, and functions and methods that are called: `os.replace`, `.write_text`."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module=str(name)):
                yield name
                yield f"{name.partition('.')[0]}.*"
            case ast.Import(names=names):
                yield from (f"{each.name}.*" for each in names)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)):
                yield from (f"{owner}.{name}", f"{owner}.{name}()", f".{name}")
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f".{name}"


@cache
def used_in_rooms() -> dict[str, frozenset[str]]:
    """What each file of all rooms uses."""
    files = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    return {str(file.relative_to(ROOT)): frozenset(used(ast.parse(file.read_text(encoding="utf-8")))) for file in files}


def found(names: set[str]) -> set[str]:
    """The files of all rooms that use any of these names."""
    return {file for file, own in used_in_rooms().items() if names & own}


@pytest.mark.slow
@pytest.mark.parametrize("what", ALONE)
def test_it_is_done_in_its_place_and_nowhere_else(what: str) -> None:
    names, allowed = ALONE[what]
    assert found(names) == allowed


def test_a_second_place_would_be_found() -> None:
    text = "import os, tempfile\nfrom rich.box import ROUNDED\nos.replace(a, b)\npath.with_name('x').write_text('y')\n"
    assert {"os.replace", ".write_text", "rich.box", "tempfile.*"} <= set(used(ast.parse(text)))


@pytest.mark.slow
def test_a_date_is_read_out_of_an_option_in_one_place() -> None:
    readers = {file for file in found({".fromisoformat"}) if file.startswith("ops/")}
    assert readers == {"ops/commands/requests.py"}
