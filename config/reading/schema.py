"""The range and unit of each setting, by its dotted key, read from the settings' models.

Nothing is declared twice: ranges come from the constraints of the fields, units from the brackets at the end of their
descriptions.
"""

import re
import types
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.sections.kinds import OneOf

_NUMBERS = {int: "a whole number", float: "a number", Decimal: "a number"}
_UNIT = re.compile(r"\[([^\]]+)\]\s*$")


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in the settings: its plain type, its constraints and its description."""

    kind: Any
    bounds: tuple[object, ...] = ()
    description: str = ""

    def child(self, step: str | int) -> "Spot | None":
        """The place one step down; None when there is none."""
        if is_model(self.kind):
            field = self.kind.model_fields.get(step)
            return _of_field(field) if field is not None else None
        arguments = get_args(self.kind)
        if get_origin(self.kind) is dict and isinstance(step, str):
            return self._item(arguments[1])
        if get_origin(self.kind) is tuple and isinstance(step, int):
            fixed = Ellipsis not in arguments and step < len(arguments)
            return self._item(arguments[step if fixed else 0])
        return None

    def _item(self, annotation: Any) -> "Spot":
        """An entry of a list or mapping. It has the unit of the whole."""
        item = _of_type(annotation)
        return Spot(item.kind, item.bounds, item.description or self.description)

    @property
    def keys(self) -> tuple[str, ...] | None:
        """The keys that are allowed here; None when the user chooses the keys, or when this is no mapping."""
        return tuple(self.kind.model_fields) if is_model(self.kind) else None

    @property
    def is_number(self) -> bool:
        return self.kind in _NUMBERS

    @property
    def unit(self) -> str:
        """The unit without brackets; empty for dimensionless numbers and text."""
        found = _UNIT.search(self.description)
        return found.group(1) if found else ""

    @property
    def options(self) -> tuple[str, ...]:
        """The closed set of allowed values; empty when there is none."""
        if get_origin(self.kind) is Literal:
            return tuple(str(option) for option in get_args(self.kind))
        return next((bound.options for bound in self.bounds if isinstance(bound, OneOf)), ())

    def wanted(self) -> str:
        """The allowed values in words: `a number above 0 and at most 1 [fraction of equity]`."""
        unit = f" [{self.unit}]" if self.unit else ""
        if self.is_number:
            return _NUMBERS[self.kind] + self._range() + unit
        if self.kind is bool:
            return "true or false"
        if self.options:
            return "one of " + ", ".join(self.options)
        if self.keys is not None:
            return "a mapping with the keys " + ", ".join(self.keys)
        if get_origin(self.kind) is tuple:
            return "a list" + self._size("entries")
        if get_origin(self.kind) is dict:
            return "a mapping"
        return "text" + self._size("characters")

    def _range(self) -> str:
        low, high = self._limit(at.Ge, "ge"), self._limit(at.Le, "le")
        if low is not None and high is not None:
            return f" from {low:g} to {high:g}" if abs(high) < 1e6 else f" from {low} to {high}"
        words = [
            f"{word} {limit:g}"
            for word, kind, name in (
                ("above", at.Gt, "gt"),
                ("at least", at.Ge, "ge"),
                ("below", at.Lt, "lt"),
                ("at most", at.Le, "le"),
            )
            if (limit := self._limit(kind, name)) is not None
        ]
        return " " + " and ".join(words) if words else ""

    def _size(self, what: str) -> str:
        least, most = self._limit(at.MinLen, "min_length"), self._limit(at.MaxLen, "max_length")
        if least is not None and most is not None:
            return f" of {least} to {most} {what}"
        return ", not empty" if least == 1 else f" of at least {least} {what}" if least else ""

    def _limit(self, kind: type, name: str) -> Any:
        return next((getattr(bound, name) for bound in self.bounds if isinstance(bound, kind)), None)


def spot_of(model: type[BaseModel]) -> Spot:
    """The root of a model's settings."""
    return Spot(model)


def spot_at(root: Spot, path: tuple[str | int, ...]) -> Spot | None:
    """The place at a path; None when the model has no such path."""
    spot: Spot | None = root
    for step in path:
        spot = spot.child(step) if spot is not None else None
    return spot


def is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _of_field(field: FieldInfo) -> Spot:
    inner = _of_type(field.annotation)
    return Spot(inner.kind, (*inner.bounds, *field.metadata), field.description or inner.description)


def _of_type(annotation: Any) -> Spot:
    if get_origin(annotation) is Annotated:
        inner = _of_type(get_args(annotation)[0])
        bounds = [b for m in annotation.__metadata__ for b in (m.metadata if isinstance(m, FieldInfo) else (m,))]
        return Spot(inner.kind, (*inner.bounds, *bounds))
    if get_origin(annotation) in (Union, types.UnionType):
        return _of_type(next(option for option in get_args(annotation) if option is not type(None)))
    return Spot(annotation)
