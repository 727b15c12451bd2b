"""What models are shown of a case beside the indicators, told in sentences: the terms of the trade, the path, the next release.

A term that is not known is left out, as in the case itself.
"""

from collections.abc import Sequence

from rich.text import Text

from agents.court.case import Upcoming
from agents.court.shown.path import PricePath
from agents.court.shown.trade import Trade
from ops.tables.plain import count, money, percent, price, signed_percent
from ops.tables.trial.paper import told

_MARK = "trade  "


def trade_lines(trade: Trade, width: int, *, held: bool = False) -> list[Text]:
    """The terms of a trade: where it begins and ends, what it costs, its size, and how such trades went. `held`: it is a position
    already, so nothing is bought."""
    sentences = (_way(trade), _costs(trade), "" if held else _size(trade), _chances(trade))
    lines: list[Text] = []
    for sentence in filter(None, sentences):
        lines += told(sentence, width, mark=" " * len(_MARK) if lines else _MARK)
    return lines


def path_lines(path: PricePath, width: int) -> list[Text]:
    """The first and the last close of a path, by bars and by days."""
    parts = [_stretch(path.closes, "bar"), _stretch(path.daily_closes, "day")]
    said = "; ".join(filter(None, parts))
    return told(said, width, mark="path  ") if said else []


def release_lines(next_one: Upcoming, width: int) -> list[Text]:
    """The next release of the calendar."""
    return told(f"next release: {next_one.event.upper()} in {next_one.in_h:,.0f} h", width, mark="macro  ")


def _way(trade: Trade) -> str:
    short = trade.stop is not None and trade.stop > trade.entry
    lost, won, done = ("above", "below", "bought back") if short else ("below", "above", "sold")
    parts = [f"enters at {price(trade.entry)}"]
    if trade.stop is not None and trade.stop_fraction is not None:
        atr = "" if trade.stop_atr is None else f", {trade.stop_atr:.1f} ATR"
        parts.append(f"stop at {price(trade.stop)}, {percent(trade.stop_fraction)} {lost}{atr}")
    if trade.target is not None and trade.target_fraction is not None:
        part = "" if trade.target_share in (None, 1.0) else f", where {trade.target_share:.0%} is {done}"
        ratio = "" if trade.reward_to_risk is None else f"; reward to risk {trade.reward_to_risk:.2f}"
        parts.append(f"target at {price(trade.target)}, {percent(trade.target_fraction)} {won}{part}{ratio}")
    else:
        parts.append("no target")
    if trade.trail_fraction is not None:
        best = "lowest" if short else "highest"
        parts.append(f"then a stop that follows {percent(trade.trail_fraction)} {lost} the {best} price")
    return "; ".join(parts)


def _costs(trade: Trade) -> str:
    sides = [
        f"{value:.1f} bps of {name}"
        for name, value in (("fee", trade.fee_bps), ("slippage", trade.slippage_bps))
        if value is not None
    ]
    if not sides:
        return ""
    both = "" if trade.round_trip_bps is None else f", {trade.round_trip_bps:.1f} for the round trip"
    edge = "" if trade.edge is None else f"; the way to the target is {trade.edge:.1f} times that"
    return f"costs {' and '.join(sides)} a side{both}{edge}"


def _size(trade: Trade) -> str:
    if trade.usual_quote is None:
        return ""
    by = "" if trade.bound_by is None else f" by {trade.bound_by}"
    if not trade.usual_quote:
        return f"left whole, the gate would refuse it{by}"
    part = "" if trade.usual_fraction is None else f", {percent(trade.usual_fraction)} of equity"
    stake = "" if trade.at_stake_quote is None else f", of which {money(trade.at_stake_quote)} is lost at the stop"
    return f"left whole, the gate would buy {money(trade.usual_quote)}{part}{stake}; the size is set{by}"


def _chances(trade: Trade) -> str:
    parts = []
    if trade.chance is not None:
        needed = "" if trade.breakeven is None else f"; it pays its costs from {trade.breakeven:.0%} on"
        parts.append(f"chance to win {trade.chance:.0%}{needed}")
    if trade.court_cases:
        won = "" if trade.court_win_rate is None else f", of which {trade.court_win_rate:.0%} reached their target"
        parts.append(f"{count(trade.court_cases, 'case')} that this court let through{won}")
    return "; ".join(parts)


def _stretch(closes: Sequence[float], unit: str) -> str:
    if not closes:
        return ""
    first, last = closes[0], closes[-1]
    return f"{count(len(closes), unit)} from {price(first)} to {price(last)} ({signed_percent(last / first - 1)})"
