"""What a user says about files that do not say it themselves. It decides only what a file leaves open."""

import re
from typing import Literal
from zoneinfo import available_timezones

from pydantic import field_validator

from config.frozen import Frozen

_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")


class Reading(Frozen):
    """How files of bars are read. None: as the file proves it, or as is usual (times in UTC, at the open of the bar)."""

    dates: Literal["dmy", "mdy"] | None = None
    """The order of day and month in dates like 03/04/2024."""
    decimal: Literal[".", ","] | None = None
    """The mark between whole numbers and decimals."""
    volume: Literal["base", "quote"] | None = None
    """The unit of the volume: coins, or money."""
    tz: str | None = None
    """The zone of times without one: a name like Europe/Berlin, or an offset like +02:00."""
    stamps: Literal["open", "close"] | None = None
    """Whether a time is that of the open of its bar or of its close."""

    @field_validator("tz")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones() and not _OFFSET.fullmatch(zone):
            raise ValueError("it is neither a time zone, like Europe/Berlin, nor an offset, like +02:00")
        return zone


AS_FOUND = Reading()
"""Nothing was said: only what the files prove is read."""
