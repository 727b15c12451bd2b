"""The console tables at the end of a run: results, rulings, actions of the gate, and the accounting identity.

They fit the terminal, and a pipe. An empty table is replaced by a sentence.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TextIO

from rich.console import Group
from rich.table import Table

from market.quality.kinds import KINDS
from ops.story.perpetual.sides import side_of
from ops.story.story import Story
from ops.story.summary import Summary
from ops.tables.grid import boxed, open_console
from ops.tables.held.reviews import court_reviews_part
from ops.tables.model_tables import minds_line, models_table
from ops.tables.perpetual.sides import sides_part
from ops.tables.plain import (
    ALERTS,
    DASH,
    PURPOSES,
    RULES,
    adds_up,
    adjuster_name,
    count,
    frozen_words,
    moment,
    money,
    percent,
    price,
    quantity,
    ratio,
    signed_money,
    signed_percent,
    what_happened,
)
from ops.tables.policy.reviews import reviews_part
from ops.tables.steered.actions import actions_grid
from ops.tables.trial.shadow import shadow_part
from ops.tables.voters.taken import taken_part, taken_sentence

_TRADES_SHOWN, _EVENTS_SHOWN = 20, 12
_DONE = (
    "Done: use, it is believed; no entry, it is used and nothing new is opened on it; leave out, the bar is not used; "
    "freeze, nothing new is opened until enough clean bars came; ask, frozen until a human says what it was. The warm-up is "
    "counted too."
)

Pairs = Sequence[tuple[str, str]]


def print_tables(story: Story, summary: Summary, file: TextIO | None = None) -> None:
    """Print all tables to `file` (default: stdout)."""
    target = file or sys.stdout
    console = open_console(target)
    parts = (
        Group(*what_happened(summary), taken_sentence(summary.taken)),
        _performance(summary),
        *([sides_part(summary.perpetuals, summary.quote)] if summary.perpetuals else []),
        _trades(story, summary),
        _rulings(summary),
        *([court_reviews_part(story.court_reviews, story.reviewed)] if story.reviewed else []),
        *([shadow_part(summary.shadow, summary.quote)] if summary.shadow else []),
        *([reviews_part(story.reviews, story.tally.policy.reviews)] if story.reviews else []),
        *([models_table(summary.models, story.session.settings.minds.budget)] if summary.models else []),
        _gate(summary),
        taken_part(summary.taken),
        _positions(summary),
        *([_exchanges(story)] if story.ledger.accounts else []),
        _breakers(story),
        _alerts(story),
        *([_halts(story)] if story.halts else []),
        *([actions_grid(story.actions[-_EVENTS_SHOWN:], len(story.actions))] if story.actions else []),
        *([_approvals(story)] if story.approvals else []),
        _findings(story, summary),
        *([_freezes(story)] if summary.frozen_bars else []),
        _identity(summary),
    )
    with console.capture() as printed:
        for part in parts:
            console.print(part)
            console.print()
    target.write("\n".join(line.rstrip() for line in printed.get().splitlines()) + "\n")


def _performance(summary: Summary) -> Table:
    title, left, right = f"{summary.run}: {summary.source}", _result(summary), _risk(summary)
    table = boxed(title, ("<Result", ">", "<Risk and cost", ">"))
    for one, other in zip_longest(left, right, fillvalue=("", "")):
        table.add_row(*one, *other)
    table.narrow = boxed(title, ("<Result, risk and cost", ">"))
    for pair in (*left, *right):
        table.narrow.add_row(*pair, end_section=pair is left[-1])
    return table


def _result(summary: Summary) -> Pairs:
    grown, trades = summary.growth, summary.trades
    return (
        ("From, UTC", moment(summary.start_utc)),
        ("To, UTC", moment(summary.end_utc)),
        (f"Bars of {summary.timeframe}, {summary.ended}", f"{summary.bars:,}"),
        (f"Starting cash, {summary.quote}", money(summary.starting_cash)),
        ("Final equity", money(summary.final_equity)),
        ("Return", signed_percent(grown.total_return)),
        ("Buy and hold, equal parts", signed_percent(summary.market_return)),
        ("Growth a year", signed_percent(grown.cagr)),
        ("Trades closed", f"{trades.closed:,}"),
        ("Win rate", percent(trades.win_rate)),
        ("Expectancy of a trade", signed_money(trades.expectancy)),
        ("Average win / loss", f"{signed_money(trades.average_win)} / {signed_money(trades.average_loss)}"),
        ("Profit factor", ratio(trades.profit_factor)),
    )


def _risk(summary: Summary) -> Pairs:
    grown, var = summary.growth, summary.value_at_risk
    return (
        ("Volatility a year", percent(grown.volatility)),
        ("Sharpe", ratio(grown.sharpe)),
        ("Sortino", ratio(grown.sortino)),
        ("Maximum drawdown", percent(grown.max_drawdown)),
        ("Longest drawdown", count(grown.longest_drawdown_bars, "bar")),
        ("Bars with a position", percent(summary.bars_with_position)),
        ("Deployed on average", percent(summary.mean_deployed)),
        ("Days beyond VaR", f"{var.exceeded:,} of {var.days:,}"),
        ("  expected of them", f"{var.expected:,.1f}"),
        ("Fees", money(summary.fees)),
        *((f"Funding paid, {symbol}", money(amount)) for symbol, amount in summary.funding.items()),
        ("Turnover, in equities", ratio(summary.turnover)),
        ("Minds", minds_line(summary)),
        ("Adjuster", adjuster_name(summary)),
    )


def _trades(story: Story, summary: Summary) -> Table | str:
    if not story.trades:
        return "No trade was closed."
    shown = story.trades[-_TRADES_SHOWN:]
    more = f" (the last {len(shown)} of {len(story.trades):,}; all are in report.html)" if shown != story.trades else ""
    both = summary.perpetuals is not None
    columns = (
        "In, UTC" if both else "Bought, UTC", ">Held", "<Symbol", *(["<Side"] if both else []), ">Quantity", ">In at", ">Out at",
        f">Net {summary.quote}", "<Closed by",
    )  # fmt: skip
    table = boxed(f"Trades{more}", columns, yields=("Held", "In at", "Out at", "Quantity"))
    for _, _, trade in shown:
        table.add_row(
            moment(trade.entry_utc),
            _span(trade.entry_utc, trade.exit_utc),
            trade.symbol,
            *([side_of(trade)] if both else []),
            quantity(trade.quantity),
            price(trade.entry_price),
            price(trade.exit_price),
            signed_money(trade.pnl),
            PURPOSES[trade.exit_purpose],
        )
    return table


def _rulings(summary: Summary) -> Group | str:
    if not summary.hearings:
        return "The court was not called."
    struck = sum(summary.struck_evidence.values())
    said = ", ".join(f"{role} {number:,}" for role, number in summary.struck_evidence.items())
    table = boxed("Rulings of the court", ("<Ruling", ">Cases", ">Share"))
    for outcome, number in summary.rulings.items():
        table.add_row(outcome, f"{number:,}", percent(number / summary.hearings))
    return Group(table, f"Evidence struck out: {said}." if struck else "No evidence was struck out.")


def _gate(summary: Summary) -> Group | str:
    if not summary.gate_rules:
        return "The gate was not asked."
    quote = summary.quote
    columns = ("<Rule", ">Decided", ">Refused", ">Cut", f">Taken {quote}", "What it is for")
    table = boxed("What each rule of the gate did", columns, yields=("What it is for",))
    for did in summary.gate_rules:
        numbers = (f"{number:,}" if number else "" for number in (did.binding, did.refused, did.cut))
        table.add_row(did.rule, *numbers, money(did.taken) if did.cut else "", RULES.get(did.rule, ""))
    return Group(
        table,
        "Decided: it was the binding rule. Taken: what only this rule removed, relative to the next tightest.",
        f"Orders signed: {summary.signed:,}.",
    )


def _positions(summary: Summary) -> Table | str:
    if not summary.positions:
        return "No position is open."
    both = summary.perpetuals is not None
    perpetual = (">Margin", ">Liquidated at", ">Away") if both else ()
    side = ("<Side",) if both else ()
    columns = ("<Symbol", *side, ">Quantity", ">In at", ">Now at", ">Stop", *perpetual, f">Unrealised {summary.quote}")
    table = boxed("Open positions", columns, yields=("In at", "Now at", *(["Margin"] if both else [])))
    for held in summary.positions:
        table.add_row(
            held.symbol,
            *(["short" if held.quantity < 0 else "long"] if both else []),
            quantity(held.quantity),
            price(held.entry_price),
            price(held.mark_price),
            price(held.stop_price),
            *([money(held.margin), price(held.liquidation_price), percent(held.liquidation_distance)] if both else []),
            signed_money(held.unrealised),
        )
    return table


def _breakers(story: Story) -> Table | str:
    if not story.breaker_events:
        return "No breaker tripped."
    shown = story.breaker_events[-_EVENTS_SHOWN:]
    more = f" (the last {len(shown)} of {len(story.breaker_events):,})" if shown != story.breaker_events else ""
    table = boxed(f"Breakers{more}", ("At, UTC", "<Breaker", "<What", "Why"))
    for event in shown:
        table.add_row(moment(event.at_utc), event.breaker.replace("_", " "), event.action, event.why)
    return table


def _alerts(story: Story) -> Table | str:
    if not story.alerts:
        return "No alert was raised."
    shown = story.alerts[-_EVENTS_SHOWN:]
    more = f" (the last {len(shown)} of {len(story.alerts):,})" if shown != story.alerts else ""
    table = boxed(f"Alerts{more}", ("At, UTC", "<Alert", "What happened"))
    for alert in shown:
        table.add_row(moment(alert.at_utc), ALERTS[alert.code], alert.text)
    return table


def _halts(story: Story) -> Table:
    table = boxed("Kill switch", ("At, UTC", "<What", "Who", "Why"))
    for event in story.halts[-_EVENTS_SHOWN:]:
        words = event.lifted if event.action == "resumed" else event.halts
        who, why = ("; ".join(values) for values in ([word.who for word in words], [word.why for word in words]))
        table.add_row(moment(event.as_of_utc), event.action, who, why)
    return table


def _exchanges(story: Story) -> Table:
    """What lies at each exchange of a session on several, and what was traded there."""
    ledger = story.ledger
    columns = ("<Exchange", ">Cash", ">Coins", ">Purchases", ">Sales", ">Fees")
    table = boxed("Exchanges", columns)
    for name in ledger.accounts:
        sides = Counter(str(fill.side) for fill in story.fills if fill.account == name)
        bought, sold = (f"{sides[side]:,}" for side in ("buy", "sell"))
        held = money(ledger.worth_at(name) - ledger.cash_at(name))
        table.add_row(name, money(ledger.cash_at(name)), held, bought, sold, money(ledger.fees_at(name)))
    return table


def _approvals(story: Story) -> Table:
    shown = story.approvals[-_EVENTS_SHOWN:]
    more = f" (the last {len(shown)} of {len(story.approvals):,})" if shown != story.approvals else ""
    table = boxed(f"Approvals{more}", ("Decision", ">Notional", "<Answer", "Who", "Why"))
    for said in shown:
        table.add_row(said.decision_id, money(said.notional), "yes" if said.approved else "no", said.who, said.why)
    return table


def _findings(story: Story, summary: Summary) -> Group | str:
    frozen = frozen_words(summary)
    if not summary.data_findings:
        return frozen or "No fault was found in the data."
    table = boxed("Data quality", ("<Finding", "<Done", ">Times", "First finding"))
    for kind, number in summary.data_findings.items():
        first = next((finding for finding in story.findings if finding.kind == kind), None)
        seen = f"{moment(first.at_utc)} {first.symbol}: {first.detail}" if first else ""
        done = str(KINDS[kind].verdict) if kind in KINDS else DASH
        table.add_row(kind, done, f"{number:,}", seen)
    return Group(table, _DONE, *([frozen] if frozen else []))


def _freezes(story: Story) -> Table:
    found, shown = story.tally.freezes.all(), story.tally.freezes.longest(_EVENTS_SHOWN)
    more = f" (the longest {len(shown)} of {len(found):,})" if len(shown) < len(found) else ""
    columns = ("<Symbol", "From, UTC", "Until, UTC", ">Bars", "Why nothing new was opened")
    table = boxed(f"Frozen markets{more}", columns, yields=("Until, UTC",))
    for each in shown:
        until = moment(each.until_utc) if each.until_utc else "the end"
        table.add_row(each.symbol, moment(each.from_utc), until, f"{each.bars:,}", each.why)
    return table


def _identity(summary: Summary) -> Group:
    check = summary.identity
    table = boxed("Accounting identity", ("<Recomputed from every fill", f">{summary.quote}"))
    for sign, name, value in (
        (" ", "start", check.start),
        ("+", "realised", check.realised),
        ("+", "unrealised", check.unrealised),
        ("-", "fees", check.fees),
        ("-", "funding", check.funding),
        ("=", "recomputed", check.recomputed),
        (" ", "end, as the run wrote it", check.end),
    ):
        table.add_row(f"{sign} {name}", money(value))
    exact = f"Recomputed {check.recomputed.normalize():f}, written {check.end.normalize():f}. {adds_up(check)}"
    return Group(table, exact)


def _span(start: datetime, end: datetime) -> str:
    """Return days and hours, or hours and minutes."""
    minutes = int((end - start).total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days}d {hours:02}h" if days else f"{hours}h {rest:02}m"
