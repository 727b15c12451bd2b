"""Who implements a protocol: found in the source, so that a contract suite forgets none that is written later."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")


def implementations(method: str, *parameters: str) -> frozenset[str]:
    """All classes of the rooms that have this method with these parameters, as `package.module.Class`; protocols are left out."""
    return frozenset(
        f"{module}.{found.name}"
        for module, found in _classes(method)
        if not any(isinstance(base, ast.Name) and base.id == "Protocol" for base in found.bases)
        and any(_is(one, method, parameters) for one in found.body)
    )


def _is(one: ast.stmt, method: str, parameters: tuple[str, ...]) -> bool:
    return (
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.name == method
        and tuple(argument.arg for argument in one.args.args[1:]) == parameters
    )


def _classes(method: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes of the files in which a method of this name is written, with their modules."""
    for file in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if f"def {method}(" not in text:
            continue
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        yield from ((module, one) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.ClassDef))
