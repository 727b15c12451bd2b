"""Programs that stand in a string, for a process of its own, import only what there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")


def programs(text: str) -> Iterator[ast.Module]:
    """Every string of a file that is a program with an import of one of our rooms."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if not any(f"from {room}." in node.value or f"import {room}." in node.value for room in ROOMS):
                continue
            try:
                yield ast.parse(node.value)
            except SyntaxError:
                continue  # prose that speaks of an import


def missing(program: ast.Module) -> list[str]:
    """The modules of ours that a program imports and that do not exist."""
    named = [
        name
        for node in ast.walk(program)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    ours = [name for name in named if name.partition(".")[0] in ROOMS]
    places = {name: ROOT.joinpath(*name.split(".")) for name in ours}
    return [name for name, place in places.items() if not (place.with_suffix(".py").is_file() or place.is_dir())]


@pytest.mark.slow
def test_a_program_in_a_string_imports_only_modules_that_exist() -> None:
    found = {
        str(file.relative_to(ROOT)): gone
        for folder in ("benchmarks", "notebooks", "tests", *ROOMS)
        for file in sorted((ROOT / folder).rglob("*.py"))
        for program in programs(file.read_text(encoding="utf-8"))
        if (gone := missing(program))
    }
    assert found == {}


def test_a_module_that_is_gone_would_be_found() -> None:
    (program,) = programs('code = "from config.no' + "where import x; import sys, risk.order\\n" + '"')
    assert missing(program) == ["config.nowhere"]
