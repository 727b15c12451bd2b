"""Events of a session that its operator steers: what was asked, before anything follows from it, and what became of it.

Both stand in the journal, so a replay obeys the same words at the same places and reads no mailbox.
"""

from decimal import Decimal
from typing import ClassVar, Literal, Self

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from config.sections.minds import DeadlineSettings, MindsSettings, ProviderSettings, RoleName
from config.sections.sentiment import SourceSettings
from execution.steering.words import Word


class LimitMoved(Frozen):
    """A limit that became tighter when the profile was read again."""

    name: str = Field(description="the setting of `limits:`")
    before: float | None = Field(description="its value until then; null for none")
    after: float = Field(description="its value from then on")


class Reseated(Frozen):
    """Which models answer from the next hearing on, where, and how patiently: all settings of `minds:` that a running session
    takes over, whether they have changed or not."""

    providers: dict[str, ProviderSettings] = Field(description="models, each under a name; paths without folders")
    chain: tuple[str, ...] = Field(description="providers in the order in which they are asked")
    roles: dict[RoleName, tuple[str, ...]] = Field(description="a different chain for one role")
    requests_a_provider: int = Field(description="requests to one provider for one role")
    breaker_failures: int = Field(description="failures in a row that open a provider's circuit breaker")
    breaker_open_s: float = Field(description="time an open circuit breaker waits before one trial call [seconds]")
    deadlines: DeadlineSettings = Field(description="deadlines of the models")

    @classmethod
    def of(cls, minds: MindsSettings) -> Self:
        """Those of these settings."""
        return cls.model_validate({name: getattr(minds, name) for name in cls.model_fields})

    def within(self, minds: MindsSettings) -> MindsSettings:
        """These settings with those."""
        return minds.model_copy(update={name: getattr(self, name) for name in type(self).model_fields})


class Reloaded(Frozen):
    """What a profile that was read again changes in a session that runs, and what it cannot change there."""

    limits: tuple[LimitMoved, ...] = Field(default=(), exclude_if=empty, description="limits that became tighter")
    off: tuple[str, ...] = Field(default=(), exclude_if=empty, description="strategies that it switches off")
    on: tuple[str, ...] = Field(
        default=(), exclude_if=empty, description="strategies that it switches on, of those that are switched off"
    )
    needs_restart: tuple[str, ...] = Field(
        default=(), exclude_if=empty, description="settings that differ and were not taken over, each with the reason"
    )
    seats: Reseated | None = Field(
        default=None, exclude_if=absent, description="the models from the next hearing on; absent where they stay"
    )
    sources: tuple[SourceSettings, ...] | None = Field(
        default=None,
        exclude_if=absent,
        description="all sources of headlines and figures from the next bar on, paths without folders; absent where they stay",
    )
    refused: tuple[str, ...] = Field(
        default=(),
        exclude_if=empty,
        description="what a running session could take over and could not open, each with the reason: what was there stays",
    )


class Steered(Journaled):
    """An operator has asked something of the session, between two bars."""

    event_kind: ClassVar[str] = "steered"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime = Field(description="the time of the exchange, or of the last bar")
    word: Word = Field(description="what was asked, by whom, where and why")
    not_obeyed: str | None = Field(
        default=None, exclude_if=absent, description="why nothing follows from it; absent where it is obeyed"
    )
    profile: Reloaded | None = Field(
        default=None, exclude_if=absent, description="of `reload`: what the profile says now; absent for other verbs"
    )
    prices: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what the exchange told of a market that is to be closed, where it is simulated: the last price [quote], and "
        "the volume of a bar [base]",
    )


class SteerDone(Journaled):
    """What became of it, on what the venue has said."""

    event_kind: ClassVar[str] = "steer_done"

    at_utc: UtcTime = Field(description="the time of the exchange, or of the last bar")
    word_id: str = Field(description="`word.word_id` of what was asked")
    verb: str = Field(description="`word.verb` of it")
    outcome: Literal["done", "refused", "failed"] = Field(
        description="done; refused, and nothing was done; or failed, and what is left is told"
    )
    told: str = Field(description="the result in words")
    withdrawn: tuple[str, ...] = Field(
        default=(), exclude_if=empty, description="markets in which the venue has ended an entry that was under way"
    )
    closed: Decimal | None = Field(
        default=None, exclude_if=absent, description="size of the position that fills have closed [base]"
    )
    price: Decimal | None = Field(default=None, exclude_if=absent, description="their average price [quote]")
