"""`journal:`: how durable an event is before the next one happens."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


class JournalSettings(Frozen):
    """How durable an event is before the next one happens."""

    group_commit: Annotated[int, Field(ge=1, le=100000)] = Field(
        description="events in one commit; must be 1 with a real venue [events]"
    )
