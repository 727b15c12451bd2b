"""The table of commands, the modules that can be typed, their bodies and the layer check agree."""

import ast
import importlib
import tomllib
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import grimp
import pytest

from ops.commands.table import COMMANDS, Command

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
TYPED = {command.module: command for command in COMMANDS}
SHELVES = ("trade", "research", "policy", "operate", "watch")
LIGHT = {"argparse", "sys", "collections.abc", "typing", "config.ending", "ops.commands.options"}
"""All that a module may load before it knows what was asked for."""

each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PROJECT["root_packages"], include_external_packages=False, cache_dir=None)


def source(module: str) -> ast.Module:
    return ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text())


def parser_of(command: Command) -> ArgumentParser:
    made = importlib.import_module(command.module).parser()
    assert isinstance(made, ArgumentParser)
    return made


def exceptions_of(commands: tuple[Command, ...]) -> list[str]:
    """The arrows that run up: one for each room with loose modules that can be typed, one for each folder's `__main__`."""
    arrows = set()
    for command in commands:
        room, _, name = command.module.rpartition(".")
        arrows.add(f"{command.module if name == '__main__' else f'{room}.*'} -> ops.commands.**")
    return sorted(arrows)


def test_the_layer_checks_exceptions_are_those_of_the_table() -> None:
    written = sorted(PROJECT["contracts"][0]["ignore_imports"])
    wanted = exceptions_of(COMMANDS)
    lines = "".join(f'    "{arrow}",\n' for arrow in wanted)
    assert written == wanted, (
        f"write into pyproject.toml, first contract of importlinter:\nignore_imports = [\n{lines}]"
    )


def test_a_command_in_a_room_without_one_would_be_asked_for() -> None:
    more = Command("limits", "risk.limits_shown", "operate", "show the limits")
    assert set(exceptions_of((*COMMANDS, more))) - set(exceptions_of(COMMANDS)) == {"risk.* -> ops.commands.**"}


def test_nobody_imports_a_module_that_can_be_typed(graph: grimp.ImportGraph) -> None:
    found = {module: sorted(graph.find_modules_that_directly_import(module)) for module in TYPED}
    assert {module: by for module, by in found.items() if by} == {}


def test_nobody_below_ops_reaches_up_but_a_typed_module_to_its_body_and_its_options(graph: grimp.ImportGraph) -> None:
    found = {
        f"{module} -> {up}"
        for module in graph.modules
        if not module.startswith("ops")
        for up in graph.find_modules_directly_imported_by(module)
        if up.startswith("ops") and not (module in TYPED and up in {TYPED[module].body, "ops.commands.options"})
    }
    assert found == set()


@each_command
def test_a_typed_module_loads_nothing_heavy_before_it_knows_what_was_asked(command: Command) -> None:
    loaded = set()
    for line in source(command.module).body:
        if isinstance(line, ast.Import):
            loaded |= {alias.name for alias in line.names}
        elif isinstance(line, ast.ImportFrom):
            loaded.add(str(line.module))
    assert loaded <= LIGHT


@each_command
def test_a_typed_module_is_called_by_its_name_and_says_what_it_is_for(command: Command) -> None:
    parser = parser_of(command)
    assert parser.prog == f"tribunal {command.name}"
    assert parser.description
    assert callable(importlib.import_module(command.module).main)


@each_command
def test_a_body_has_the_function_of_its_command(command: Command) -> None:
    assert command.shelf in SHELVES
    names = {line.name for line in source(command.body).body if isinstance(line, ast.FunctionDef)}
    assert f"{command.name}_command" in names


def test_every_body_stands_in_the_table() -> None:
    files = {
        f"ops.commands.{shelf}.{file.stem}"
        for shelf in SHELVES
        for file in (ROOT / "ops" / "commands" / shelf).glob("*.py")
        if file.stem != "__init__"
    }
    assert files == {command.body for command in COMMANDS}


def test_the_same_option_has_the_same_help_in_every_command() -> None:
    """An option is known by its name and by what follows it: `--out DIR` is not `--out FILE.json`."""
    helps: dict[tuple[str, str], set[str]] = {}
    for command in COMMANDS:
        for action in parser_of(command)._actions:
            name = "/".join(action.option_strings) or action.dest
            helps.setdefault((name, str(action.metavar)), set()).add(str(action.help))
    assert {option: told for option, told in helps.items() if len(told) > 1} == {}


def test_an_option_of_several_commands_is_declared_once() -> None:
    declared = Counter(
        (call.args[0].value, keyword("metavar", call))
        for module in TYPED
        for call in ast.walk(source(module))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_argument"
        and isinstance(call.args[0], ast.Constant)
    )
    again = {option: times for option, times in declared.items() if times > 1}
    assert again == {}, "declare it in ops/commands/options.py, and use add() in each of these commands"


def keyword(name: str, call: ast.Call) -> object:
    """A keyword's literal value in a call; None where there is none."""
    values = [given.value for given in call.keywords if given.arg == name]
    return values[0].value if values and isinstance(values[0], ast.Constant) else None
