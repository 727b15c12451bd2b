"""The base of every value that crosses a border: closed, frozen and finite.

A misspelt key, a NaN or an infinity stops where it enters (laws 9, habits 2); nothing downstream has to ask again.
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """A closed, immutable, finite record whose JSON is canonical: fields in the order of their declaration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_bytes="base64")

    def canonical(self) -> bytes:
        """The bytes that are journaled, hashed and compared on replay."""
        return self.model_dump_json().encode()


class Journaled(Frozen):
    """A value that a journal keeps as one event. What is written once is read by every later version.

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


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware moment, normalised to UTC; naive ones are refused."""
