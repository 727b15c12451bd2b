"""Metrics of the account: money, exposure, limits and how much of each is used, positions, and closed trades."""

from collections.abc import Iterator

from ops.live.metrics.labels import EXPOSURE, LIMIT, RESULT, SIDE, SPAN, SYMBOL
from ops.live.metrics.metric import Metric, Read, Sample, Told, one
from ops.live.state.values import AccountNow

_Of = AccountNow | None


def _money(name: str) -> Read:
    def read(told: Told) -> tuple[Sample, ...]:
        account = told.status.account
        return () if account is None else one(float(getattr(account, name)))

    return read


def _spans(account: _Of, ending: str) -> Iterator[Sample]:
    if account is not None:
        for span in SPAN.values:
            yield Sample(float(getattr(account, f"{span}_{ending}")), (span,))


def _exposure(told: Told) -> Iterator[Sample]:
    if (account := told.status.account) is not None:
        yield Sample(account.gross, ("gross",))
        yield Sample(account.net, ("net",))


def _used(told: Told) -> Iterator[Sample]:
    for used in told.status.used:
        yield Sample(used.now, (_limit(used.name),))


def _limits(told: Told) -> Iterator[Sample]:
    for used in told.status.used:
        yield Sample(used.limit, (_limit(used.name),))


def _limit(name: str) -> str:
    return name.lower().replace(" ", "_")


def _positions(told: Told) -> Iterator[Sample]:
    held = told.fold.positions
    for side in SIDE.values:
        yield Sample(sum(each.side == side for each in held), (side,))


def _notional(told: Told) -> Iterator[Sample]:
    for held in told.fold.positions:
        yield Sample(float(held.quantity * held.mark_price), (held.symbol, held.side))


def _unrealised(told: Told) -> Iterator[Sample]:
    for held in told.fold.positions:
        yield Sample(float(held.unrealised), (held.symbol, held.side))


def _trades(told: Told) -> Iterator[Sample]:
    counts = told.status.counts
    yield Sample(counts.won, ("won",))
    yield Sample(counts.trades - counts.won, ("lost",))


def _win_ratio(told: Told) -> tuple[Sample, ...]:
    counts = told.status.counts
    return one(counts.won / counts.trades) if counts.trades else ()


OF_ACCOUNT = (
    Metric("equity_quote", "gauge", "quote", "Value of the portfolio at the last bar close", _money("equity")),
    Metric("cash_quote", "gauge", "quote", "Cash; on perpetuals the wallet", _money("cash")),
    Metric(
        "pnl_quote",
        "gauge",
        "quote",
        "Change of equity over a span",
        lambda told: _spans(told.status.account, "pnl"),
        (SPAN,),
    ),
    Metric(
        "pnl_ratio",
        "gauge",
        "fraction",
        "The same, of the equity at its beginning",
        lambda told: _spans(told.status.account, "change"),
        (SPAN,),
    ),
    Metric("realised_pnl_quote", "gauge", "quote", "Profit of what was closed, before fees", _money("realised")),
    Metric("unrealised_pnl_quote", "gauge", "quote", "Profit of what is held, before fees", _money("unrealised")),
    Metric("fees_quote", "gauge", "quote", "Fees paid", _money("fees")),
    Metric("funding_quote", "gauge", "quote", "Net funding paid", _money("funding")),
    Metric(
        "exposure_ratio",
        "gauge",
        "fraction of equity",
        "Positions: gross adds long and short up, net takes short from long",
        _exposure,
        (EXPOSURE,),
    ),
    Metric(
        "limit_used_ratio",
        "gauge",
        "fraction of equity",
        "How much of a limit is used: VaR, ES, drawdown, losses are positive",
        _used,
        (LIMIT,),
    ),
    Metric("limit_ratio", "gauge", "fraction of equity", "The limit itself", _limits, (LIMIT,)),
    Metric(
        "max_drawdown_ratio",
        "gauge",
        "fraction of the peak",
        "Deepest fall of equity below a peak at a bar close",
        lambda told: one(told.status.counts.max_drawdown),
    ),
    Metric("positions", "gauge", "positions", "Open positions", _positions, (SIDE,)),
    Metric("position_notional_quote", "gauge", "quote", "Value of an open position", _notional, (SYMBOL, SIDE)),
    Metric(
        "position_unrealised_quote",
        "gauge",
        "quote",
        "Profit of an open position, before fees",
        _unrealised,
        (SYMBOL, SIDE),
    ),
    Metric(
        "positions_without_stop",
        "gauge",
        "positions",
        "Open positions for which no stop is known",
        lambda told: one(sum(held.stop_price is None for held in told.fold.positions)),
    ),
    Metric("trades_total", "counter", "trades", "Closed trades", _trades, (RESULT,)),
    Metric(
        "win_ratio",
        "gauge",
        "fraction",
        "Closed trades that made a profit after fees; absent before the first",
        _win_ratio,
    ),
    Metric(
        "trade_pnl_quote",
        "gauge",
        "quote",
        "Profit of all closed trades after fees",
        lambda told: one(float(told.status.counts.trade_pnl)),
    ),
    Metric(
        "ramp_ratio",
        "gauge",
        "fraction of the capital",
        "How much of real money may be used; absent until the ramp moves",
        lambda told: one(told.measured.ramp),
    ),
)
"""In the order in which they are exported."""
