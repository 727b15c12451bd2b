"""The summary of a run, for readers and scripts: results, risk, rulings and the actions of the gate.

It is computed only from the story, so that the same journal gives the same summary on any machine: no clock and no
path. Money from the ledger is exact; ratios are floats, and null if undefined.
"""

from collections import Counter
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Literal

from pydantic import Field

from agents.court.ruling import RulingOutcome
from config.frozen import Frozen, UtcTime, absent, empty
from config.sections.strategies import names_of
from evidence.rulings.taken import TakenReport
from execution.exact import EXACT
from execution.kill_switch.halting import PAUSED, HaltEvent
from market.timeframe import Timeframe
from ops.files import write_output
from ops.story.held.reviews import ReviewFigures
from ops.story.models import ModelFigures
from ops.story.parts.booking import quote_currency
from ops.story.performance import Growth, TradeFigures, bar_returns, growth, hold_curve, trade_figures, var_exceedances
from ops.story.perpetual.sides import PerpetualFigures, Stakes, perpetual_figures
from ops.story.perpetual.told import distance
from ops.story.policy.counts import PolicyFigures
from ops.story.story import Story
from ops.story.voters import VoterFigures, taken_table, voters_of

Ended = Literal["completed", "interrupted", "cut short"]


class Identity(Frozen):
    """start + realised + unrealised - fees - funding = end [quote], exact.

    The left side is recomputed from the fills in the journal; `end` is the last equity that the run wrote. `holds` is
    true if both are equal and the terms that the run wrote equal the recomputed ones.
    """

    start: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    recomputed: Decimal
    end: Decimal
    holds: bool


class OpenPosition(Frozen):
    """An open position. Quantity [base]; prices and profit (before fees) [quote]."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    stop_price: Decimal | None
    unrealised: Decimal
    margin: Decimal | None = Field(default=None, exclude_if=absent)
    """What is reserved for it, of a perpetual [quote]."""
    liquidation_price: Decimal | None = Field(default=None, exclude_if=absent)
    """The mark price at which it is liquidated, of a perpetual, if there is one [quote]."""
    liquidation_distance: float | None = Field(default=None, exclude_if=absent)
    """How far the mark is from it [fraction of the mark]."""


class RuleFigures(Frozen):
    """The actions of one rule of the gate, in proposals; `taken` is the notional that only its caps removed [quote].

    `cut` and `taken` count signed orders only.
    """

    rule: str
    binding: int
    refused: int
    cut: int
    taken: float


class VarFigures(Frozen):
    """Days that began with a position, how many lost more than their one-day VaR, and the expected number if it is correct."""

    days: int
    exceeded: int
    expected: float


class KillSwitchFigures(Frozen):
    """The events of the kill switch. `down_at_end`: the run ended halted; `flat`: everything was sold, by the report
    of the venue.
    """

    halted: int
    resumed: int
    down_at_end: bool
    flat: bool


class ApprovalFigures(Frozen):
    """Large positions that needed approval, and the answers."""

    yes: int
    no: int


class Summary(Frozen):
    """One run. Fractions unless stated otherwise; money [quote]."""

    format: Literal[1] = 1
    run: str
    profile: str
    source: str
    symbols: tuple[str, ...]
    quote: str
    timeframe: Timeframe
    start_utc: UtcTime
    end_utc: UtcTime
    bars: int
    planned_bars: int | None
    """Bars that the session was to have; None for a live feed without an end."""
    ended: Ended
    seed: int
    starting_cash: Decimal
    final_equity: Decimal
    growth: Growth
    market_return: float
    """Return of the same symbols, bought in equal parts at the first open and held."""
    bars_with_position: float
    mean_deployed: float
    value_at_risk: VarFigures
    fees: Decimal
    funding: dict[str, Decimal] = Field(default_factory=dict, exclude_if=empty)
    """Net funding paid by symbol [quote]; it is not part of the profit of a trade."""
    perpetuals: PerpetualFigures | None = Field(default=None, exclude_if=absent)
    """Long and short apart, and what was at stake; None on spot."""
    turnover: float
    """Notional of all fills [mean equities]."""
    trades: TradeFigures
    positions: tuple[OpenPosition, ...]
    hearings: int
    rulings: dict[str, int]
    signed: int
    unheard: dict[str, int] = Field(default_factory=dict, exclude_if=empty)
    """Proposals that were no case, by the rule of the gate that leaves nothing of them; one that is repeated counts once."""
    dropped: dict[str, int] = Field(default_factory=dict, exclude_if=empty)
    """Purchases of whose ruling nothing followed, because it came when they were not wanted any more, by what had changed."""
    entered_at_once: int = Field(default=0, exclude_if=lambda number: not number)
    """Purchases of which a share was entered before the models had ruled."""
    gate_rules: tuple[RuleFigures, ...]
    taken: TakenReport
    """What court, breakers, rules of the gate and adjuster took from each voter, and what that was worth."""
    struck_evidence: dict[str, int]
    breaker_events: dict[str, dict[str, int]]
    """How often each breaker tripped, was extended and was lifted."""
    alerts: dict[str, int]
    """How often each alert was raised, by its code."""
    kill_switch: KillSwitchFigures
    approvals: ApprovalFigures
    voters: dict[str, VoterFigures]
    """What each voter said, those that are switched off left out."""
    switched_off: tuple[str, ...] = Field(default=(), exclude_if=empty)
    """Voters that the profile has switched off."""
    context_bound: dict[str, int] = Field(default_factory=dict, exclude_if=empty)
    """How often a context's own limit was the binding one, in proposals, by context."""
    data_findings: dict[str, int]
    """Problems with the data by kind, those of the warm-up included."""
    frozen_bars: dict[str, int] = Field(default_factory=dict, exclude_if=empty)
    """Bars at whose close nothing new could be opened in a symbol, because its data was missing or hard to believe."""
    held_frozen: dict[str, str] = Field(default_factory=dict, exclude_if=empty)
    """Why a position's symbol was frozen at the end: the position is valued at the last price that was believed."""
    court_reviews: ReviewFigures | None = Field(default=None, exclude_if=lambda found: found is None)
    """The court's reviews of held positions; None if there was none."""
    minds: dict[str, int | str]
    """Who sat, in cases; if models sat, who spoke, in opinions, four for each case. "models": "off" if none sat."""
    models: ModelFigures | None
    adjuster: str
    policy: PolicyFigures | None = Field(default=None, exclude_if=lambda policy: policy is None)
    """What the policy said; None if none was asked."""
    identity: Identity
    events: int
    journal_hash: str
    content_hash: str
    """Hash of the journal without seals and key names: equal for the same run under another key."""
    data_hash: str


