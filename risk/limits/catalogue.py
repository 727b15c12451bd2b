"""Every limit of the gate, declared once. The gate applies them in this order. All other lists of limits are derived from it:
what the fast engine refuses, the loosest profile of the ablation ladder, the caps of attribution's estimate, the sentences of the
report, the table in `docs/architecture.md`.

The fast engine refuses a limit that it does not count, unless the row says that it cannot bind there.
`tests/risk/limits/test_catalogue.py` fails for a limit that is missing in any of these places.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from config.sections.limits import RiskLimits
from risk.facts import OF_EQUITY, Rule
from risk.limits import book, calendar, clusters, docket, loss, market, perpetual, ramp, trade
from risk.limits.row import Kernel, Limit, Part
from risk.sizing import deployed_room, kelly_room, position_room, risk_per_trade_room, unproven_room
from risk.verdict import Reaction, RuleCode, RuleReport

CATALOGUE: tuple[Limit, ...] = (
    Limit(
        code="kill_switch", rule=trade.kill_switch, part=Part.CHECK,
        kernel=Kernel.UNREACHABLE, why="no human halts a run on recorded bars",
        sentence="No new risk while the kill switch is down; `tribunal unhalt` lifts it.",
    ),
    Limit(
        code="data_quality", rule=trade.data_quality, part=Part.CHECK, kernel=Kernel.COUNTED,
        sentence="No new risk on a symbol whose data is stale, missing or hard to believe.",
    ),
    Limit(
        code="reference_price", rule=market.reference_price, part=Part.CHECK, unit="bps", loosest={"max_price_gap_bps": 10_000.0},
        kernel=Kernel.UNREACHABLE, why="a proposal is counted at the close of its own bar",
        sentence="The price that a size is counted with must be that of the market's last close.",
    ),
    Limit(
        code="stale_proposal", rule=market.stale_proposal, part=Part.CHECK, unit="s", loosest={"max_proposal_age_s": 86_400.0},
        kernel=Kernel.UNREACHABLE, why="a proposal is made and judged at the close of one bar",
        sentence="A proposal of another time than the book's is not traded.",
    ),
    Limit(
        code="breaker", rule=trade.breaker_latch, part=Part.CHECK, kernel=Kernel.COUNTED,
        loosest={
            "max_daily_loss": 1.0, "max_weekly_loss": 1.0, "max_drawdown": 1.0, "turbulence_sigma": 50.0,
            "turbulence_alarms": 0.001, "loss_streak": 100,
        },
        sentence="No new risk while a circuit breaker is tripped.",
    ),
    Limit(
        code="direction", rule=trade.direction, part=Part.CHECK,
        kernel=Kernel.UNREACHABLE, why="a short sale is proposed on perpetuals alone",
        sentence="Spot is long or flat: nothing but a purchase opens a position. On perpetuals a short sale does too.",
    ),
    Limit(
        code="one_position", rule=trade.one_position, part=Part.CHECK,
        kernel=Kernel.UNREACHABLE, why="what is under way is not proposed, and what is held only by voters of shares",
        sentence="A position is not added to, unless its voters want more of it; an entry under way never is.",
    ),
    Limit(
        code="min_conviction", rule=trade.conviction, part=Part.CHECK, unit="0..1", loosest={"min_conviction": 0.0},
        kernel=Kernel.COUNTED, sentence="A case that its own voters hardly believe in is not traded.",
    ),
    Limit(
        code="ruling", rule=trade.ruling, part=Part.CHECK, unit="scale", hears=True,
        kernel=Kernel.COUNTED, sentence="What the court rejected, or the policy took to nothing, is not traded.",
    ),
    Limit(
        code="tick_size", rule=trade.tick_size, part=Part.CHECK, unit="bps of the price", loosest={"max_tick_bps": 1000.0},
        kernel=Kernel.COUNTED, sentence="No trade where the venue's price step is coarse against the price.",
    ),
    Limit(
        code="risk_history", rule=trade.risk_history, part=Part.CHECK, unit="bars",
        kernel=Kernel.COUNTED, sentence="Without enough past returns VaR would be a guess, so nothing is opened.",
    ),
    Limit(
        code="correlation", rule=clusters.correlation, part=Part.CHECK,
        loosest={"max_correlation": 1.0, "max_twin_correlation": 1.0},
        kernel=Kernel.COUNTED, sentence="What moves with a held position is the same bet twice, and is refused.",
    ),
    Limit(
        code="day_volume", rule=book.day_volume, part=Part.CHECK, unit="quote in 24 h",
        kernel=Kernel.COUNTED, sentence="A market that was not seen to trade in 24 hours is not entered.",
    ),
    Limit(
        code="order_rate", rule=book.order_rate, part=Part.CHECK, unit="entries in 24 h", loosest={"max_entries_per_day": None},
        kernel=Kernel.COUNTED, sentence="Only so many entries in 24 hours.",
    ),
    Limit(
        code="max_positions", rule=book.most_positions, part=Part.CHECK, unit="positions", loosest={"max_positions": None},
        kernel=Kernel.COUNTED, applies=lambda limits: limits.max_positions is not None,
        sentence="Only so many positions at one time.",
    ),
    Limit(
        code="trading_hours", rule=book.trading_hours, part=Part.CHECK, unit="h UTC", loosest={"trading_hours_utc": None},
        kernel=Kernel.COUNTED, sentence="Nothing is opened outside the hours that the profile names.",
    ),
    Limit(
        code="macro_event", rule=calendar.macro_event, part=Part.CHECK, unit="h", loosest={"macro_pause_h": None},
        kernel=Kernel.COUNTED, applies=lambda limits: limits.macro_pause_h is not None,
        sentence="Nothing is opened near an FOMC decision or a release of US consumer prices.",
    ),
    Limit(
        code="spread", rule=market.spread, part=Part.CHECK, unit="bps", loosest={"max_spread_bps": 2000.0},
        kernel=Kernel.COUNTED, sentence="No trade where bid and ask are far apart, or the book does not show both.",
    ),
    Limit(
        code="error_rate", rule=market.error_rate, part=Part.CHECK, unit="orders in 24 h", loosest={"max_order_errors": 1000},
        kernel=Kernel.COUNTED, sentence="No new risk while the venue rejects or loses one order after the other.",
    ),
    Limit(
        code="liquidation", rule=perpetual.liquidation, part=Part.CHECK, unit="stop distances", perpetuals=True,
        loosest={"min_liquidation_distance": 1.0}, kernel=Kernel.COUNTED,
        sentence="A perpetual is liquidated well behind its stop, never before it.",
    ),
    Limit(
        code="funding", rule=perpetual.funding, part=Part.CHECK, unit="of the stop distance", perpetuals=True,
        loosest={"max_funding_share": None}, applies=lambda limits: limits.max_funding_share is not None,
        kernel=Kernel.COUNTED,
        sentence="Funding takes no more than a part of what is risked; a rate that is not known takes too much.",
    ),
    Limit(
        code="risk_per_trade", rule=trade.risk_per_trade, part=Part.CAP, unit=OF_EQUITY, loosest={"risk_per_trade": 0.1},
        kernel=Kernel.COUNTED, room=risk_per_trade_room,
        sentence="Keeps the loss at the stop within its share of equity.",
    ),
    Limit(
        code="position", rule=trade.position_size, part=Part.CAP, unit=OF_EQUITY, loosest={"max_position_fraction": 1.0},
        kernel=Kernel.COUNTED, room=position_room, sentence="Keeps one position within its share of equity.",
    ),
    Limit(
        code="deployed", rule=trade.deployed, part=Part.CAP, unit=OF_EQUITY, loosest={"max_deployed_fraction": 1.0},
        kernel=Kernel.COUNTED, room=deployed_room, sentence="Keeps all positions together within their share of equity.",
    ),
    Limit(
        code="kelly", rule=trade.kelly, part=Part.CAP, unit=OF_EQUITY, hears=True,
        loosest={"kelly_fraction": 1.0, "kelly_edge": 0.5, "record_prior": 10_000.0},
        kernel=Kernel.COUNTED, room=kelly_room, sentence="Bets no more than a part of Kelly's fraction, given the conviction.",
    ),
    Limit(
        code="record", rule=trade.record, part=Part.CAP, unit=OF_EQUITY, loosest={"unproven_fraction": None},
        kernel=Kernel.COUNTED, room=unproven_room, applies=lambda limits: limits.unproven_fraction is not None,
        sentence="Bets little on voters whose record does not prove an edge yet.",
    ),
    Limit(
        code="cluster", rule=clusters.cluster, part=Part.CAP, unit=OF_EQUITY, loosest={"max_cluster_fraction": 1.0},
        kernel=Kernel.COUNTED, applies=lambda limits: limits.correlation == "cluster",
        sentence="Keeps positions that move together within their share of equity, all of them added up.",
    ),
    Limit(
        code="cash", rule=trade.cash, part=Part.CAP, unit=OF_EQUITY,
        of_order=True, kernel=Kernel.COUNTED,
        sentence="Spends no more than the cash that is there, fees included: on a perpetual for its margin.",
    ),
    Limit(
        code="var_1d", rule=trade.value_at_risk, part=Part.CAP, unit=OF_EQUITY, loosest={"max_var_1d": 1.0},
        kernel=Kernel.COUNTED,
        sentence="Keeps the loss of one bad day (value at risk) of the whole book within its limit.",
    ),
    Limit(
        code="es_1d", rule=trade.expected_shortfall, part=Part.CAP, unit=OF_EQUITY, loosest={"max_es_1d": 1.0},
        kernel=Kernel.COUNTED,
        sentence="Keeps the average of the worst days (expected shortfall) of the book within its limit.",
    ),
    Limit(
        code="drawdown_half", rule=loss.drawdown_half, part=Part.CAP, unit=OF_EQUITY, loosest={"half_size_drawdown": 1.0},
        kernel=Kernel.COUNTED, sentence="Far below the peak, positions are half as large.",
    ),
    Limit(
        code="liquidity", rule=book.liquidity, part=Part.CAP, unit=OF_EQUITY, loosest={"max_volume_share": 1.0},
        of_order=True, kernel=Kernel.COUNTED, sentence="Trades no more than a small part of what the market traded in 24 hours.",
    ),
    Limit(
        code="sector", rule=book.sector, part=Part.CAP, unit=OF_EQUITY, loosest={"max_sector_fraction": 1.0},
        kernel=Kernel.COUNTED, sentence="Keeps all positions of one sector within their share of equity.",
    ),
    Limit(
        code="stressed_loss", rule=loss.stressed_loss, part=Part.CAP, unit=OF_EQUITY, loosest={"max_stressed_loss": None},
        kernel=Kernel.COUNTED, sentence="Keeps the loss in the worst stretch of the known past within its limit.",
    ),
    Limit(
        code="volatility", rule=loss.volatility, part=Part.CAP, unit=OF_EQUITY, loosest={"volatility_target": None},
        kernel=Kernel.REFUSED, sentence="Keeps the volatility that one position brings within its target.",
    ),
    Limit(
        code="gross_leverage", rule=book.gross_leverage, part=Part.CAP, unit=OF_EQUITY, loosest={"max_gross_leverage": 10.0},
        kernel=Kernel.COUNTED, sentence="Keeps all positions, long and short added up, within their multiple of equity.",
    ),
    Limit(
        code="net_leverage", rule=book.net_leverage, part=Part.CAP, unit=OF_EQUITY, loosest={"max_net_leverage": 10.0},
        kernel=Kernel.COUNTED, repeats="gross_leverage",
        sentence="Keeps long positions less short ones within their multiple of equity: on spot that is gross leverage again.",
    ),
    Limit(
        code="expected_slippage", rule=market.expected_slippage, part=Part.CAP, unit=OF_EQUITY, loosest={"max_slippage": 0.5},
        of_order=True, kernel=Kernel.COUNTED, sentence="Takes no more than the book gives close to its middle.",
    ),
    Limit(
        code="leverage", rule=perpetual.leverage, part=Part.CAP, unit=OF_EQUITY, perpetuals=True,
        kernel=Kernel.COUNTED,
        sentence="Keeps a perpetual within the notional up to which its exchange allows the leverage, which is 3 at most.",
    ),
    Limit(
        code="ramp", rule=ramp.ramp, part=Part.CAP, unit=OF_EQUITY, loosest={"ramp": False}, applies=lambda limits: limits.ramp,
        kernel=Kernel.REFUSED,
        sentence="Uses no more real money than the ramp allows, and no more than its part of each size.",
    ),
    Limit(
        code="equal_risk", rule=docket.equal_risk, part=Part.CAP, unit=OF_EQUITY, loosest={"risk_parity": False},
        kernel=Kernel.REFUSED,
        sentence="Proposals of one session bring equal parts of the risk, where the profile asks for it.",
    ),
)  # fmt: skip
"""Checks first, then caps, each in the order in which the gate asks and records them. The first check that refuses is named; all
checks are asked before any cap, and the tightest cap wins."""

PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "daily_loss_pause_h": "how long the breaker of `max_daily_loss` stays tripped",
        "weekly_loss_pause_h": "how long the breaker of `max_weekly_loss` stays tripped",
        "turbulence": "whether that breaker pauses the account or a symbol",
        "loss_streak_chance": "how unlikely a streak must be, given the win rate, to trip the breaker of `loss_streak`",
        "correlation": "whether `max_correlation` refuses, or makes a cluster",
        "kelly_stake": "what Kelly's fraction is a part of",
        "kelly_payoff": "what it assumes that a position without a target wins",
        "proven_at": "how sure a record must be for `unproven_fraction` to bind no more",
        "turbulence_pause_h": "how long the breaker of `turbulence_sigma` stays tripped",
        "loss_streak_pause_h": "how long the breaker of `loss_streak` stays tripped",
        "entry_price_cap_bps": "the dearest price of an entry, at which `max_position_fraction` and `max_deployed_fraction` are "
        "counted",
        "half_size": "what `half_size_drawdown` halves",
        "sectors": "which symbols `max_sector_fraction` adds up",
        "stress_bars": "how long a stretch `max_stressed_loss` is measured on",
        "var_confidence": "how far out in the tail `max_var_1d` is measured",
        "es_confidence": "how far out in the tail `max_es_1d` is measured",
        "funding_hold_h": "for how long `max_funding_share` counts funding",
        "risk_window_bars": "how many returns VaR, expected shortfall and correlation are measured on",
        "risk_window_h": "likewise in hours, where that is longer",
        "var_method": "the estimator of VaR and expected shortfall",
        "var_horizon": "whether its volatility has the memory of a day or of eleven bars",
        "stop_fraction": "where the stop stands, against which `risk_per_trade` and Kelly's fraction are counted",
        "stop_atr_multiple": "likewise, in multiples of the average true range",
        "max_stop_fraction": "the largest distance of that stop",
    }
)
"""Settings of `limits:` that are not limits themselves: how a limit is measured, or how long it holds."""

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "well_formed": "Every number must be finite and in its range, or nothing is asked further.",
        "approval": "A position this large needs a human's yes; a no, or silence, is a no.",
        "route": "Of several exchanges one must take it: healthy, with a fresh book that shows enough, and with the money.",
        "share": "What position voters want of a full position, less what is held already.",
        "scale": "What the court and the policy leave of the tightest cap.",
        "tail_check": "VaR and expected shortfall, measured once more on exactly what would be signed.",
        "min_notional": "Too small to be sold again at its stop, or to be sold short at its lowest price, by the venue's rules.",
        "gate_error": "The gate could not decide, so nothing was traded.",
    }
)
"""The other rules in a verdict: the gate's steps before and after the limits; the human approval and the exchange after it."""


