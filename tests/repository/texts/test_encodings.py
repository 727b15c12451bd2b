"""Text files are UTF-8 in every locale: no call of ours leaves their encoding to the machine."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (
    "agents", "benchmarks", "config", "evidence", "execution", "market", "notebooks", "ops", "risk", "rl", "sentiment",
)  # fmt: skip
TEXT = {"read_text", "write_text"}
OPENERS = {"open", "fdopen", "NamedTemporaryFile", "TemporaryFile"}
BINARY_BY_DEFAULT = {"NamedTemporaryFile", "TemporaryFile"}
NO_FILES = {
    "webbrowser",
    "os",
    "dbm",
    "urllib",
    "tarfile",
    "zipfile",
    "gzip",
    "ExchangeVenue",
    "IbVenue",
    "Line",
    "shelf",
    "_shelf",
    "self",
}
"""Whose `open` is no text file, or is binary unless the mode says text, which is looked at."""


def unsaid(source: str) -> Iterator[int]:
    """The lines of a program on which a text file is opened, read or written without an encoding."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_unsaid(node):
            yield node.lineno


def _is_unsaid(call: ast.Call) -> bool:
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    keywords = {keyword.arg for keyword in call.keywords}
    if "encoding" in keywords or None in keywords:
        return False
    if named in TEXT:
        return True
    if named not in OPENERS:
        return False
    mode = _mode(call, method=isinstance(call.func, ast.Attribute))
    if mode is None:
        return named not in BINARY_BY_DEFAULT and not _owner(call) & NO_FILES
    return "b" not in mode and not ("t" not in mode and _owner(call) & NO_FILES)


def _owner(call: ast.Call) -> set[str]:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Attribute):
        return {owner.attr}
    return {owner.id} if isinstance(owner, ast.Name) else set()


def _mode(call: ast.Call, *, method: bool) -> str | None:
    """The mode, where it is a text in the program; None where none is given."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    given += [
        argument
        for argument in call.args[: 1 if method and not _owner(call) & NO_FILES else 2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and len(argument.value) <= 3
    ]
    return next((str(one.value) for one in given if isinstance(one, ast.Constant)), None)


@pytest.mark.slow
def test_every_text_file_of_ours_is_opened_with_its_encoding() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in unsaid(path.read_text(encoding="utf-8"))
    ]
    assert found == [], f"give encoding to {found}"


@pytest.mark.parametrize(
    "line",
    ["p.read_text()", "p.write_text(x)", "open(p)", "open(p, 'a')", "p.open()", "p.open('w')", "gzip.open(p, 'rt')"],
)
def test_a_call_that_leaves_it_to_the_machine_is_seen(line: str) -> None:
    assert list(unsaid(line)) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "p.read_text(encoding='utf-8')", "open(p, 'rb')", "p.open('wb')", "p.open(mode='rb')", "gzip.open(p)", "os.open(p, 1)",
        "open(p, 'rt', encoding='utf-8-sig')", "p.read_bytes()", "webbrowser.open(url)", "NamedTemporaryFile()",
    ],
)  # fmt: skip
def test_a_call_that_names_it_or_reads_bytes_is_none(line: str) -> None:
    assert list(unsaid(line)) == []
