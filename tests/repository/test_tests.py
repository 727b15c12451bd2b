"""Each test can fail: it asserts something itself, or calls a helper that does."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ASSERTING = {"raises", "warns", "fail", "testing", "assert_allclose", "assert_array_equal", "assert_frame_equal"}
"""Calls of pytest and numpy that fail by themselves."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: ast.Module) -> Iterator[Function]:
    for found in ast.walk(module):
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            yield found


def called(function: Function) -> set[str]:
    """The names of all that a function calls or hands on, its own inner functions included."""
    names = {each.id for each in ast.walk(function) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(function) if isinstance(each, ast.Attribute)}


def asserts(function: Function) -> bool:
    return any(isinstance(each, ast.Assert | ast.Raise) for each in ast.walk(function)) or bool(
        called(function) & ASSERTING
    )


def idle(modules: dict[str, ast.Module]) -> list[str]:
    """Tests that can only fail by an accident: neither they nor any helper of theirs asserts.

    A helper lies in the same file, under `support/`, or in a `conftest.py`.
    """
    shared = [file for file in modules if file.startswith("support/") or file.endswith("conftest.py")]
    common = sound({}, [function for file in shared for function in functions(modules[file])])
    return [
        f"{file}: {function.name}"
        for file, module in modules.items()
        for own in [sound(common, functions(module))]
        for function in functions(module)
        if function.name.startswith("test_") and not own[function.name]
    ]


def sound(known: dict[str, bool], more: Iterable[Function]) -> dict[str, bool]:
    """Whether each of these functions asserts, itself or through another of them or of those that are known."""
    own = list(more)
    found = known | {function.name: asserts(function) for function in own}
    while grown := [
        function.name for function in own if not found[function.name] and any(found.get(n) for n in called(function))
    ]:
        found |= dict.fromkeys(grown, True)
    return found


@pytest.mark.slow
def test_every_test_asserts_something() -> None:
    modules = {str(file.relative_to(TESTS)): ast.parse(file.read_text()) for file in sorted(TESTS.rglob("*.py"))}
    assert len(modules) > 100
    assert idle(modules) == []


def test_a_test_that_asserts_nothing_would_be_found() -> None:
    text = "def test_a(): run()\ndef test_b(): check()\ndef check(): assert run()\ndef run(): return 1\n"
    assert idle({"sample.py": ast.parse(text)}) == ["sample.py: test_a"]
