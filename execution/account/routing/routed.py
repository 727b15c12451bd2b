"""The choice among several exchanges, as the journal holds it, and the rule by which it is made. Pure.

The least cost for each unit that arrives wins. Within one basis point of it the exchange at which something of the market lies
already wins, then the first in the profile: so a tie does not scatter an account, and no noise of a book does.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime, empty

ALIKE = Decimal("0.0001")
"""Costs that differ by less are the same [fraction of the least]."""


class Candidate(Frozen):
    """An exchange that may take an entry, and what each unit that arrives costs there [quote]."""

    account: str = Field(description="name of the exchange")
    book: Decimal = Field(
        description="the average price of the walk up its asks, as it showed them at the last look [quote]"
    )
    fee: Decimal = Field(description="its taker's fee, in the coin that it takes [quote]")
    funding: Decimal = Field(description="the funding that is expected as long as the voters mean to hold [quote]")
    cost: Decimal = Field(description="all of it [quote]")
    free: Decimal = Field(description="the money that is free there [quote]")


class Routed(Journaled):
    """Where an entry goes, of several exchanges, and why: written before its intent. What it costs at each follows from the books
    that were journaled, so a replay computes it again; only `unwell` is an input."""

    event_kind: ClassVar[str] = "routed"

    at_utc: UtcTime
    order_id: str = Field(description="the entry that is sent, if one is chosen")
    decision_id: str
    symbol: str
    quantity: Decimal = Field(description="what is to be bought [base]")
    candidates: tuple[Candidate, ...] = Field(description="the exchanges that may take it, in the profile's order")
    unfit: dict[str, str] = Field(description="why each of the others may not, by name")
    unwell: dict[str, str] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="exchanges that were not well at this moment, and how, by name",
    )
    chosen: str | None = Field(description="the exchange that it goes to; null if none may take it")

    @property
    def why_not(self) -> str:
        """Why none takes it, in words."""
        return "; ".join(f"{name}: {why}" for name, why in self.unfit.items())


def cheapest(candidates: Sequence[Candidate], preferred: Collection[str]) -> Candidate | None:
    """The candidate that takes an entry; None of none. `candidates` in the profile's order, `preferred`: exchanges at which
    something of the market lies."""
    if not candidates:
        return None
    least = min(each.cost for each in candidates)
    alike = [each for each in candidates if each.cost <= least + abs(least) * ALIKE]
    return next((each for each in alike if each.account in preferred), alike[0])
