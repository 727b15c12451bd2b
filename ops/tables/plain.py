"""Formats for tables and reports: money, fractions, times, and a sentence about each rule.

An unknown number is a dash; it is never shown as zero.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from config.sections.court import COST_EDGE
from risk.limits.catalogue import SENTENCES

if TYPE_CHECKING:
    from ops.story.policy.counts import ReviewFigures
    from ops.story.summary import Identity, Summary

DASH = "–"

Number = float | Decimal | int | None

RULES: Mapping[str, str] = SENTENCES
"""What each rule of the gate does, by its code: the sentences of `risk.limits.catalogue`."""

BREAKERS = {
    "drawdown": "fall from the peak: halts until a human lifts it",
    "weekly_loss": "loss of the week: close-only for a time",
    "daily_loss": "loss of the day: close-only for a time",
    "turbulence": "a violent bar: no entries for a time",
    "loss_streak": "losses in a row: no entries for a time",
}
"""What each breaker watches and does."""

ALERTS = {
    "outage_began": "outage began",
    "outage_derisked": "de-risked",
    "outage_ended": "outage ended",
    "budget_near": "budget near its end",
    "policy_demoted": "policy demoted",
    "account_drift": "books differ",
    "close_only": "market closed",
    "ramp_moved": "ramp moved",
    "liquidated": "liquidated",
}
"""A short name for each alert."""

PURPOSES = {
    "entry": "entry",
    "stop_loss": "stop",
    "take_profit": "target",
    "trailing_stop": "trailed",
    "strategy_exit": "voted out",
    "outage_exit": "outage",
    "trim": "trimmed",
    "horizon_exit": "time up",
    "liquidation": "liquidated",
    "deleveraging": "deleveraged",
}
"""A short name for the purpose of an order."""


def frozen_words(summary: "Summary") -> str:
    """Return a sentence about the symbols that were frozen for bad data; an empty one if none was."""
    if not summary.frozen_bars:
        return ""
    each = ", ".join(f"{symbol} for {bars:,} of {summary.bars:,} bars" for symbol, bars in summary.frozen_bars.items())
    held = "".join(
        f" {symbol} is held, at the last price that was believed: {why}." for symbol, why in summary.held_frozen.items()
    )
    return f"Nothing new could be opened, because data was missing or hard to believe: {each}.{held}"


def money(value: Number) -> str:
    """Return two decimals and thousands separators."""
    return DASH if value is None else f"{value:,.2f}"


def signed_money(value: Number) -> str:
    """Return money with its sign."""
    return DASH if value is None else f"{value:+,.2f}"


def percent(fraction: Number) -> str:
    """Return a fraction as percent with two decimals."""
    return DASH if fraction is None else f"{fraction * 100:.2f}%"


def signed_percent(fraction: Number) -> str:
    """Return percent with its sign."""
    return DASH if fraction is None else f"{fraction * 100:+.2f}%"


def ratio(value: Number) -> str:
    """Return two decimals, without a unit."""
    return DASH if value is None else f"{value:,.2f}"


def price(value: Number) -> str:
    """Return two decimals from 100 on, six significant digits below 100."""
    if value is None:
        return DASH
    return f"{value:,.2f}" if abs(float(value)) >= 100 else f"{float(value):.6g}"


def quantity(value: Decimal) -> str:
    """Return the exact number, without an exponent or trailing zeros."""
    return f"{value.normalize():,f}"


def moment(at: datetime) -> str:
    """Return the time to the minute, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def count(number: int, thing: str, plural: str | None = None) -> str:
    """`1 trade`, `2,000 trades`."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def listed(things: tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def what_happened(summary: "Summary") -> tuple[str, ...]:
    """Return a few sentences about the run."""
    return (
        _money_sentence(summary),
        _court_sentence(summary),
        _trades_sentence(summary),
        *_sides_sentence(summary),
        *_voter_sentences(summary),
        *_reviews_of_held(summary),
        *_at_once(summary),
        *_dropped(summary),
        *_funding_sentence(summary),
        _guard_sentence(summary),
        *_context_sentences(summary),
        *_policy_sentence(summary),
        *_human_sentences(summary),
    )


def adds_up(identity: "Identity") -> str:
    """Return whether the accounting identity holds, as a sentence."""
    if identity.holds:
        return "Equal to the last digit."
    if identity.recomputed != identity.end:
        return f"These differ by {identity.end - identity.recomputed:f}: nothing in this run can be trusted."
    return "The sums are equal, but their parts are not those that the run wrote: nothing in it can be trusted."


def _money_sentence(summary: "Summary") -> str:
    grown = summary.growth.total_return
    verb = "grew" if grown > 0 else "fell" if grown < 0 else "came"
    return (
        f"In {count(summary.bars, 'bar')} of {summary.timeframe} of {listed(summary.symbols)}, "
        f"{money(summary.starting_cash)} {summary.quote} {verb} to {money(summary.final_equity)} ({signed_percent(grown)}); "
        f"buying the same in equal parts and holding would have made {signed_percent(summary.market_return)}."
    )


def _court_sentence(summary: "Summary") -> str:
    if not summary.hearings:
        proposed = "Of what was proposed nothing was a case" if summary.unheard else "Nothing was proposed"
        return f"{proposed}, so the court was never called.{_unheard(summary)}"
    rulings = ", ".join(f"{number:,} {outcome}" for outcome, number in summary.rulings.items())
    stood = summary.hearings - summary.rulings["rejected"]
    return (
        f"The court heard {count(summary.hearings, 'case')} ({rulings}); of the {stood:,} that it did not reject, the gate "
        f"signed {summary.signed:,} and refused {stood - summary.signed:,}.{_unheard(summary)}"
    )


def _reviews_of_held(summary: "Summary") -> tuple[str, ...]:
    """How many positions the court has reviewed, and what became of them."""
    found = summary.court_reviews
    if found is None:
        return ()
    became = ", ".join(f"{number:,} {word.replace(', ', ' ')}" for word, number in found.became.items())
    return (f"The court reviewed what was held {count(found.reviews, 'time')}: {became}.",)


def _at_once(summary: "Summary") -> tuple[str, ...]:
    """Of how many purchases a share was entered before their ruling."""
    if not summary.entered_at_once:
        return ()
    told = count(summary.entered_at_once, "purchase")
    return (f"Of {told} a share was entered at once, on the word of the rules mind, before the models had ruled.",)


def _dropped(summary: "Summary") -> tuple[str, ...]:
    """Of how many rulings nothing followed, and what had changed by then."""
    if not summary.dropped:
        return ()
    whys = "; ".join(f"{why}: {number:,}" for why, number in summary.dropped.items())
    return (f"Of {count(sum(summary.dropped.values()), 'ruling')} nothing followed ({whys}).",)


def _unheard(summary: "Summary") -> str:
    """Return a sentence about proposals that were no case, with a space before it; an empty one if there was none."""
    if not summary.unheard:
        return ""
    rules = tuple(f"{rule} {number:,}" for rule, number in summary.unheard.items() if rule != COST_EDGE)
    unpaid = summary.unheard.get(COST_EDGE, 0)
    told = f"the gate could have signed nothing of them: {listed(rules)}" if rules else ""
    dear = f"their first target does not pay for the trade: {unpaid:,}" if unpaid else ""
    return "".join(f" Not heard, since {why} (repeats count once)." for why in (told, dear) if why)


def _trades_sentence(summary: "Summary") -> str:
    trades, held = summary.trades, count(len(summary.positions), "position")
    if not trades.closed:
        return f"No trade was closed, and {held} {'is' if len(summary.positions) == 1 else 'are'} open."
    return (
        f"{count(trades.closed, 'trade')} closed, {trades.won:,} at a profit, {signed_money(trades.expectancy)} "
        f"{summary.quote} each on average after fees ({money(summary.fees)} in all); {held} still open."
    )


def _sides_sentence(summary: "Summary") -> list[str]:
    """Return what each side of a run on perpetuals made, and what was liquidated."""
    found = summary.perpetuals
    if found is None:
        return []
    each = " and ".join(
        f"{name} {signed_money(side.pnl)} {summary.quote} in {count(side.trades.closed, 'trade')} ({side.trades.won:,} won)"
        for name, side in (("long", found.long), ("short", found.short))
    )
    number = found.long.liquidated + found.short.liquidated
    gone = (
        f" The exchange liquidated {count(number, 'position')}, which lost {money(found.lost_to_liquidation)} {summary.quote}."
        if number
        else ""
    )
    return [f"Perpetuals with leverage {ratio(found.leverage)} made {each}.{gone}"]


def _voter_sentences(summary: "Summary") -> list[str]:
    """Return what the voters said, and who could not."""
    cast = ", ".join(f"{name} {said.purchase:,} / {said.sale:,}" for name, said in summary.voters.items())
    told = "Votes to buy / to sell" if summary.perpetuals is None else "Votes for long / for short"
    return [
        *([f"{told}: {cast}."] if summary.voters else []),
        *(said.cannot_vote for said in summary.voters.values() if said.cannot_vote),
    ]


def _context_sentences(summary: "Summary") -> list[str]:
    """Return what contexts of the profile did by rules of their own, if they did anything."""
    said = []
    if summary.switched_off:
        number = count(len(summary.switched_off), "voter")
        said.append(f"{number} switched off by the profile, and not asked: {listed(summary.switched_off)}.")
    if summary.context_bound:
        each = listed(tuple(f"{name} {times:,}" for name, times in summary.context_bound.items()))
        said.append(f"Limits of a context's own, and not the profile's, decided about proposals: {each}.")
    return said


def _funding_sentence(summary: "Summary") -> list[str]:
    """Return the cost or income from funding, if there was any."""
    if not summary.funding:
        return []
    paid = summary.identity.funding
    parts = listed(tuple(f"{symbol} {signed_money(-amount)}" for symbol, amount in summary.funding.items()))
    verb = "brought" if paid < 0 else "cost"
    return [f"Funding {verb} {money(abs(paid))} {summary.quote} beside that ({parts})."]


def adjuster_name(summary: "Summary") -> str:
    """Return who adjusted sizes: `off`, or the policy and what it may do."""
    return summary.adjuster if summary.policy is None else f"{summary.adjuster} ({summary.policy.mode})"


def adjuster_line(summary: "Summary") -> str:
    """Return the same with what the policy did or would have done, on average."""
    said = summary.policy
    if said is None or said.advised is None or said.base is None:
        return adjuster_name(summary)
    verb = "applied" if said.mode == "active" else "would apply"
    stood_in = f", its base alone {said.fallbacks:,}x" if said.fallbacks else ""
    return f"{adjuster_name(summary)}: {verb} {said.advised:.2f} on average, its base {said.base:.2f}{stood_in}"


def _policy_sentence(summary: "Summary") -> list[str]:
    """Return what the policy said, if one was asked."""
    said = summary.policy
    if said is None:
        return []
    told, active = [], said.mode == "active"
    if said.advised is not None and said.base is not None:
        did = "applied" if active else "would have applied, had it been active,"
        stood_in = f"; in {count(said.fallbacks, 'case')} its base stood in" if said.fallbacks else ""
        told.append(
            f"The policy {summary.adjuster} {did} {said.advised:.2f} to a size on average (its base {said.base:.2f}{stood_in})."
        )
    if said.reviewed is not None:
        told.append(_reviews_sentence(said.reviews, said.reviewed, active=active))
    if said.demoted_utc is not None:
        told.append(
            f"Its results fell out of what its verdict promised: it is advisory since {moment(said.demoted_utc)}."
        )
    return told


def _reviews_sentence(number: int, found: "ReviewFigures", *, active: bool) -> str:
    did = "left" if active else "would have left, had it been active,"
    stood_in = f" ({count(found.fallbacks, 'time')} its base stood in)" if found.fallbacks else ""
    cut = f"; {count(found.trimmed, 'position was', 'positions were')} trimmed" if found.trimmed else ""
    return (
        f"The policy reviewed what was held {count(number, 'time')}: of {found.wanted:.0%} of a full position that the voters "
        f"wanted on average, it {did} {found.left:.0%}, and its base alone {found.base_left:.0%}{stood_in}{cut}."
    )


def _guard_sentence(summary: "Summary") -> str:
    tripped = {name: counts["tripped"] for name, counts in summary.breaker_events.items() if counts["tripped"]}
    breakers = listed(tuple(f"{name.replace('_', ' ')} {times}x" for name, times in tripped.items())) if tripped else ""
    said = f"Breakers tripped: {breakers}." if tripped else "No breaker tripped."
    alerts = (
        listed(tuple(f"{ALERTS[code]} {times}x" for code, times in summary.alerts.items())) if summary.alerts else ""
    )
    raised = f" Alerts: {alerts}." if alerts else ""
    return f"The maximum drawdown was {percent(summary.growth.max_drawdown)}. {said}{raised}"


def _human_sentences(summary: "Summary") -> list[str]:
    """Return the actions of humans, if there were any."""
    said, switch, asked = [], summary.kill_switch, summary.approvals
    if switch.halted:
        state = "is still down" if switch.down_at_end else "was lifted again"
        sold = " Everything was sold: the account is flat." if switch.flat else ""
        said.append(f"The kill switch fell and {state}.{sold}")
    if asked.yes + asked.no:
        said.append(
            f"{count(asked.yes + asked.no, 'large position')} needed a yes: {asked.yes} got it, {asked.no} did not."
        )
    return said