def summarise(story: Story) -> Summary:
    """Return the summary of a story. A run without a bar has only its beginning."""
    session, columns, tally = story.session, story.columns, story.tally
    settings, start = session.settings, float(story.ledger.starting_cash)
    n_bars, identity = len(columns.close_ms), identity_of(story)
    returns, confidence = bar_returns(columns.equity, start), settings.limits.var_confidence
    var = var_exceedances(returns, columns.var_1d, session.timeframe, confidence)
    held = hold_curve(((bars.open, bars.close) for bars in columns.symbols.values()), n_bars)
    mean_equity = float(columns.equity.mean()) if n_bars else start
    traded = sum(float(fill.quantity * fill.price) for fill in story.fills)
    return Summary(
        run=story.run,
        profile=settings.profile,
        source=source_of(story),
        symbols=session.symbols,
        quote=quote_of(story),
        timeframe=session.timeframe,
        start_utc=session.start_utc,
        end_utc=session.start_utc if story.portfolio is None else story.portfolio.as_of_utc,
        bars=n_bars,
        planned_bars=session.bars,
        ended="cut short" if story.end is None else story.end.reason,
        seed=settings.seed,
        starting_cash=identity.start,
        final_equity=identity.end,
        growth=growth(columns.equity, start, session.timeframe),
        market_return=float(held[-1] - 1.0) if n_bars else 0.0,
        bars_with_position=float((columns.open_positions > 0).mean()) if n_bars else 0.0,
        mean_deployed=float(columns.deployed_fraction.mean()) if n_bars else 0.0,
        value_at_risk=VarFigures(**var._asdict()),
        fees=identity.fees,
        funding=story.funding,
        perpetuals=perpetual_figures(
            settings.market.perpetuals,
            [trip.trade for trip in story.trades],
            story.funding_by_side,
            Stakes(columns.deployed_fraction, columns.net_fraction, columns.to_liquidation),
        ),
        turnover=traded / mean_equity,
        trades=trade_figures([trip.trade for trip in story.trades]),
        positions=_positions(story),
        hearings=tally.hearings,
        rulings={outcome.value: tally.rulings[outcome] for outcome in RulingOutcome},
        signed=tally.signed,
        unheard=dict(sorted(tally.unheard.items())),
        dropped=dict(sorted(tally.dropped.items())),
        entered_at_once=tally.at_once[True],
        gate_rules=_rules(story),
        taken=taken_table(story),
        struck_evidence=dict(sorted(tally.struck.items())),
        breaker_events=_breakers(story),
        alerts=dict(sorted(Counter(alert.code for alert in story.alerts).items())),
        kill_switch=_kill_switch(story),
        approvals=ApprovalFigures(
            yes=sum(said.approved for said in story.approvals), no=sum(not said.approved for said in story.approvals)
        ),
        voters=voters_of(story),
        switched_off=tuple(
            name
            for name, entry in zip(names_of(settings.strategies), settings.strategies, strict=True)
            if not entry.is_on
        ),
        context_bound=dict(sorted(tally.context_bound.items())),
        data_findings=dict(sorted(tally.findings.items())),
        frozen_bars=dict(sorted(tally.frozen.items())),
        held_frozen={p.symbol: why for p in _positions(story) if (why := tally.frozen_at_end.get(p.symbol))},
        court_reviews=story.reviewed,
        minds=_minds(story),
        models=story.models.figures() if story.models else None,
        adjuster=", ".join(sorted(tally.adjusters)) or "off",
        policy=tally.policy.figures(),
        identity=identity,
        events=story.events,
        journal_hash=story.journal_hash,
        content_hash=story.content_hash,
        data_hash=story.data_hash,
    )


