"""The account at a real exchange beyond one session: how it stands when one begins, and what one leaves.

A session on a real exchange does not begin anew what its account has lived through. `Standing` is part of the journal's first
event, so a replay reads the same; `AccountLeft` is what the next session takes over. Paper and backtest know none of it.
"""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from risk.breakers import BreakerState
from risk.ramp import Ramp


class Word(Frozen):
    """What a human has said about the account, in full and with a reason."""

    what: Literal["begin_anew", "without_record", "raise"] = Field(description="what was said")
    who: str = Field(description="who said so")
    given_utc: UtcTime = Field(description="when, by the clock of the machine")
    why: str = Field(description="the reason that was given")


class Standing(Frozen):
    """How the account of a real exchange stands when a session begins."""

    money: Decimal = Field(description="what the account was given when it began [quote]")
    breakers: BreakerState
    trades: int = Field(description="closed trades of earlier sessions [trades]")
    before: str | None = Field(description="`account.run` of the session before; null for the first one")
    foreign: dict[str, Decimal] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what lay there beside the account's own when that session ended, by market [base]",
    )
    ramp: Ramp | None = Field(
        default=None, exclude_if=absent, description="where the ramp of real money stands; absent without real money"
    )
    words: tuple[Word, ...] = Field(
        default=(), exclude_if=empty, description="what was typed to begin, beside the confirmation"
    )


class AccountLeft(Journaled):
    """What a session leaves of its account. The next one begins with it."""

    event_kind: ClassVar[str] = "account_left"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime
    cash: Decimal = Field(description="money of the account, without what is still held [quote]")
    breakers: BreakerState
    trades: int = Field(description="closed trades of the account so far, those of earlier sessions included [trades]")
    foreign: dict[str, Decimal] = Field(
        default_factory=dict, exclude_if=empty, description="what lies there beside the account's own, by market [base]"
    )
    cash_at: dict[str, Decimal] = Field(
        default_factory=dict, exclude_if=empty, description="that money at each of several exchanges, by name [quote]"
    )
    ramp: Ramp | None = Field(default=None, exclude_if=absent, description="where the ramp of real money stands")
