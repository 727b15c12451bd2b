"""Every setting that a profile may state: key, what may stand there, unit, default and meaning, read out of the models.

Nothing is written twice: ranges, units and meanings are those of the fields, a default is that of `base.yaml` or of the field.
"""

from collections.abc import Iterator
from inspect import cleandoc
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.reading.document import read_document
from config.reading.load import PROFILES
from config.reading.schema import Spot, is_model, spot_of
from config.reading.tree import plain
from config.settings import Settings

REQUIRED = "to be stated"
"""Stands where there is no default: each profile says it."""
_WIDE = 10_000


class Entry(NamedTuple):
    """One setting. `key` is dotted; NAME stands for a name of the user's own, [] for each entry of a list.

    `default` is a value between backticks, or words.
    """

    key: str
    value: str
    unit: str
    default: str
    meaning: str


class Section(NamedTuple):
    """The settings of one section of the profile, and what it is about; those of no section have an empty name."""

    name: str
    about: str
    entries: tuple[Entry, ...]


def reference(model: type[BaseModel] = Settings) -> tuple[Section, ...]:
    """All sections, in the order of their declaration; first what stands in no section."""
    document, _ = read_document(PROFILES / "base.yaml", "base.yaml")
    base = plain(document) if document is not None else {}
    loose: list[Entry] = []
    sections: list[Section] = []
    for name, field in model.model_fields.items():
        entries = tuple(_entries(name, field, spot_of(model).child(name), _below(base, name)))
        if _model_in(field.annotation) is None:
            loose += entries
        else:
            sections.append(Section(name, _about(field), entries))
    return (Section("", "", tuple(loose)), *sections)


def _entries(key: str, field: FieldInfo, spot: Spot | None, base: Any) -> Iterator[Entry]:
    """The setting itself; or, where models stand in it, theirs."""
    assert spot is not None
    inner = _model_in(field.annotation)
    if inner is None or not is_model(spot.kind):
        yield Entry(key, _value(spot, field), spot.unit, _default(field, base), _meaning(field))
    if inner is None:
        return
    whole = is_model(spot.kind)
    below = key if whole else f"{key}.NAME" if get_origin(spot.kind) is dict else f"{key}[]"
    for name, child in inner.model_fields.items():
        yield from _entries(f"{below}.{name}", child, spot_of(inner).child(name), _below(base, name) if whole else None)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that stands in an annotation, itself or as the entry of a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _value(spot: Spot, field: FieldInfo) -> str:
    wanted = _without_unit(spot.wanted())
    if get_origin(spot.kind) in (tuple, dict) and _model_in(spot.kind) is None:
        wanted += "; " + _items(spot)
    return f"{wanted}, or null" if NoneType in get_args(field.annotation) else wanted


def _items(spot: Spot) -> str:
    """What each entry of a list or mapping must be; of a list of fixed length, one after another."""
    parts = get_args(spot.kind)
    if get_origin(spot.kind) is dict or Ellipsis in parts:
        return f"each {_wanted_at(spot, 'any' if get_origin(spot.kind) is dict else 0)}"
    return " and ".join(_wanted_at(spot, place) for place in range(len(parts)))


def _wanted_at(spot: Spot, step: str | int) -> str:
    item = spot.child(step)
    return _without_unit(item.wanted()) if item is not None else ""


def _without_unit(text: str) -> str:
    return text.partition(" [")[0]


def _default(field: FieldInfo, base: Any) -> str:
    if isinstance(base, dict) and _model_in(field.annotation) is not None:
        return f"those of base.yaml: {', '.join(base)}"
    if base is not None:
        return f"`{_text(base)}`"
    if field.is_required():
        return "`null`" if NoneType in get_args(field.annotation) else REQUIRED
    return f"`{_text(field.get_default(call_default_factory=True))}`"


def _text(value: Any) -> str:
    match value:
        case BaseModel():
            return _text(value.model_dump(mode="json", exclude_none=True))
        case tuple() | list() | dict():
            made = [_plain(each) for each in value] if not isinstance(value, dict) else _plain(value)
            return yaml.safe_dump(made, default_flow_style=True, width=_WIDE, sort_keys=False).strip()
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _meaning(field: FieldInfo) -> str:
    told = field.description or ""
    return told.rpartition(" [")[0] if told.endswith("]") else told


def _about(field: FieldInfo) -> str:
    model = _model_in(field.annotation)
    return cleandoc(model.__doc__ or "") if model is not None and is_model(field.annotation) else ""


def _below(base: Any, name: str) -> Any:
    return base.get(name) if isinstance(base, dict) else None
