"""Settings before they are checked: a tree of plain values that keeps the file and line of each value.

This module merges trees and checks nothing. Only a child file or the command line replaces a value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: a file with its line (from 1), or a source without lines."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One fault as one sentence: the dotted key (may be empty), what is wrong with it, and where.

    Its text is always one printable line, whatever the file contains.
    """

    key: str
    text: str
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        where = "; ".join(dict.fromkeys(str(place) for place in self.places))
        line = (f"{self.key}: " if self.key else "") + self.text + (f" ({where})" if where else "")
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: a scalar, a tuple of nodes (a list) or a dict of nodes (a mapping)."""

    value: object
    place: Place

    def child(self, step: str | int) -> "Node | None":
        """The node one step down, or None where there is none."""
        if isinstance(self.value, dict):
            found = self.value.get(step)
            return found if isinstance(found, Node) else None
        if isinstance(self.value, tuple) and str(step).isdecimal() and int(step) < len(self.value):
            return self.value[int(step)]  # type: ignore[no-any-return]
        return None


def planted(value: object, place: Place) -> Node:
    """Build a tree from plain mappings, lists and scalars. All of its values get the same place."""
    if isinstance(value, Mapping):
        return Node({str(key): planted(item, place) for key, item in value.items()}, place)
    if isinstance(value, list | tuple):
        return Node(tuple(planted(item, place) for item in value), place)
    return Node(value, place)


def plain(node: Node) -> object:
    """The tree without its places: dicts, lists and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child) for child in node.value]
    return node.value


def merged(parent: Node, child: Node) -> Node:
    """Merge mappings key by key. Everything else in the child, lists included, replaces the parent's value."""
    if not isinstance(parent.value, dict) or not isinstance(child.value, dict):
        return child
    both = dict(parent.value)
    for key, node in child.value.items():
        both[key] = merged(both[key], node) if key in both else node
    return Node(both, child.place)


def exact(node: Node, path: Iterable[str | int]) -> Node | None:
    """The node at a path, or None when no file sets that value."""
    at: Node | None = node
    for step in path:
        at = at.child(step) if at is not None else None
    return at


def nearest_place(node: Node, path: Iterable[str | int]) -> Place:
    """The place of the deepest existing part of a path: for a missing key, the place of its section."""
    for step in path:
        below = node.child(step)
        if below is None:
            break
        node = below
    return node.place


def dotted(path: Iterable[str | int]) -> str:
    """A path in dotted form: `strategies.0.weight`."""
    return ".".join(str(step) for step in path)
