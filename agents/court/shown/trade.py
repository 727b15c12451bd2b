"""The trade that a case is about, term by term: where it begins and ends, its costs, its usual size, and how such trades went.

Each term says how it is known: declared by profile or exchange, computed from declared ones, measured on closed cases, or
estimated from what the market shows now. A term that is not known is left out, and is never a zero.
"""

from typing import Any, Literal

from pydantic import Field

from config.frozen import Frozen, absent, empty

PRICES = frozenset({"entry", "target", "stop"})
"""Terms in quote units that tell which market it is."""

How = Literal["declared", "computed", "measured", "estimated"]
HOWS: tuple[How, ...] = ("declared", "computed", "measured", "estimated")


def _term(how: How, meaning: str) -> Any:
    return Field(default=None, exclude_if=absent, description=meaning, json_schema_extra={"how": how})


class Trade(Frozen):
    """One purchase, if court and policy left it whole. Prices [quote]; fractions are of the entry."""

    entry: float = Field(description="last close [quote]", json_schema_extra={"how": "declared"})
    target_fraction: float | None = _term("declared", "distance of the first target above the entry")
    target: float | None = _term("declared", "the first target [quote]")
    target_share: float | None = _term("declared", "part of the position that is sold there")
    trail_fraction: float | None = _term("declared", "distance at which the stop then follows the highest price")
    fee_bps: float | None = _term("declared", "taker fee of one side [bps]")
    stop_fraction: float | None = _term("computed", "distance of the stop below the entry")
    stop: float | None = _term("computed", "the stop [quote]")
    stop_atr: float | None = _term("computed", "distance of the stop [ATR]")
    reward_to_risk: float | None = _term("computed", "target_fraction / stop_fraction")
    usual_quote: float | None = _term(
        "computed", "the usual size: what the gate would buy now if it were left whole [quote]"
    )
    usual_fraction: float | None = _term("computed", "the usual size, of equity")
    at_stake_quote: float | None = _term("computed", "what is lost at the stop with the usual size [quote]")
    bound_by: str | None = _term("computed", "the rule of the gate that sets the usual size, or refuses it")
    cases: int | None = _term("measured", "closed purchases of these voters, bought or not [cases]")
    win_rate: float | None = _term("measured", "part of them that ended at a profit")
    mean_r: float | None = _term("measured", "their mean outcome after fees [losses at the stop]")
    court_cases: int | None = _term("measured", "closed cases that this court let through [cases]")
    court_win_rate: float | None = _term("measured", "part of them that reached their target first")
    slippage_bps: float | None = _term("estimated", "one side, with the usual size in the present order book [bps]")
    round_trip_bps: float | None = _term("estimated", "fees and slippage of both sides [bps]")
    edge: float | None = _term("estimated", "the move to the first target / round_trip_bps")
    breakeven: float | None = _term("estimated", "chance of the target at which the trade pays its costs")
    chance: float | None = _term(
        "estimated", "chance of the target: the record, and with few cases that of a fair game"
    )
    rooms: dict[str, float] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what each rule of the gate leaves of a position, the tightest first [quote]",
    )


def terms_known(how: How) -> tuple[str, ...]:
    """The names of the terms that are known in this way, in their order."""
    known = ((name, term.json_schema_extra) for name, term in Trade.model_fields.items())
    return tuple(name for name, about in known if isinstance(about, dict) and about["how"] == how)
