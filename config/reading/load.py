"""Loads `Settings` from the name of a profile, or from the path of a user's own YAML file.

A profile names its parent in `extends:`: another profile, or a file in the same folder. Mappings are merged, lists are
replaced, and the command line overrides both. All faults in the chain are reported at once. With a single fault nothing is
started.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import NamedTuple

from config.errors import UsageFault
from config.files import behind_links
from config.reading.document import read_document
from config.reading.faults import MISSING, judged, nearest
from config.reading.tree import Node, Place, SettingFault, merged, plain, planted
from config.sections.limits import RiskLimits
from config.settings import Settings

PROFILES = Path(__file__).parents[1] / "profiles"
_MANY = 5
"""Missing settings from which a profile without a parent seems to have forgotten it."""
_BASE = "base"
_SOUND = "paper"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings and the tree that they came from: `config.reading.tree.exact(tree, path)` gives the file of each value.

    `own` is the part of the tree that the user wrote: in the user's own files and on the command line.
    """

    settings: Settings
    tree: Node
    own: Node


class _Chain(NamedTuple):
    """The documents of a profile and its parents, child first; empty when one cannot be found or read.

    The first `own` documents are the user's.
    """

    files: list[Node]
    faults: list[SettingFault]
    own: int = 0


def profile_names() -> tuple[str, ...]:
    """The profiles that can be run by name. `base` is missing: other profiles extend it, and it cannot be run."""
    return tuple(sorted(file.stem for file in PROFILES.glob("*.yaml") if file.stem != _BASE))


