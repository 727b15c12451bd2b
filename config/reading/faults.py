"""Checks a tree of settings against its model and reports every fault at once, each as a sentence.

It refuses unknown keys (and suggests the nearest known one), values of the wrong type or out of range (and names the range
and unit), and values that are allowed alone but not together. Each fault names its dotted key, file and line. It repairs
nothing.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.reading.schema import Spot, spot_at, spot_of
from config.reading.tree import Node, Path, SettingFault, dotted, exact, nearest_place, plain
from config.sections.clashes import BEGINS

M = TypeVar("M", bound=BaseModel)
_FRACTIONS = ("fraction", "0..1")
"""How the units begin of numbers that people write in per cent."""
MISSING = "is missing"
"""How a fault begins that is about a setting without a value."""
_PERCENT = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,12})?) ?%", re.ASCII)
_COMMA = re.compile(r"(-?[0-9]{1,12}),([0-9]{1,12})", re.ASCII)
_SECRET_WORDS = ("secret", "token", "password", "api_key", "apikey")


def judged(model: type[M], tree: Node, sound: object) -> tuple[M | None, list[SettingFault]]:
    """The validated model, or None and every fault.

    `sound` is a valid plain tree of the same form. A second pass replaces the wrong values by those of `sound`, so that it
    also finds contradictions between the other values. No value of `sound` reaches the result.
    """
    root = spot_of(model)
    sieve = _Sieve()
    known = sieve.sifted(tree, root, ())
    data = plain(known)
    value, errors = _validated(model, data)
    wrong = sieve.booleans | {_path(error) for error in errors if not _clashes(error)}
    for error in errors:
        if _path(error) not in sieve.booleans:
            sieve.faults.extend(_sentences(error, known, root, wrong))
    healed = frozenset[Path]()
    while (sick := wrong | {path for error in errors for fields, _ in _clashes(error) for path in fields}) - healed:
        healed = wrong = healed | sick
        _, errors = _validated(model, _healed(data, healed, sound))
        for error in errors:
            if _clashes(error):
                sieve.faults.extend(_sentences(error, known, root, healed))
    faults = list(dict.fromkeys(sieve.faults))
    return (None if faults else value), faults


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to `word`, or None when none is similar enough."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


class _Sieve:
    """Removes unknown keys from a tree and reports them. Also reports true and false where a number must stand."""

    def __init__(self) -> None:
        self.faults: list[SettingFault] = []
        self.booleans: frozenset[Path] = frozenset()

    def sifted(self, node: Node, spot: Spot, path: Path) -> Node:
        if isinstance(node.value, tuple):
            items = ((n, child, spot.child(n)) for n, child in enumerate(node.value))
            return Node(tuple(self.sifted(c, s, (*path, n)) if s else c for n, c, s in items), node.place)
        if isinstance(node.value, dict):
            return Node(self._mapping(node.value, spot, path), node.place)
        if spot.is_number and isinstance(node.value, bool):
            self.booleans |= {path}
            text = f"{str(node.value).lower()} is not allowed; {_must(spot)}"
            self.faults.append(SettingFault(dotted(path), text, (node.place,)))
        return node

    def _mapping(self, values: dict[str, Node], spot: Spot, path: Path) -> dict[str, Node]:
        kept: dict[str, Node] = {}
        for key, child in values.items():
            inner = spot.child(key)
            if spot.keys is not None and inner is None:
                self.faults.append(SettingFault(dotted((*path, key)), _unknown(key, spot.keys), (child.place,)))
            else:
                kept[key] = self.sifted(child, inner, (*path, key)) if inner else child
        return kept


def _unknown(key: str, known: Sequence[str]) -> str:
    if any(word in key.lower() for word in _SECRET_WORDS):
        return "unknown key; secrets are read from the environment or `.env`, never from a profile"
    guess = nearest(key, known)
    return f"unknown key; did you mean {guess}?" if guess else f"unknown key; known here are {', '.join(known)}"


def _validated(model: type[M], data: object) -> tuple[M | None, list[ErrorDetails]]:
    try:
        return model.model_validate(data, context=BEGINS), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
        return None, [outer for outer in errors if not any(_is_inside(inner, outer) for inner in errors)]


def _is_inside(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    """Whether the outer error only follows from the inner one: a list is "too short" because its wrong entries are gone."""
    return len(inner["loc"]) > len(outer["loc"]) and inner["loc"][: len(outer["loc"])] == outer["loc"]


def _sentences(error: ErrorDetails, tree: Node, root: Spot, wrong: frozenset[Path]) -> list[SettingFault]:
    path = _path(error)
    clashes = _clashes(error)
    if not clashes:
        text = _wrong(error, exact(tree, path), spot_at(root, path))
        return [SettingFault(dotted(path), text, (nearest_place(tree, path),))]
    return [
        SettingFault(dotted(fields[0]), why, tuple(nearest_place(tree, field) for field in fields))
        for fields, why in clashes
        if not any(field[: len(bad)] == bad for field in fields for bad in wrong)
    ]


def _wrong(error: ErrorDetails, given: Node | None, spot: Spot | None) -> str:
    if error["type"] == "missing" or given is None:
        return f"{MISSING}; {_must(spot)}"
    text = f"{_shown(given)} is not allowed; {_must(spot)}"
    if spot is not None and isinstance(given.value, str) and (guess := nearest(given.value, spot.options)):
        text += f"; did you mean {guess}?"
    if spot is not None and spot.is_number and isinstance(given.value, str):
        text += _as_number(given.value.strip(), spot.unit) if spot.kind is not int else ""
    if spot is not None and spot.kind is str and isinstance(given.value, bool | int | float):
        text += "; put it in quotes to make it text"
    return text


def _as_number(text: str, unit: str) -> str:
    """How a number that was written for people is written here: 0.15 for 15 % of a fraction and for 0,15; else empty."""
    if unit.startswith(_FRACTIONS) and (found := _PERCENT.fullmatch(text)) is not None:
        return f"; {text} is written {Decimal(found[1]).scaleb(-2).normalize():f}"
    if (found := _COMMA.fullmatch(text)) is not None:
        return f"; the decimal mark is a point: {found[1]}.{found[2]}"
    return ""


def _must(spot: Spot | None) -> str:
    return f"it must be {spot.wanted()}" if spot is not None else "it has no place here"


def _shown(node: Node) -> str:
    match node.value:
        case dict():
            return "a mapping"
        case tuple():
            return f"a list of {len(node.value)}"
        case None:
            return "nothing (null)"
        case value:
            text = repr(value)
            return text if len(text) <= 60 else text[:57] + "..."


def _clashes(error: ErrorDetails) -> list[tuple[tuple[Path, ...], str]]:
    """The contradictions in an error of `config.sections.clashes.contradiction`, with full paths; () for other errors."""
    if error["type"] != "contradiction":
        return []
    clashes = error.get("ctx", {}).get("clashes", ())
    return [(tuple((*_path(error), *field.split(".")) for field in fields), why) for fields, why in clashes]


def _path(error: ErrorDetails) -> Path:
    return tuple(step for step in error["loc"] if step != "[key]")


def _healed(data: object, wrong: Iterable[Path], sound: object) -> object:
    healed = deepcopy(data)
    for path in wrong:
        _put(healed, path, sound)
    return healed


def _put(target: Any, path: Path, sound: Any) -> None:
    """Replace the value at a path by that of the sound tree, or remove it when the sound tree has none.

    Where a list stands in the place of a mapping, the path leads into nothing, and the list itself is what is replaced.
    """
    place: tuple[Any, str | int, Any] | None = None
    for step in path:
        if not isinstance(target, dict) and not (isinstance(target, list) and isinstance(step, int)):
            break
        place = target, step, _step(sound, step)
        target, sound = _step(target, step), _step(sound, step)
    if place is None:
        return
    holder, step, replacement = place
    if isinstance(holder, dict):
        holder.pop(step, None)
        if replacement is not None:
            holder[step] = replacement
    elif replacement is not None:
        holder[int(step) :] = [replacement, *holder[int(step) + 1 :]]


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
