"""The three tables of commands in the README are those of the program, and its parsers read each command line in them."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from ops.commands.table import BY_NAME, COMMANDS

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SHELVES = ("trade", "research", "policy", "operate", "watch")


def table(shelf: str) -> list[str]:
    """The command lines in the first column of a table, which stands below its name."""
    part = README.partition(f"\n**{shelf.capitalize()}**\n")[2].lstrip().partition("\n\n")[0]
    return re.findall(r"^\| `(tribunal [^`]+)` \|", part, re.MULTILINE)


@pytest.mark.parametrize("shelf", SHELVES)
def test_each_table_lists_the_commands_of_its_shelf_in_the_order_of_help(shelf: str) -> None:
    named = [line.split()[1] for line in table(shelf)]
    assert named == [command.name for command in COMMANDS if command.shelf == shelf]


@pytest.mark.parametrize("line", [line for shelf in SHELVES for line in table(shelf)])
def test_each_command_line_is_read_by_its_parser(line: str) -> None:
    _, name, *rest = shlex.split(line)
    assert vars(import_module(BY_NAME[name].module).parser().parse_args(rest))


def test_every_option_that_is_named_beside_a_command_is_one_of_it() -> None:
    for line in re.findall(r"^\| `tribunal .*$", README, re.MULTILINE):
        known = import_module(BY_NAME[line.split()[2]].module).parser()._option_string_actions
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) <= known.keys(), line
