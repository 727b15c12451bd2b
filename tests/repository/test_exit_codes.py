"""Every exit code of every command stands in the drawing of `config/errors.py`, and means one thing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import config.errors
from ops.commands.table import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")
DRAWING = str(config.errors.__doc__)
SHARED = {"PARTLY", "STILL_HALTED"}
"""Constants that may share a number: both are 1, done with a reservation, of two commands that mirror each other."""


def drawn_errors(drawing: str) -> dict[str, int]:
    """Class and code of each branch of the tree."""
    return {name: int(code) for name, code in re.findall(r"[├└]── (\w+) +(\d+) ", drawing)}


def drawn_codes(drawing: str) -> set[int]:
    """The codes of commands that no error ends."""
    return {int(code) for code in re.findall(r"^    (\d+) ", drawing, re.MULTILINE)}


def modules() -> Iterator[ast.Module]:
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield ast.parse(file.read_text())


def errors() -> dict[str, int]:
    """Every subclass of TribunalError in all rooms, with its code."""
    codes = {"TribunalError": 1}
    bases = {
        found.name: (
            {base.id for base in found.bases if isinstance(base, ast.Name)},
            [
                line.value.value
                for line in found.body
                if isinstance(line, ast.Assign)
                and isinstance(line.targets[0], ast.Name)
                and line.targets[0].id == "exit_code"
                and isinstance(line.value, ast.Constant)
            ],
        )
        for module in modules()
        for found in ast.walk(module)
        if isinstance(found, ast.ClassDef)
    }
    while grown := {name: own for name, (above, own) in bases.items() if name not in codes and above & codes.keys()}:
        for name, own in grown.items():
            assert own, f"{name} has no exit code of its own: it is no reaction of its own"
            codes[name] = int(str(own[0]))
    return {name: code for name, code in codes.items() if name != "TribunalError"}


def constants() -> dict[str, int]:
    """The named codes of the bodies and of `config/ending.py`: whole numbers in capitals that some function returns."""
    found = {}
    for name in (*(command.body for command in COMMANDS), "config.ending"):
        module = ast.parse(ROOT.joinpath(*name.split(".")).with_suffix(".py").read_text())
        numbers = {
            line.targets[0].id: line.value.value
            for line in module.body
            if isinstance(line, ast.Assign)
            and isinstance(line.targets[0], ast.Name)
            and isinstance(line.value, ast.Constant)
            and isinstance(line.value.value, int)
        }
        found |= {key: numbers[key] for key in {str(code) for code in returned(module)} & numbers.keys()}
    return found


def returned(module: ast.Module) -> Iterator[str | int]:
    """What the functions that end a command return: names and numbers."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef) and re.fullmatch(r"ended|main|\w+_command", function.name):
            for line in ast.walk(function):
                if isinstance(line, ast.Return) and line.value is not None:
                    yield from branches(line.value)


def branches(value: ast.expr) -> Iterator[str | int]:
    if isinstance(value, ast.IfExp):
        yield from branches(value.body)
        yield from branches(value.orelse)
    elif isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, ast.Constant) and isinstance(value.value, int):
        yield value.value


@pytest.mark.slow
def test_the_tree_draws_every_error_of_every_room_with_its_exit_code() -> None:
    assert drawn_errors(DRAWING) == errors()


@pytest.mark.slow
def test_no_two_errors_share_an_exit_code_and_none_takes_one_that_is_no_error() -> None:
    codes = list(errors().values())
    assert len(set(codes)) == len(codes)
    assert not set(codes) & drawn_codes(DRAWING)


def test_every_named_code_is_drawn_and_only_mirrored_commands_share_one() -> None:
    named = constants()
    assert {"PARTLY", "STILL_HALTED", "CUT_SHORT", "INTERRUPTED"} <= named.keys()
    for name, code in named.items():
        assert re.search(rf"\b{name}\b", DRAWING), f"{name} = {code} is missing in the drawing of config/errors.py"
        assert code in drawn_codes(DRAWING)
    alone = [code for name, code in named.items() if name not in SHARED]
    assert len({*alone, *(named[name] for name in SHARED)}) == len(alone) + 1


def test_every_number_that_a_command_returns_is_drawn() -> None:
    bodies = [command.body for command in COMMANDS] + [command.module for command in COMMANDS] + ["config.ending"]
    numbers = {
        code
        for name in bodies
        for code in returned(ast.parse(ROOT.joinpath(*name.split(".")).with_suffix(".py").read_text()))
        if isinstance(code, int)
    }
    assert numbers <= drawn_codes(DRAWING)


def test_a_missing_branch_or_code_would_be_found() -> None:
    assert "ReplayMiss" not in drawn_errors(DRAWING.replace("ReplayMiss", ""))
    assert 9 not in drawn_codes(re.sub(r"^    9 ", "", DRAWING, flags=re.MULTILINE))
