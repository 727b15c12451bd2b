"""Reads one YAML file, or one value of a command line, strictly and keeps the line of every key.

It reads only what a profile needs: mappings with text keys, lists and scalars of YAML 1.2, so `no`, `on` and `12:30` stay
text. It refuses aliases, tags, duplicate keys and several documents in one file, because with each of them a file can mean
something else than a reader sees.
"""

import re
from pathlib import Path as File
from typing import TYPE_CHECKING

import yaml

from config.reading.tree import Node, Path, Place, SettingFault, dotted

MAX_BYTES = 256_000
MAX_DEPTH = 12
_TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} levels deep"
_TAG = "tag:yaml.org,2002:"
_UNDOTTED = re.compile(r"\.(?=[inIN])")

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _Loader(_Base):
    """The YAML 1.2 core schema: every scalar that matches none of these five patterns is text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (pyyaml's own table)


for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
     list("-+.0123456789")),
):  # fmt: skip
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)


def read_document(file: File, shown: str) -> tuple[Node | None, list[SettingFault]]:
    """Read the mapping in a file, and every fault of its form.

    `shown` is the name of the file in messages. The node is None when nothing could be read; an empty file gives an empty
    mapping. This function does not check values.
    """
    text, faults = _text(file, shown)
    if text is None:
        return None, faults
    root, fault = _composed(text, shown)
    if fault is not None:
        return None, [fault]
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == _TAG + "null"):
        return Node({}, Place(shown)), []
    if not isinstance(root, yaml.MappingNode):
        return None, [SettingFault("", "a profile is a mapping, `key: value` on each line", (Place(shown, 1),))]
    reader = _Reader(shown)
    return reader.node(root, (), Place(shown)), reader.faults


def read_setting(key: str, value: str, shown: str) -> tuple[Node | None, list[SettingFault]]:
    """Read one value that stands outside a file, as the line `key: value` of a file would be read.

    `shown` names the source in messages. The node is None when nothing could be read. This function does not check values.
    """
    root, fault = _composed(f"value: {value}", shown)
    if fault is not None or not isinstance(root, yaml.MappingNode) or len(root.value) != 1:
        return None, [fault or SettingFault(key, "is more than one value; write a list as [a, b]", (Place(shown),))]
    reader = _Reader(shown)
    return reader.node(root.value[0][1], tuple(key.split(".")), Place(shown)), reader.faults


def read_number(text: str) -> float:
    """A number as a profile writes it: `010` is 10; `1_000` and `0x10` are none. Raises ValueError."""
    node, faults = read_setting("", text, "the command line")
    value = None if node is None or faults else node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{text!r} is not a number")
    return float(value)


def _composed(text: str, shown: str) -> tuple[yaml.Node | None, SettingFault | None]:
    """The YAML node of a text (None for an empty one), or the fault of its form."""
    try:
        form = _bad_form(text)
        root = None if form else yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return None, _unreadable(error, text, shown)
    except yaml.YAMLError as error:
        return None, SettingFault("", f"this is not readable as YAML: {str(error).splitlines()[0]}", (Place(shown),))
    except UnicodeEncodeError:  # an argument with bytes that are no text
        return None, SettingFault("", "is not UTF-8 text", (Place(shown),))
    return root, SettingFault("", form[0], (Place(shown, form[1]),)) if form else None


def _bad_form(text: str) -> tuple[str, int] | None:
    """What is unsafe to parse (deep nesting would overflow the parser's stack), with its line; None when all is safe."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent):
            return "aliases (`*name`) are not read; write the value out", line
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return _TOO_DEEP, line
    return None


def _unreadable(error: yaml.MarkedYAMLError, text: str, shown: str) -> SettingFault:
    """The parser's message, with the line where it stopped and, if it tells, the line where the problem began."""
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    if "nesting depth" in (
        error.problem or ""
    ):  # since 6.0.4 PyYAML has a limit of its own, and reads ahead of its events
        return SettingFault("", _TOO_DEEP, (Place(shown, mark.line + 1 if mark is not None else None),))
    context = [error.context] if error.context else []
    if context and began is not None and mark is not None and began.line != mark.line:
        context.append(f"that began in line {began.line + 1},")
    why = "this is not readable as YAML: " + " ".join([*context, error.problem or "it ends too early"])
    lines = text.splitlines()
    if (
        mark is not None
        and mark.line < len(lines)
        and lines[mark.line][: mark.column + 1].isspace()
        and "\t" in lines[mark.line]
    ):
        why += "; lines are set in with blanks, and this one begins with a tab"
    return SettingFault("", why, (Place(shown, mark.line + 1 if mark is not None else None),))


def _text(file: File, shown: str) -> tuple[str | None, list[SettingFault]]:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return None, [SettingFault("", f"cannot be read: {error.strerror or error}", (Place(shown),))]
    if len(raw) > MAX_BYTES:
        return None, [SettingFault("", f"is larger than {MAX_BYTES} bytes, so it is no profile", (Place(shown),))]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return None, [SettingFault("", "is not UTF-8 text; save it as UTF-8", (Place(shown, line),))]


class _Reader:
    """Turns YAML nodes into a tree and collects the faults."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self.faults: list[SettingFault] = []

    def node(self, raw: yaml.Node, path: Path, place: Place) -> Node:
        """The tree under one YAML node. A refused part becomes null."""
        if isinstance(raw, yaml.MappingNode) and raw.tag == _TAG + "map":
            return Node(self._mapping(raw, path), place)
        if isinstance(raw, yaml.SequenceNode) and raw.tag == _TAG + "seq":
            items = (self.node(item, (*path, n), self._at(item)) for n, item in enumerate(raw.value))
            return Node(tuple(items), place)
        if isinstance(raw, yaml.ScalarNode):
            return self._scalar(raw, path, place)
        return self._refused(path, f"the tag {raw.tag!r} is not read; leave it out", place)

    def _mapping(self, raw: yaml.MappingNode, path: Path) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key_node, value_node in raw.value:
            place = self._at(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != _TAG + "str":
                self._refused(path, f"{_excerpt(key_node)} is not a text key; put it in quotes if it is meant", place)
                continue
            key = str(key_node.value)
            if key in found:
                self._refused((*path, key), f"is given twice, first in line {found[key].place.line}", place)
                continue
            found[key] = self.node(value_node, (*path, key), place)
        return found

    def _scalar(self, raw: yaml.ScalarNode, path: Path, place: Place) -> Node:
        text = str(raw.value)
        match raw.tag.removeprefix(_TAG):
            case "str":
                return Node(text, place)
            case "null":
                return Node(None, place)
            case "bool" if text.lower() in ("true", "false"):
                return Node(text.lower() == "true", place)
            case "int" | "float" as kind:
                try:
                    return Node(int(text) if kind == "int" else float(_UNDOTTED.sub("", text)), place)
                except ValueError:
                    return self._refused(path, f"{_excerpt(raw)} is no number that can be read", place)
            case _:
                return self._refused(path, f"the tag {raw.tag!r} is not read; leave it out", place)

    def _refused(self, path: Path, text: str, place: Place) -> Node:
        self.faults.append(SettingFault(dotted(path), text, (place,)))
        return Node(None, place)

    def _at(self, raw: yaml.Node) -> Place:
        return Place(self._shown, raw.start_mark.line + 1)


def _excerpt(raw: yaml.Node) -> str:
    return repr(str(raw.value)[:40]) if isinstance(raw, yaml.ScalarNode) else "a list or mapping"
