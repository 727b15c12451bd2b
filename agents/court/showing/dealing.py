"""Makes the trade of a case out of the proposal, the gate's verdict on it left whole, the present book and closed cases."""

from typing import Any, NamedTuple

from agents.court.case import Motion
from agents.court.shown.trade import Trade
from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument
from risk.measures.costs import above_middle_bps
from risk.record import NO_RECORD, VotersRecord
from risk.sizing import assumed_target, own_stop, stop_fraction, win_probability
from risk.verdict import Outcome, Verdict

_BPS = 10_000.0


class CourtTally(NamedTuple):
    """How the cases have ended that the court let through: how many, and how many reached their target first."""

    cases: int = 0
    wins: int = 0


class Conditions(NamedTuple):
    """Under what a purchase is made: limits and exits with those of its contexts, and the rules of its market."""

    limits: RiskLimits
    exits: ExitSettings
    market: Instrument


def trade_of(
    moved: Motion, given: Conditions, left: Verdict, equity: float, book: Book | None, court: CourtTally
) -> Trade:
    """The trade behind a proposal. `left`: the gate's verdict on it, left whole; `equity` [quote]; `book`: the market's, now;
    `court`: of the cases that had ended before."""
    limits, exits, close, shared = given.limits, given.exits, moved.close, moved.proposal.exposure is not None
    sign = -1 if moved.proposal.is_short else 1
    stop = (
        own_stop(close, moved.proposal.exit_price, limits, sign)
        if shared
        else stop_fraction(close, moved.atr_quote, limits)
    )
    target = None if shared else exits.take_profit_fraction
    usual = float(left.notional) if left.outcome is Outcome.SIGNED else 0.0
    fee = float(given.market.taker_fee_bps)
    slippage = above_middle_bps(book, usual)
    trip = None if slippage is None else 2.0 * (fee + slippage)
    record = NO_RECORD if moved.record is None else moved.record.voters
    paid = assumed_target(stop, exits, limits, shared=shared)
    return Trade(
        entry=close,
        target_fraction=target,
        target=None if target is None else close * (1.0 + sign * target),
        target_share=None if shared else exits.take_profit_share,
        trail_fraction=None if shared or exits.trail_atr_multiple is not None else exits.trail_fraction,
        fee_bps=fee,
        stop_fraction=stop,
        stop=close * (1.0 - sign * stop),
        stop_atr=None if not moved.atr_quote else stop * close / moved.atr_quote,
        reward_to_risk=None if target is None else target / stop,
        usual_quote=usual,
        usual_fraction=usual / equity,
        at_stake_quote=usual * stop,
        bound_by=left.decided_by,
        **_measured(record),
        court_cases=court.cases or None,
        court_win_rate=court.wins / court.cases if court.cases else None,
        slippage_bps=slippage,
        round_trip_bps=trip,
        edge=None if trip is None or target is None else target * _BPS / trip,
        breakeven=None if trip is None or target is None else min(1.0, (stop + trip / _BPS) / (target + stop)),
        chance=_chance(record, moved.proposal.conviction, paid / stop, limits),
        rooms=_rooms(left),
    )


def _measured(record: VotersRecord) -> dict[str, Any]:
    if not record.cases:
        return {}
    return {
        "cases": record.cases,
        "win_rate": record.wins / record.cases,
        "mean_r": (record.gain - record.loss) / record.cases,
    }


def _chance(record: VotersRecord, conviction: float, payoff: float, limits: RiskLimits) -> float:
    """The chance that Kelly's rule counts with (`risk.record.kelly_of_record`)."""
    prior = limits.record_prior
    assumed = win_probability(conviction, payoff, limits)
    return (prior * assumed + record.wins) / (prior + record.cases)


def _rooms(left: Verdict) -> dict[str, float]:
    """What each cap leaves, the tightest first, and no cap that is as large as the position limit."""
    caps = {report.code: float(report.notional_cap) for report in left.rules if report.notional_cap is not None}
    whole = caps.get("position", 0.0)
    tight = sorted((cap, code) for code, cap in caps.items() if cap < whole or code == "position")
    return {code: cap for cap, code in tight}