def load_profile(name_or_path: str, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings of a profile (`paper`) or of a file (`mine.yaml`, `./mine.yaml`).

    `overrides` are nested mappings or dotted keys (`{"market.symbols": ["BTC/USDT"]}`) and win over every file.
    Raises UsageFault with all faults, one a line.
    """
    return resolve(name_or_path, overrides).settings


def resolve(name_or_path: str, overrides: Mapping[str, object] | None = None) -> Resolved:
    """Like `load_profile`, but keeps the origin of each value. Raises UsageFault with all faults, one a line."""
    files, faults, own = _chain(name_or_path)
    if not files:
        raise _refusal(f"The profile {name_or_path!r}", faults)
    command_line = Place("command line")
    name = planted({"profile": Path(name_or_path).stem if _is_path(name_or_path) else name_or_path}, command_line)
    given = planted(_nested(overrides or {}), command_line)
    tree = reduce(merged, [*reversed(files), given, name])
    tree = Node(tree.value, files[0].place)
    settings, found = judged(Settings, tree, _sound())
    faults = _together(faults, found if own < len(files) else _of_an_orphan(found, files[-1]))
    if settings is None or faults:
        raise _refusal(f"The profile {name_or_path!r}", faults)
    return Resolved(settings, tree, reduce(merged, [*reversed(files[:own]), given]))


def _of_an_orphan(faults: list[SettingFault], file: Node) -> list[SettingFault]:
    """The faults of a profile that extends none: all that it does not set is one fault, and what mends it is said."""
    missing = [fault for fault in faults if fault.text.startswith(MISSING)]
    if len(missing) < _MANY:
        return faults
    why = (
        f"{MISSING}, so {len(missing)} settings have no value; write `extends: paper` (or another of "
        f"{', '.join(profile_names())}) as its first line, and below it only what you change"
    )
    return [SettingFault("extends", why, (file.place,)), *(fault for fault in faults if fault not in missing)]


def parse_limits(path: Path | str | None, base: RiskLimits, over: Mapping[str, object] | None = None) -> RiskLimits:
    """Read limits from a YAML file with some or all keys of `limits`. The other keys keep their value in `base`.

    `over`: values that win over the file, by key. Raises UsageFault with all faults, one a line.
    """
    sound = base.model_dump()
    name = "This set of limits" if path is None else f"The limits file {str(path)!r}"
    tree, faults = planted(sound, Place("the profile")), list[SettingFault]()
    if path is not None:
        own, faults = read_document(Path(path), str(path))
        if own is None:
            raise _refusal(name, faults)
        tree = merged(tree, own)
    tree = merged(tree, planted(over or {}, Place("command line")))
    limits, found = judged(RiskLimits, tree, sound)
    faults = _together(faults, found)
    if limits is None or faults:
        raise _refusal(name, faults)
    return limits


def _chain(name_or_path: str) -> _Chain:
    files: list[Node] = []
    faults: list[SettingFault] = []
    seen: list[Path] = []
    own = 0
    wanted: str | None = name_or_path
    folder, asked_by = Path(), None
    while wanted is not None:
        file = _located(wanted, folder)
        places = (asked_by,) if asked_by else ()
        if file is None:
            return _Chain([], [*faults, SettingFault("extends" if asked_by else "", _no_profile(wanted), places)])
        if behind_links(file) in seen:
            return _Chain(
                [], [*faults, SettingFault("extends", f"{wanted!r} extends itself, through its parents", places)]
            )
        seen.append(behind_links(file))
        shown = str(file) if _is_path(wanted) else f"{wanted}.yaml"
        document, found = read_document(file, shown)
        faults += found
        if document is None or not isinstance(document.value, dict):
            return _Chain([], faults)
        files.append(_own(document, faults))
        own += _is_path(wanted)
        parent = document.child("extends")
        if parent is not None and not isinstance(parent.value, str):
            return _Chain(
                [], [*faults, SettingFault("extends", "must be the name of one profile or file", (parent.place,))]
            )
        folder, asked_by = file.parent, parent.place if parent is not None else None
        wanted = str(parent.value) if parent is not None else None
    return _Chain(files, faults, own)


def _own(document: Node, faults: list[SettingFault]) -> Node:
    """The keys of one document. It may not set `profile`: a profile has the name of its file."""
    values = dict(document.value) if isinstance(document.value, dict) else {}
    values.pop("extends", None)
    name = values.pop("profile", None)
    if name is not None:
        faults.append(SettingFault("profile", "a profile is named by its file; leave this line out", (name.place,)))
    return Node(values, document.place)


def _located(name: str, folder: Path) -> Path | None:
    if _is_path(name):
        return folder / Path(name).expanduser()
    return PROFILES / f"{name}.yaml" if name in (*profile_names(), _BASE) else None


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name


def _no_profile(name: str) -> str:
    guess = nearest(name, profile_names())
    hint = f"did you mean {guess}?" if guess else f"known are {', '.join(profile_names())}"
    return f"there is no profile {name!r}; {hint} (your own file is given by its path, ending in .yaml)"


def _nested(overrides: Mapping[str, object]) -> dict[str, object]:
    """Dotted keys as nested mappings. A later key replaces an earlier one at the same path."""
    nested: dict[str, object] = {}
    for key, value in overrides.items():
        *sections, last = key.split(".")
        at = nested
        for section in sections:
            below = at.get(section)
            at[section] = below = dict(below) if isinstance(below, Mapping) else {}
            at = below
        at[last] = value
    return nested


def _sound() -> object:
    tree = reduce(merged, reversed(_chain(_SOUND).files))
    return plain(merged(tree, planted({"profile": _SOUND}, Place(_SOUND))))


def _together(of_form: list[SettingFault], of_value: Sequence[SettingFault]) -> list[SettingFault]:
    """Both lists of faults, without faults of the value of a line whose form is already refused."""
    refused = {(fault.key, fault.places) for fault in of_form}
    return of_form + [fault for fault in of_value if (fault.key, fault.places) not in refused]


def _refusal(what: str, faults: Sequence[SettingFault]) -> UsageFault:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "\n".join(f"  {fault}" for fault in sorted(faults, key=_reading_order))
    return UsageFault(f"{what} has {count}; nothing was started. Correct this and try again:\n{lines}")


def _reading_order(fault: SettingFault) -> tuple[str, int]:
    place = fault.places[0] if fault.places else Place("")
    return place.file, place.line or 0