def identity_of(story: Story) -> Identity:
    """Return the accounting identity: the fills on one side, and the last equity that the run wrote on the other.

    A journal that was cut short may hold fills of an unfinished bar. Then the last equity is that of the recomputed
    ledger, which has checked itself at each fill.
    """
    ledger, end = story.ledger, story.end
    with localcontext(EXACT):
        recomputed = ledger.starting_cash + ledger.realised + ledger.unrealised - ledger.fees - ledger.funding
    same = end is None or (end.starting_cash, end.realised, end.unrealised, end.fees, end.funding) == (
        ledger.starting_cash, ledger.realised, ledger.unrealised, ledger.fees, ledger.funding,
    )  # fmt: skip
    equity = ledger.equity if end is None else end.portfolio.equity
    return Identity(
        start=ledger.starting_cash,
        realised=ledger.realised,
        unrealised=ledger.unrealised,
        fees=ledger.fees,
        funding=ledger.funding,
        recomputed=recomputed,
        end=equity,
        holds=same and recomputed == equity,
    )


def source_of(story: Story) -> str:
    """Return the source of the bars. A simulated market is always named as such, whatever its label says."""
    source = story.session.source
    if story.session.settings.world == "simulated" and "simulated" not in source.lower():
        return f"simulated market ({source})"
    account = story.session.account
    if account is None:
        return source
    if several := story.session.settings.venue.members:
        real = "REAL MONEY" if account.network == "live" else "play money"
        return f"{source}; orders to {', '.join(several)} ({real})"
    if (url := story.session.settings.venue.url) is not None:
        return f"{source}; orders to {url}, no address of {account.exchange}'s own"
    return f"{source}; {'REAL MONEY' if account.network == 'live' else 'play money of its test network'}"


def quote_of(story: Story) -> str:
    """Return the currency of the account."""
    return quote_currency(story.session)


def write_summary(path: Path, summary: Summary) -> None:
    """Write it as JSON, whole or not at all. Raises OutputFault."""
    write_output(path, summary.model_dump_json(indent=2).encode() + b"\n")


def _positions(story: Story) -> tuple[OpenPosition, ...]:
    if story.portfolio is None:
        return ()
    return tuple(
        OpenPosition(
            symbol=held.symbol,
            quantity=held.quantity,
            entry_price=held.entry_price,
            mark_price=held.mark_price,
            stop_price=held.stop_price,
            unrealised=round((held.mark_price - held.entry_price) * held.quantity, 8),
            margin=held.margin,
            liquidation_price=held.liquidation_price,
            liquidation_distance=distance(held.mark_price, held.liquidation_price),
        )
        for held in story.portfolio.positions
    )


def _minds(story: Story) -> dict[str, int | str]:
    if story.models is None:
        return {**dict(sorted(story.tally.minds.items())), "models": "off"}
    return dict(story.models.figures().words)


def _rules(story: Story) -> tuple[RuleFigures, ...]:
    """Return the rules, those with the most actions first."""
    figures = (
        RuleFigures(rule=code, binding=did.bound, refused=did.refused, cut=did.cut, taken=float(did.taken))
        for code, did in story.tally.rules.items()
    )
    return tuple(sorted(figures, key=lambda figure: (-figure.binding, -figure.refused, figure.rule)))


def _breakers(story: Story) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for event in story.breaker_events:
        actions = counted.setdefault(event.breaker, {"tripped": 0, "extended": 0, "lifted": 0})
        actions[event.action] += 1
    return dict(sorted(counted.items()))


def _scopes(event: HaltEvent) -> set[str]:
    return {halt.scope for halt in event.halts} | {lift.scope for lift in event.lifted}


def _kill_switch(story: Story) -> KillSwitchFigures:
    """Without pauses of entries, which are told with the other actions of operators."""
    events = [event for event in story.halts if _scopes(event) != {PAUSED}]
    actions = [event.action for event in events]
    orders = [event for event in events if event.action != "flat"]
    return KillSwitchFigures(
        halted=actions.count("halted"),
        resumed=actions.count("resumed"),
        down_at_end=bool(orders) and any(halt.scope != PAUSED for halt in orders[-1].halts),
        flat=bool(actions) and actions[-1] == "flat",
    )
