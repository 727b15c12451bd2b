"""What a docstring of a public function must say of its arrays: shape, dtype and unit."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "market", "sentiment", "risk", "execution", "rl", "agents", "evidence", "ops")

UNTYPED = {"ArrayLike"}
"""Array types that leave the dtype open: the docstring has to name it."""

SHAPE = re.compile(r"shapes? \(|of shape")
DTYPE = re.compile(r"\b(?:float32|float64|int8|int32|int64|intp|uint8|uint64|bool|boolean)\b")
UNIT = re.compile(r"(?<![\w`])\[[A-Za-z][^\]]*\]|\b(?:dimensionless|bool)\b")


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules() -> list[tuple[str, ast.Module]]:
    files = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in files]


def _names(node: ast.AST) -> set[str]:
    """The last part of each name in an annotation; quoted annotations are read too."""
    found = set()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                found |= set(re.findall(r"\w+", text))
    return found


def _aliases(trees: list[ast.Module]) -> set[str]:
    """Names that stand for an array type in some module: `Floats = NDArray[np.float64]`."""
    arrays = {"NDArray", "ndarray", "ArrayLike"}
    for tree in trees:
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() as value) if _names(value) & arrays:
                    arrays.add(name)
    return arrays


def _public(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Public functions, and public methods of public classes, with a dotted name."""
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not node.name.startswith("_"):
                yield node.name, node
            case ast.ClassDef() if not node.name.startswith("_"):
                for member in node.body:
                    match member:
                        case ast.FunctionDef() | ast.AsyncFunctionDef() if not member.name.startswith("_"):
                            yield f"{node.name}.{member.name}", member


def _array_types(function: Function, arrays: set[str]) -> set[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotations = [argument.annotation for argument in arguments] + [function.returns]
    return set().union(*(_names(annotation) & arrays for annotation in annotations if annotation is not None))


def lacking(function: Function, arrays: set[str]) -> list[str]:
    """What the docstring of a function with arrays leaves open."""
    types = _array_types(function, arrays)
    if not types:
        return []
    text = ast.get_docstring(function) or ""
    return [
        what
        for what, is_said in (
            ("shape", SHAPE.search(text)),
            ("dtype", not types & UNTYPED or DTYPE.search(text)),
            ("unit", UNIT.search(text)),
        )
        if not is_said
    ]


def _faults(modules: list[tuple[str, ast.Module]]) -> list[str]:
    arrays = _aliases([tree for _, tree in modules])
    return [
        f"{path}:{function.lineno} {name}: no {', '.join(what)}"
        for path, tree in modules
        for name, function in _public(tree)
        if (what := lacking(function, arrays))
    ]


@pytest.mark.slow
def test_every_public_function_states_shape_dtype_and_unit_of_its_arrays() -> None:
    assert _faults(_modules()) == []


def test_a_function_that_leaves_shape_or_unit_open_is_found() -> None:
    source = (
        "Floats = NDArray[np.float64]\n"
        'def open_(x: npt.ArrayLike) -> float:\n    """The mean of x."""\n'
        'def typed(x: Floats) -> float:\n    """The mean of x, shape (n,), with v[t] = x."""\n'
        'def whole(x: Floats) -> Floats:\n    """The returns, shape (n,) [simple return]."""\n'
        'def plain(x: float) -> float:\n    """The same number."""\n'
    )
    assert _faults([("a.py", ast.parse(source))]) == [
        "a.py:2 open_: no shape, dtype, unit",
        "a.py:4 typed: no unit",
    ]
