"""The base of every value that crosses a border: closed, frozen and finite.

A misspelt key, a NaN or an infinity stops where it enters (laws 9, habits 2); nothing downstream has to ask again.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """A closed, immutable, finite record whose JSON is canonical: fields in the order of their declaration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_bytes="base64")

    def canonical(self) -> bytes:
        """The bytes that are journaled, hashed and compared on replay."""
        return self.model_dump_json().encode()


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware moment, normalised to UTC; naive ones are refused."""
