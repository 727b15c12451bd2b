"""What can be wrong with a reply in JSON: seeded mutations of its structure, its numbers, its words and its bytes."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

Path = tuple[str | int, ...]

NUMBERS: tuple[Any, ...] = (
    0, -1, -0.0, 1e308, 10**40, -(10**40), 1e-320, "NaN", "Infinity", "-Infinity", "1e9999", "0x10", "１２", "1,5", " 7 ", "",
    float("nan"), float("inf"), 2**63, 2**64, "0.00000000000000000000000000000000000000000000000000000000001", "9" * 400,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, "", " ", "null", "open", "0", [], {}, [[]], [None], {"": None}, {"code": -1021}, [1, 2, 3],
    "\u0000", "\ud83d\ude00", "BTC\u200b/USDT", "ＢＴＣ", "\u202e", "x" * 10_000, "<html>", "[object Object]",
)  # fmt: skip
WORDS: dict[str, tuple[Any, ...]] = {
    "side": ("BUY", "SELL", "buy", "sell", "Buy", "Sell", "SHORT", "b", None),
    "status": (
        "NEW",
        "FILLED",
        "CANCELED",
        "EXPIRED",
        "REJECTED",
        "PENDING_CANCEL",
        "PARTIALLY_FILLED",
        "UNHEARD_OF",
        7,
    ),
    "symbol": ("ETHUSDT", "BTCUSDT", "BTC/USDT", "DOGEUSDT", "btcusdt", "BTCUSDTBTCUSDT", "XBTUSD", 5, None),
    "id": ("1", 1, -1, "999999999999999999999", 10**30, None, "same", {}),
}
"""By a part of a field's name."""


def mutated(text: str, chance: Random) -> tuple[str, str]:
    """A reply with one to three things wrong, and the name of the first mutation."""
    try:
        tree = json.loads(text)
    except ValueError:
        return cut(text, chance), "cut"
    names = []
    for _ in range(1 + (chance.random() < 0.3) + (chance.random() < 0.1)):
        name = chance.choice(sorted(MUTATIONS))
        tree = MUTATIONS[name](tree, chance)
        names.append(name)
    told = json.dumps(tree)
    return (cut(told, chance), "cut") if chance.random() < 0.08 else (told, names[0])


def cut(text: str, chance: Random) -> str:
    """The reply broken off, with bytes changed in its middle, or said twice."""
    at = chance.randrange(len(text) + 1)
    return chance.choice((text[:at], text[:at] + chance.choice("\x00}]{\"'é") + text[at + 1 :], text + text, text[at:]))


def places(tree: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a tree but its root."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in inner:
        yield (*here, step)
        yield from places(value, (*here, step))


def _changed(tree: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    tree = deepcopy(tree)
    at = tree
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = change(at[path[-1]])
    return tree


def _somewhere(tree: Any, chance: Random, fits: Callable[[Path, Any], bool], change: Callable[[Path, Any], Any]) -> Any:
    """Change one of the places that fit; the whole tree is replaced where none does."""
    found = [path for path in places(tree) if fits(path, _at(tree, path))]
    if not found:
        return chance.choice(OTHERS)
    path = chance.choice(found)
    return _changed(tree, path, lambda value: change(path, value))


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _is_number(_: Path, value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dropped(tree: Any, chance: Random) -> Any:
    """A field or an entry is missing."""
    found = list(places(tree))
    if not found:
        return chance.choice(OTHERS)
    path = chance.choice(found)
    tree = deepcopy(tree)
    del _at(tree, path[:-1])[path[-1]]
    return tree


def _repeated(tree: Any, chance: Random) -> Any:
    """An entry of a list stands there again, as it is or a little different."""
    found = [path for path in ((), *places(tree)) if isinstance(_at(tree, path), list) and _at(tree, path)]
    if not found:
        return [tree, tree]
    tree = deepcopy(tree)
    entries = _at(tree, chance.choice(found))
    again = deepcopy(chance.choice(entries))
    entries.insert(chance.randrange(len(entries) + 1), _scaled(again, chance) if chance.random() < 0.5 else again)
    return tree


def _scaled(tree: Any, chance: Random) -> Any:
    """A number is another one that might be true: more than was ordered, another price, less than nothing."""
    factor = chance.choice((2, 3, 10, 1e6, 0.5, 1e-6, -1, 0))

    def scale(_: Path, value: Any) -> Any:
        number = float(value) * factor
        return f"{number:f}" if isinstance(value, str) else number if isinstance(value, float) else int(number)

    return _somewhere(tree, chance, lambda path, value: _is_number(path, value) and abs(float(value)) < 1e18, scale)


def _swapped(tree: Any, chance: Random) -> Any:
    """A word is another one of its kind: the other side, a foreign market, another state, another's id."""

    def kind(path: Path) -> str | None:
        name = next((str(step).lower() for step in reversed(path) if isinstance(step, str)), "")
        return next((each for each in WORDS if each in name), None)

    return _somewhere(
        tree, chance, lambda path, _: kind(path) is not None, lambda path, _: chance.choice(WORDS[kind(path) or "id"])
    )


def _wrapped(tree: Any, chance: Random) -> Any:
    """A value is a list or a mapping of itself."""
    whole: dict[str, Any] = {"data": tree}
    if chance.random() < 0.2:
        return chance.choice(([tree], whole))
    return _somewhere(tree, chance, lambda _, __: True, lambda _, value: chance.choice(([value], {"value": value})))


MUTATIONS: dict[str, Callable[[Any, Random], Any]] = {
    "dropped": _dropped,
    "null": lambda tree, chance: _somewhere(tree, chance, lambda _, __: True, lambda _, __: None),
    "other type": lambda tree, chance: _somewhere(
        tree, chance, lambda _, __: True, lambda _, __: chance.choice(OTHERS)
    ),
    "no number": lambda tree, chance: _somewhere(tree, chance, _is_number, lambda _, __: chance.choice(NUMBERS)),
    "another number": _scaled,
    "another word": _swapped,
    "repeated": _repeated,
    "wrapped": _wrapped,
    "whole": lambda _, chance: chance.choice(OTHERS),
    "text of a number": lambda tree, chance: _somewhere(
        tree, chance, _is_number, lambda _, value: str(value) if not isinstance(value, str) else float(value)
    ),
}
"""By name: a tree, with one thing wrong."""
