"""The share of a full position that position voters want, and what it leaves of each cap.

Every cap says how large the whole position may be, because it is asked on the book without what is held of this market. The
caps of an order alone (`of_order` in the catalogue) say how large what is added may be. A full position is what the tightest cap
allows; voters, court and policy leave a share of it, and what is held already is taken off (decision 23).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from risk.facts import Facts
from risk.proposal import Proposal
from risk.sizing import hard_stop
from risk.verdict import Reaction, RuleReport


def stop_at_venue(facts: Facts) -> float:
    """Distance of the stop that an entry is protected by at its venue [fraction of its price]."""
    return facts.stop if facts.proposal.exposure is None else hard_stop(facts.limits)


class Room(NamedTuple):
    """What a proposal may add: `notional` [quote], below 0 where more is held than allowed; and the cap that leaves the least."""

    tightest: RuleReport
    notional: Decimal


def shares_well_formed(given: Proposal, sign: int = 1) -> bool:
    """Whether share and exit of a proposal are finite and in their ranges, and the exit is on the side of the losses: below the
    price, and above it for a short (`sign` -1)."""
    shares = (share for share in (given.exposure, given.held_share) if share is not None)
    if not all(isfinite(share) and 0.0 <= share <= 1.0 for share in shares):
        return False
    exit_price, price = given.exit_price, float(given.reference_price)
    return exit_price is None or (isfinite(exit_price) and exit_price > 0.0 and sign * (price - exit_price) > 0.0)


def beside(facts: Facts) -> Facts:
    """The facts on the book without what is held of the proposed market. Equity and cash stay as they are.

    So each cap speaks of the whole position. Facts of a proposal without a share are returned as they are.
    """
    if not facts.proposal.enlarges:
        return facts
    others = tuple(held for held in facts.portfolio.positions if held.symbol != facts.proposal.symbol)
    return replace(facts, portfolio=facts.portfolio.model_copy(update={"positions": others}))


def held_quantity(facts: Facts) -> Decimal:
    """What is held of the proposed market [base, never negative], for a proposal to enlarge it; 0 for any other."""
    held = facts.portfolio.position(facts.proposal.symbol) if facts.proposal.enlarges else None
    return Decimal(0) if held is None else held.quantity.copy_abs()


def worth_with(facts: Facts, quantity: Decimal) -> Decimal:
    """What is held of the proposed market is worth with so much more of it [base]: in quote units.

    What is held counts at its mark where that is above the price of the proposal: a cheap price is no room.
    """
    held, price = held_quantity(facts), facts.proposal.reference_price
    position = facts.portfolio.position(facts.proposal.symbol) if held else None
    if position is None or position.mark_price <= price:
        return (held + quantity) * price
    return held * position.mark_price + quantity * price


def room_left(facts: Facts, caps: Sequence[RuleReport], of_order: frozenset[str]) -> Room:
    """What is left for a proposal of a share, given the caps on the book beside it; `of_order` are those of the order."""
    given = facts.proposal
    scale = Decimal(repr(_wanted(given))) * given.scale
    held = worth_with(facts, Decimal(0))
    rooms = [
        Room(report, report.notional_cap if report.code in of_order else report.notional_cap * scale - held)
        for report in caps
        if report.notional_cap is not None
    ]
    return min(rooms, key=lambda room: room.notional)


def _wanted(given: Proposal) -> float:
    """The share of a full position that is wanted, in [0, 1]: all of it by voters of single events."""
    return 1.0 if given.exposure is None else given.exposure


def share_report(facts: Facts, room: Room) -> RuleReport:
    """What is held already of the share that is wanted [quote]; it refuses what would add nothing."""
    given, held = facts.proposal, worth_with(facts, Decimal(0))
    enough = room.notional <= 0 and held > 0
    wanted = f"{_wanted(given):.0%} of a full position is wanted"
    left = (
        f"{room.tightest.code} leaves of it"
        if given.exposure is not None
        else f"the court leaves of {room.tightest.code}"
    )
    return RuleReport(
        code="share",
        number=float(held),
        limit=None,
        unit="quote held",
        reaction=Reaction.REFUSE if enough else Reaction.PASS,
        note=f"{wanted}, and what {left} is held already" if enough else wanted,
    )
