"""Rules about the market of the day and the shape of the book: liquidity, leverage, sectors, how often and when entries are made.

An entry whose market cannot be shown to trade is refused, and so is one that cannot be counted (law 2).
"""

from decimal import Decimal
from math import isfinite

from config.sections.limits import hours_open
from risk.facts import Facts, cap, check, gross, no_cap
from risk.verdict import RuleReport


def day_volume(facts: Facts) -> RuleReport:
    """What a market traded in the last 24 hours must be known: in one that may not trade at all, nothing is opened."""
    number = facts.day_volume_quote
    known = number is not None and isfinite(number) and number > 0.0
    said = number if known else None
    return check("day_volume", known, said, 0.0, "quote in 24 h", note="" if known else "no trading was seen in 24 h")


def liquidity(facts: Facts) -> RuleReport:
    """An entry stays within `max_volume_share` of what its market traded in the last 24 hours: it must be closed again too."""
    volume = facts.day_volume_quote or 0.0
    note = f"{volume:,.0f} traded in 24 h"
    return cap(facts, "liquidity", facts.limits.max_volume_share * volume / facts.equity, note=note)


def order_rate(facts: Facts) -> RuleReport:
    """At most `max_entries_per_day` entries in 24 hours: a strategy that has run wild is stopped before its fees are felt."""
    limit, number = facts.limits.max_entries_per_day, facts.entries_today
    if limit is None:
        return check("order_rate", True, note="no limit is set")
    if number is None:
        return check("order_rate", False, None, float(limit), "entries in 24 h", note="they were not counted")
    return check("order_rate", number < limit, float(number), float(limit), "entries in 24 h")


def most_positions(facts: Facts) -> RuleReport:
    """At most `max_positions` positions and entries under way at one time, whatever their size."""
    limit, number = facts.limits.max_positions, facts.portfolio.open_symbols - {facts.proposal.symbol}
    if limit is None:
        return check("max_positions", True, note="no limit is set")
    return check("max_positions", len(number) < limit, float(len(number)), float(limit), "positions")


def trading_hours(facts: Facts) -> RuleReport:
    """Nothing is opened outside `trading_hours_utc`: from the first hour on, and before the last; 22 to 6 passes midnight."""
    hours, now = facts.limits.trading_hours_utc, facts.proposal.as_of_utc.hour
    if hours is None:
        return check("trading_hours", True, note="no limit is set")
    start, end = hours
    note = f"open from {start} to {end} h UTC"
    return check("trading_hours", now in hours_open(hours), float(now), None, "h UTC", note=note)


def gross_leverage(facts: Facts) -> RuleReport:
    """All positions and entries under way, long and short added up, stay within `max_gross_leverage` times equity."""
    used = float(facts.portfolio.deployed) / facts.equity
    return cap(facts, "gross_leverage", facts.limits.max_gross_leverage - used)


def net_leverage(facts: Facts) -> RuleReport:
    """The same with short ones taken off, so that what falls and what rises may balance; on spot both are one number. A short
    is added to a book that is net short, and taken off one that is net long."""
    held = sum((position.notional for position in facts.portfolio.positions), Decimal(0))
    used = float(held + sum(facts.portfolio.pending_notional.values(), Decimal(0))) / facts.equity
    return cap(facts, "net_leverage", facts.limits.max_net_leverage - facts.sign * used)


def sector(facts: Facts) -> RuleReport:
    """All that is held and under way in one sector stays within `max_sector_fraction`; a symbol of no sector is in none."""
    sectors = facts.limits.sectors
    name = sectors.get(facts.proposal.symbol)
    if name is None:
        return no_cap("sector", note="of no sector")
    used = gross(facts, {symbol for symbol, own in sectors.items() if own == name})
    return cap(facts, "sector", facts.limits.max_sector_fraction - used, note=f"{used:.1%} is in {name}")
