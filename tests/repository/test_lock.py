"""The lock file holds one release of all that is asked for, inside the ranges that pyproject.toml allows; and it is used."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"([a-z0-9-]+)==([0-9][a-z0-9.]*)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED: dict[str, list[str]] = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}


def lines() -> list[str]:
    written = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in written if not line.startswith("#")]


def pins() -> dict[str, Version]:
    found = [PINNED.fullmatch(line) for line in lines()]
    return {match[1]: Version(match[2]) for match in found if match}


def broken(requirements: Iterable[Requirement], pinned: Mapping[str, Version]) -> list[str]:
    """The requirements that have no pinned release, or one outside their range, each with what is pinned."""
    held = [(one, pinned.get(canonicalize_name(one.name))) for one in requirements]
    return [
        f"{one}: {release}"
        for one, release in held
        if release is None or not one.specifier.contains(release, prereleases=True)
    ]


def needed(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What an installed distribution asks for on this machine, with some of its extras; nothing where it is not installed."""
    try:
        stated = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return []
    worlds = [{"extra": extra} for extra in ("", *extras)]
    return [one for one in stated if one.marker is None or any(one.marker.evaluate(world) for world in worlds)]


@pytest.mark.parametrize("extra", sorted(ASKED), ids=lambda extra: extra or "dependencies")
def test_every_requirement_has_a_release_inside_its_range(extra: str) -> None:
    assert broken(map(Requirement, ASKED[extra]), pins()) == []


def test_a_forgotten_requirement_and_one_outside_its_range_would_be_found() -> None:
    asked = [Requirement("numpy>=2"), Requirement("Some_Thing"), Requirement("torch==2.13.0"), Requirement("rich<14")]
    pinned = {"numpy": Version("1.9"), "torch": Version("2.13.0"), "rich": Version("13.9")}
    assert broken(asked, pinned) == ["numpy>=2: 1.9", "Some_Thing: None"]


@pytest.mark.slow
def test_what_is_asked_for_asks_for_nothing_that_is_not_pinned() -> None:
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement(line) for extra in ASKED.values() for line in extra]
    missing: list[str] = []
    while todo:
        one = todo.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen or key[0] == "torch":  # it brings the libraries of its own build, and pins them itself
            continue
        seen.add(key)
        asked = needed(*key)
        missing += broken(asked, pins())
        todo += asked
    assert missing == []
    assert len(seen) > 100, "an environment without the extras proves nothing"


def test_the_file_holds_names_and_releases_once_each_in_order_and_nothing_of_a_machine() -> None:
    assert [line for line in lines() if not PINNED.fullmatch(line)] == []
    names = [line.partition("==")[0] for line in lines()]
    assert names == sorted(set(names))
    assert names == [canonicalize_name(name) for name in names]


def test_make_installs_nothing_without_the_lock_file() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "$(PIP) install" in line and "--upgrade pip" not in line]
    assert len(installs) >= 5
    assert [line for line in installs if "-c $(LOCK)" not in line] == []


@pytest.mark.parametrize("variable", ["MODELS", "PEERS"])
def test_what_the_makefile_installs_without_what_it_asks_for_is_pinned_as_well(variable: str) -> None:
    line = re.search(rf"^{variable} := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    assert broken(map(Requirement, re.findall(r'"([^"]+)"', line[1])), pins()) == []
