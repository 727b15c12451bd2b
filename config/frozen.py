"""The base of every value that crosses a border: closed, frozen and finite.

It refuses a misspelt key, a NaN and an infinity where the value is made (law 9), so later code does not check again.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, partial
from operator import attrgetter, is_, not_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Word(StrEnum):
    """One of a closed set of words in records. A writer of JSON asks each one for its `value`, dozens of times a decision; the
    standard property is a Python function, and takes most of the time of the writing."""

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))


class Frozen(BaseModel):
    """A closed, immutable, finite record whose JSON is canonical: fields in the order of their declaration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_bytes="base64")

    def canonical(self) -> bytes:
        """The bytes that are journaled, hashed and compared on replay: those of `model_dump_json`, without a text between."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def of_ours(cls, **values: Any) -> Self:
        """A value of fields that were checked already, all of them and in the order of their declaration. They are not checked
        again: only a maker whose inputs have passed a border, and have the right types, may use it."""
        return cls.made_of(values)

    @classmethod
    def made_of(cls, values: dict[str, Any]) -> Self:
        """`of_ours` of a dictionary that nobody else holds: the value keeps it."""
        made = _blank(cls)
        _set_values(made, values)
        _set_names(made, _all_fields(cls))
        _set_extra(made, None)
        _set_private(made, None)
        return made


@cache
def _all_fields(kind: type[Frozen]) -> set[str]:
    """The names of all fields. Values share it: nothing changes a frozen one, and a copy has its own."""
    return set(kind.model_fields)


_blank = object.__new__
_set_values, _set_names, _set_extra, _set_private = (
    vars(BaseModel)[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""Set an attribute of a value that is frozen, by its slot: a search for it by name takes three times as long."""


class Journaled(Frozen):
    """A value that the journal stores as one event. Every later version of the program must still read it.

    `event_kind` names the event in the journal. `event_version` counts the forms of that kind: it rises with every change of a
    field, here or in a value inside, and with every change of a rule that puts other words into it. `agents/records/events.py`
    lists all kinds, and carries older versions up to the present one.
    """

    event_kind: ClassVar[str]
    event_version: ClassVar[int] = 1

    @classmethod
    def written_kind(cls, version: int | None = None) -> str:
        """How the journal writes kind and version (the present one, if none is given): `cycle` for the first version of a
        cycle, `cycle@2` for the second."""
        number = version or cls.event_version
        return cls.event_kind if number == 1 else f"{cls.event_kind}@{number}"


absent: Callable[[Any], bool] = partial(is_, None)
"""Whether a value is None. The `exclude_if` of a field that is left out where nothing is known.

It is compiled, as `empty` is: dozens of fields are asked at each bar, and a lambda would take half the time of the writing.
"""
empty: Callable[[Any], bool] = not_
"""Whether a value is false: the `exclude_if` of a collection or a count that is left out where there is none."""


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware moment, converted to UTC. A naive datetime is refused."""
