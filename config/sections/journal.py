"""`journal:`: where the journal lies, how durable an event is before the next one happens, and who keeps its head."""

from typing import Annotated, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, ValidationInfo, model_validator

from config.frozen import Frozen
from config.sections.clashes import begins, contradiction

_FORM = "postgresql+psycopg://USER@HOST/DATABASE"


def database_url(text: str) -> str:
    """A database as a URL. Raises ValueError for one of another kind, and for one with a password in it."""
    try:
        found = urlsplit(text)
        secret = found.password is not None or "password" in parse_qs(found.query)
    except ValueError as fault:
        raise ValueError(f"is no database ({fault}); write {_FORM}") from None
    if secret:
        raise ValueError(f"holds a password; leave it out, and give it in PGPASSWORD or ~/.pgpass: {_FORM}")
    if found.scheme != "postgresql+psycopg" or len(found.path) < 2:
        raise ValueError(
            f"is no database that a journal can lie in; write {_FORM}, or null for a file in the run's folder"
        )
    return text


class JournalSettings(Frozen):
    """Where the journal lies, how durable an event is before the next one happens, and who keeps its head.

    The defaults are those of journals of before these settings; no event depends on any of them.
    """

    group_commit: Annotated[int, Field(ge=1, le=100000)] = Field(
        description="events in one commit; must be 1 with a real venue [events]"
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        description=f"database of the journal, `{_FORM}`, without a password; null: a SQLite file in the run's folder",
    )
    anchor: str | None = Field(
        default=None,
        min_length=1,
        description="folder outside that keeps the journal's head, best on another machine; null: nobody keeps it",
    )
    anchor_every_s: Annotated[float, Field(ge=1, le=86400)] = Field(
        default=60.0, description="how often the journal's head is kept there [s]"
    )

    @model_validator(mode="after")
    def _can_lie_there(self, info: ValidationInfo) -> Self:
        if begins(info) and self.url is not None:
            try:
                database_url(self.url)
            except ValueError as fault:
                raise contradiction([(("url",), str(fault))]) from None
        return self