OF_ORDER: frozenset[str] = frozenset(limit.code for limit in CATALOGUE if limit.of_order)
"""The caps that speak of an order, and not of a position."""

HEARING: frozenset[Rule] = frozenset(limit.rule for limit in CATALOGUE if limit.hears)
"""The rules that read what a hearing said of a case."""


def rules_under(limits: RiskLimits, part: Part, *, perpetuals: bool = False) -> tuple[Rule, ...]:
    """The checks, or the caps, that a verdict on spot under these limits has, or one on `perpetuals`. `well_formed` comes before
    all checks: without sound numbers no other rule is asked."""
    asked = (limit for limit in CATALOGUE if limit.part is part and (perpetuals or not limit.perpetuals))
    return tuple(limit.rule for limit in asked if limit.applies(limits))


SENTENCES: Mapping[str, str] = MappingProxyType({**STEPS, **{limit.code: limit.sentence for limit in CATALOGUE}})
"""The purpose of each rule in a verdict, by its code."""


def loosest(limits: RiskLimits, *, but: Collection[RuleCode] = ()) -> RiskLimits:
    """`limits` with each limit at the value at which it cannot bind, or binds least, except the limits named in `but`."""
    opened = {name: value for limit in CATALOGUE if limit.code not in but for name, value in limit.loosest.items()}
    return RiskLimits.model_validate(limits.model_dump() | opened)


def told_once(reports: Iterable[RuleReport]) -> tuple[RuleReport, ...]:
    """The reports of a verdict without those that only repeat another one: on spot, net leverage leaves what gross does.

    A report that cut or refused is kept.
    """
    reports = tuple(reports)
    left = {report.code: report.notional_cap for report in reports}
    repeats = {limit.code: limit.repeats for limit in CATALOGUE if limit.repeats is not None}
    return tuple(
        report
        for report in reports
        if report.reaction is not Reaction.PASS
        or (other := repeats.get(report.code)) is None
        or other not in left
        or left[other] != report.notional_cap
    )
