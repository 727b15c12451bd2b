"""The plan of the house: small levels, no circles, folders that form a chain, and things that are found at the first guess."""

import ast
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from finding import PLACES, opened, ranked

from ops.commands.table import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")
FOLDERS = (*ROOMS, "benchmarks", "notebooks", "tests")
FULLEST = 15
"""A level of more files than these is not read any more, it is searched."""

OPENED_ON_AVERAGE = 1.3

STILL_BOTH_WAYS = {("agents.llm.budget", "agents.llm.recordings")}
"""Breakers and kept answers share a writer of whole files, which belongs below both."""

Graph = Mapping[str, frozenset[str]]


def source_files() -> list[str]:
    """Every Python file of ours, as a path from the root; a package's own `__init__.py` holds nothing and is left out."""
    found = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py") if file.name != "__init__.py")
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


@cache
def imports() -> Graph:
    """Which of our modules imports which, without the one arrow that runs up: from what can be typed to its body."""
    graph = grimp.build_graph(*ROOMS)
    typed = {command.module for command in COMMANDS}
    return {
        module: frozenset(
            other
            for other in graph.find_modules_directly_imported_by(module)
            if not (module in typed and other.startswith("ops.commands."))
        )
        for module in graph.modules
    }


def circle(graph: Graph) -> list[str]:
    """The modules of one circle of imports, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def both_ways(graph: Graph) -> list[tuple[str, str]]:
    """Pairs of neighbours (folders or files beside each other, on any level) that import each other, in order."""
    arrows = {neighbours(module, other) for module, others in graph.items() for other in others}
    return sorted({pair for pair in arrows if pair[0] < pair[1] and pair[::-1] in arrows})


def neighbours(module: str, other: str) -> tuple[str, str]:
    """Where the ways to two modules part: `a.b.c.x` and `a.d.y` part at `a.b` and `a.d`."""
    one, two = module.split("."), other.split(".")
    shared = next((at for at, (left, right) in enumerate(zip(one, two, strict=False)) if left != right), 0)
    return ".".join(one[: shared + 1]), ".".join(two[: shared + 1])


def test_no_level_holds_more_than_fifteen_files() -> None:
    levels = Counter(path.rpartition("/")[0] for path in source_files())
    assert {level: files for level, files in levels.items() if files > FULLEST} == {}


def test_no_module_imports_itself_over_others() -> None:
    assert circle(imports()) == []


def test_no_two_neighbours_import_each_other() -> None:
    assert set(both_ways(imports())) <= STILL_BOTH_WAYS


def test_the_graph_is_the_whole_house() -> None:
    modules = {path.removesuffix(".py").replace("/", ".") for path in source_files() if path.startswith(ROOMS)}
    assert modules <= imports().keys()
    assert "risk.manager" in imports()["execution.account.trader"]


def test_a_circle_and_a_pair_that_imports_both_ways_would_be_found() -> None:
    graph = {
        "a.b.x": frozenset({"a.c.x"}),
        "a.c.x": frozenset({"a.d"}),
        "a.c.y": frozenset({"a.b.y"}),
        "a.b.y": frozenset[str](),
        "a.d": frozenset[str](),
    }
    assert circle(graph) == []
    assert both_ways(graph) == [("a.b", "a.c")]
    assert set(circle({**graph, "a.d": frozenset({"a.b.x"})})) == {"a.b.x", "a.c.x", "a.d"}


def test_every_folder_of_a_room_stands_in_a_chain_of_the_layer_check() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    chains = {
        contract["containers"][0]: {name.strip() for layer in contract["layers"] for name in layer.split("|")}
        for contract in contracts
        if "containers" in contract
    }
    folders = {room: {one.parent.name for one in (ROOT / room).glob("*/__init__.py")} for room in ROOMS}
    forgotten = {room: names - chains.get(room, set()) for room, names in folders.items()}
    assert {room: names for room, names in forgotten.items() if names} == {}


@pytest.mark.slow
def test_a_thing_is_found_in_little_more_than_one_file() -> None:
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in source_files() if path.startswith(ROOMS)}
    gone = {word: path for word, path in PLACES.items() if path not in texts}
    assert gone == {}, "say in tests/support/finding.py where it is now"
    opened_for = {word: opened(word, path, texts) for word, path in PLACES.items()}
    assert len(opened_for) == 20
    assert sum(opened_for.values()) / len(opened_for) <= OPENED_ON_AVERAGE, opened_for


def test_names_come_before_folders_and_folders_before_mentions() -> None:
    texts = {
        "a/stops.py": "",
        "a/stop.py": "",
        "stop/a.py": "",
        "b.py": "stop",
        "c.py": "max_stop = stop",
        "d.py": "stopped",
    }
    assert ranked("Stop", texts) == ["a/stop.py", "a/stops.py", "stop/a.py", "c.py", "b.py", "d.py"]
    assert opened("stop", "c.py", texts) == 4


def test_two_words_are_one_name() -> None:
    assert ranked("kill switch", {"a.py": "", "b/kill_switch.py": ""})[0] == "b/kill_switch.py"


@pytest.mark.slow
def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [
        path
        for path in source_files()
        if path.startswith(ROOMS) and not ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]
    assert silent == []
