"""From a profile to the kernel's numbers: exact fractions, each as two floats.

It refuses, with the reason, what the kernel cannot count exactly or does not support, so that it never differs silently from the
full engine: a venue that is not simulated, steps with too many decimals, and an account that is too large for its smallest unit.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from config.clock import to_ms
from config.errors import UsageFault
from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.holdings.isolated import COST_STEP, MARGIN_STEP
from execution.kernel import records as w
from execution.kernel.margined.terms import lay_terms
from execution.kernel.records import Floats, Record, Records
from execution.simulated.latency import delay_of
from execution.simulated.strain import calm_sigma
from market.context.calendar.releases import calendar
from market.instrument import Instrument, InstrumentKind
from risk.breakers import fall_sigmas
from risk.calibration import CalibrationMap
from risk.limits.catalogue import CATALOGUE
from risk.limits.row import Kernel
from risk.measures.costs import dearest_trip_bps
from risk.measures.horizon import horizon_of
from risk.sizing import hard_stop, price_cap
from risk.volumes import day_bars

_WHOLE = 2**53
_MOST_UNITS = 2**96
_MOST_POWER = 22


class Rules(NamedTuple):
    """The result of `rules_of`: one RULE per market, one LIMITS, and the calibration's points, shape (n, 2). `perpetual`: the
    markets are perpetuals."""

    markets: Records
    limits: Records
    points: Floats
    perpetual: bool = False


def rules_of(
    instruments: Sequence[Instrument],
    limits: RiskLimits,
    exits: ExitSettings,
    venue: VenueSettings,
    bars_per_day: float,
    calibration: CalibrationMap | None = None,
    resize_band: float | None = None,
    cost_edge: float | None = None,
    perpetuals: PerpetualsSettings | None = None,
) -> Rules:
    """The numbers behind a session on these instruments, in order of their symbols. Raises UsageFault as the module says.

    `resize_band`: that of `court:` [fraction of the wanted share]; None if no position is enlarged or trimmed. `cost_edge`: that
    of `court:` [multiple of the costs]; None if every purchase is heard. `perpetuals`: leverage and trigger; None on spot.
    """
    _refuse(instruments, limits, venue, perpetuals)
    _refuse_unpaid(instruments, limits, exits, cost_edge)
    _refuse_late(venue, bars_per_day)
    _refuse_attached(exits)
    unit = _money_unit(instruments, venue)
    markets = np.zeros(len(instruments), dtype=w.RULE)
    names = sorted(set(limits.sectors.values()))
    sectors = {symbol: names.index(name) for symbol, name in limits.sectors.items()}
    capped = 1 + _read(limits.entry_price_cap_bps or 0.0) / 10_000
    markets["sector"] = [sectors.get(instrument.symbol, -1) for instrument in instruments]
    for row, instrument in zip(markets, instruments, strict=True):
        _market(row, instrument, exits, venue, unit)
        row["capped"] = pair_of(capped / Fraction(instrument.tick_size))
        row["cheapest"] = pair_of((2 - capped) / Fraction(instrument.tick_size))
        if perpetuals is not None:
            lay_terms(row, instrument, perpetuals, unit)
        row["calm"] = calm_sigma(venue, timedelta(days=1) / bars_per_day)
    points = np.array(calibration.points if calibration else (), dtype=np.float64).reshape(-1, 2)
    made = _limits(limits, exits, venue, bars_per_day, unit)
    made["band"] = -1.0 if resize_band is None else resize_band
    return Rules(markets, made, points, perpetual=perpetuals is not None)


def _market(row: Record, rules: Instrument, exits: ExitSettings, venue: VenueSettings, unit: Fraction) -> None:
    tick, lot, least = Fraction(rules.tick_size), Fraction(rules.lot_size), Fraction(rules.min_notional)
    parts = 10 ** _places(tick)
    row["levels"] = venue.levels
    row["fee"] = float(rules.taker_fee_bps) / 1e4
    row["tick_whole"], row["tick_parts"] = float(tick * parts), float(parts)
    row["units"] = _whole(tick * lot / unit, rules)
    row["maker_units"] = _whole(tick * lot * Fraction(rules.maker_fee_bps) / 10_000 / unit, rules)
    row["taker_units"] = _whole(tick * lot * Fraction(rules.taker_fee_bps) / 10_000 / unit, rules)
    row["tick"], row["lot"], row["least"] = pair_of(tick), pair_of(lot), pair_of(least)
    row["per_lot"], row["least_steps"] = pair_of(least / lot), pair_of(least / (tick * lot))
    row["fee"] = float(rules.taker_fee_bps) / 10_000
    row["with_fee"] = pair_of(1 + Fraction(rules.taker_fee_bps) / 10_000)
    row["depth"] = pair_of(_read(venue.depth_fraction) / lot)
    row["middle"] = pair_of(1 / tick)
    row["trail"] = pair_of((1 - _read(exits.trail_fraction)) / tick)
    row["trail_up"] = pair_of((1 + _read(exits.trail_fraction)) / tick)
    for number in range(venue.levels):
        away = (_read(venue.spread_bps) / 2 + number * _read(venue.level_step_bps)) / 10_000
        row["ask"][number], row["bid"][number] = pair_of((1 + away) / tick), pair_of((1 - away) / tick)
        row["away"][number] = pair_of(away / tick)


def _limits(
    limits: RiskLimits, exits: ExitSettings, venue: VenueSettings, bars_per_day: float, unit: Fraction
) -> Records:
    made = np.zeros(1, dtype=w.LIMITS)
    first_hour, last_hour = limits.trading_hours_utc or (0, 24)
    horizon = horizon_of(limits, bars_per_day)
    values: dict[str, object] = {
        "starting_cash": float(venue.starting_cash),
        "cash": pair_of(Fraction(venue.starting_cash) / unit),
        "quote_units": float(1 / unit),
        "target": pair_of(1 + _read(exits.take_profit_fraction)),
        "target_down": pair_of(1 - _read(exits.take_profit_fraction)),
        "trail_atr": pair_of(_read(exits.trail_atr_multiple or 0.0)),
        "hold_h": limits.funding_hold_h,
        "stress_bars": limits.stress_bars,
        "margin_step": float(Fraction(MARGIN_STEP) / unit),
        "cost_step": float(Fraction(COST_STEP) / unit),
        "share": pair_of(_read(exits.take_profit_share)),
        "take_profit": exits.take_profit_fraction,
        "expires": exits.horizon == "close",
        "entry_cap": price_cap(limits),
        "capped": pair_of(1 + _read(limits.entry_price_cap_bps or 0.0) / 10_000),
        "dearest": pair_of(1 + _read(limits.max_slippage)),
        "cheapest": pair_of(1 - _read(limits.max_slippage)),
        "first_hour": first_hour,
        "last_hour": last_hour,
        "var_tail": 1.0 - limits.var_confidence,
        "es_tail": 1.0 - limits.es_confidence,
        "filtered": limits.var_method == "fhs_ewma",
        "halves": limits.half_size == "halve",
        "window": horizon.window_bars,
        "step": horizon.step_bars,
        "least_bars": horizon.least_bars,
        "decay": horizon.memory.decay,
        "falls": horizon.memory.falls,
        "floored": horizon.memory.floored,
        "stop": limits.stop_fraction,
        "stop_atr": limits.stop_atr_multiple,
        "max_stop": limits.max_stop_fraction,
        "hard_stop": hard_stop(limits),
        "daily_pause_us": _microseconds(limits.daily_loss_pause_h),
        "weekly_pause_us": _microseconds(limits.weekly_loss_pause_h),
        "day_bars": day_bars(bars_per_day),
        "turbulence_pause_us": _microseconds(limits.turbulence_pause_h),
        "streak_pause_us": _microseconds(limits.loss_streak_pause_h),
        "day_scale": math.sqrt(horizon.steps_per_day),
        "clusters": limits.correlation == "cluster",
        "kelly_risk": limits.kelly_stake == "risk",
        "kelly_even": limits.kelly_payoff == "even",
        "by_symbol": limits.turbulence == "symbol",
        "learns": limits.kelly_stake == "risk" or limits.unproven_fraction is not None,
        "fall_sigma": fall_sigmas(bars_per_day, limits),
        "proven_at": limits.proven_at,
        "streak_log": math.log(limits.loss_streak_chance) if limits.loss_streak_chance is not None else 0.0,
        "delay": delay_of(venue.latency_ms, timedelta(days=1) / bars_per_day).scale,
    }
    values |= _releases(limits)
    for name in w.SETTINGS:
        setting = getattr(limits, name)
        made[name] = math.inf if setting is None else setting
    for name, value in values.items():
        made[name] = value
    return made


def pair_of(value: Fraction) -> tuple[float, float]:
    """The two floats whose sum is nearest to a fraction."""
    high = float(value)
    return high, float(value - Fraction(high))


def _refuse_unpaid(
    instruments: Sequence[Instrument], limits: RiskLimits, exits: ExitSettings, cost_edge: float | None
) -> None:
    """A target that may not pay for the trade: the full engine then asks the order book of the moment."""
    for rules in instruments:
        least = 0.0 if cost_edge is None else cost_edge * dearest_trip_bps(rules, limits)
        if exits.take_profit_fraction * 10_000 < least:
            raise UsageFault(
                f"A first target of {exits.take_profit_fraction:.2%} may not pay for a trade of {rules.symbol}, "
                f"which costs up to {least / 10_000:.2%} by court.cost_edge; the fast engine hears every purchase. Nothing was "
                "run: set court.cost_edge to null, or use the full engine."
            )


def _refuse(
    instruments: Sequence[Instrument],
    limits: RiskLimits,
    venue: VenueSettings,
    perpetuals: PerpetualsSettings | None,
) -> None:
    if venue.kind != "simulated":
        raise UsageFault(
            f"The fast engine trades on the simulated exchange only, and the profile names {venue.kind}. Nothing was run. Use a "
            "profile with venue.kind simulated, or the full engine."
        )
    if venue.also:
        raise UsageFault(
            f"The fast engine trades on one exchange, and venue.also names {venue.also[0].name}. Nothing was run: leave it out, "
            "or use the full engine."
        )
    if venue.impact != "book":
        raise UsageFault(
            f"The fast engine lays its book at even steps, and venue.impact is {venue.impact}. Nothing was run: use book, or the "
            "full engine."
        )
    if venue.entry.how != "market":
        raise UsageFault(
            f"The fast engine buys at market, and venue.entry.how is {venue.entry.how}. Nothing was run: use market, or the full "
            "engine."
        )
    if limits.var_method not in ("historical", "fhs_ewma"):
        raise UsageFault(
            f"The fast engine measures VaR by historical simulation, plain or filtered, and limits.var_method is "
            f"{limits.var_method}. Nothing was run: use historical or fhs_ewma, or the full engine."
        )
    refused = (limit for limit in CATALOGUE if limit.kernel is Kernel.REFUSED)
    if unknown := [name for limit in refused for name in limit.binding_settings(limits)]:
        raise UsageFault(
            f"The fast engine does not know limits.{unknown[0]}, and the profile sets it. Nothing was run: leave it out, or "
            "use the full engine."
        )
    for rules in instruments:
        if (rules.kind is InstrumentKind.PERPETUAL) is not (perpetuals is not None):
            traded = "spot" if perpetuals is None else "perpetuals"
            raise UsageFault(
                f"{rules.symbol} is a {rules.kind.value} market, and the profile trades {traded}. Nothing was run. Leave the "
                "market out, or take another profile."
            )
        if rules.perpetual is not None and len(rules.perpetual.tiers) > w.MOST_TIERS:
            raise UsageFault(
                f"{rules.symbol} has {len(rules.perpetual.tiers)} margin tiers, and the fast engine keeps {w.MOST_TIERS}. "
                "Nothing was run. Join some of them, or use the full engine."
            )
    quotes = sorted({rules.quote for rules in instruments})
    if len(quotes) > 1:
        raise UsageFault(
            f"The markets are quoted in {' and '.join(quotes)}, and an account has one currency. Nothing was run. Choose "
            "markets of one quote currency."
        )


def _refuse_attached(exits: ExitSettings) -> None:
    """Raise UsageFault for stops that leave with their entries: this engine places stops after fills."""
    if exits.attached:
        raise UsageFault(
            "exits.attached: true is not known to the fast engine, which places stops after fills. Nothing was started. Use "
            "`tribunal backtest`, or set exits.attached to false."
        )


def _refuse_late(venue: VenueSettings, bars_per_day: float) -> None:
    if delay_of(venue.latency_ms, timedelta(days=1) / bars_per_day).whole:
        raise UsageFault(
            f"The fast engine sends every order to the next bar, and venue.latency_ms, {venue.latency_ms:g}, is as long as a "
            "bar or longer. Nothing was run: use a shorter latency, or the full engine."
        )


def _money_unit(instruments: Sequence[Instrument], venue: VenueSettings) -> Fraction:
    """The power of ten of which every notional, fee and the starting cash is a whole multiple."""
    places = _places(Fraction(venue.starting_cash))
    for rules in instruments:
        step = Fraction(rules.tick_size) * Fraction(rules.lot_size)
        for fee in (rules.maker_fee_bps, rules.taker_fee_bps):
            places = max(places, _places(step), _places(step * Fraction(fee) / 10_000))
        if rules.perpetual is not None:  # its margins are counted too, and what a liquidation costs
            of_liquidation = Fraction(rules.taker_fee_bps + rules.perpetual.liquidation_fee_bps) / 10_000
            places = max(places, _places(step * of_liquidation), _places(Fraction(COST_STEP)))
    if Fraction(venue.starting_cash) * 10**places > _MOST_UNITS or places > _MOST_POWER:
        raise UsageFault(
            f"An account of {venue.starting_cash} in steps of 1e-{places} is more than the fast engine counts exactly. Nothing "
            "was run: use coarser ticks, lots or fees, or the full engine."
        )
    return Fraction(1, 10**places)


def _places(value: Fraction) -> int:
    """Decimals of a fraction whose denominator has only twos and fives, as every decimal's has."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    return places


def _whole(count: Fraction, rules: Instrument) -> float:
    if count > _WHOLE:
        raise UsageFault(
            f"One tick of one lot of {rules.symbol} is {count} of the account's smallest units, more than the fast engine counts "
            "exactly. Nothing was run: use markets of like steps, or the full engine."
        )
    return float(count)


def _read(value: float) -> Fraction:
    """The decimal that a float prints as."""
    return Fraction(repr(float(value)))


def _releases(limits: RiskLimits) -> dict[str, object]:
    """The calendar of releases in microseconds since 1970, and how near is too near."""
    known = calendar()
    moments = np.zeros(w.MOST_RELEASES, dtype=np.int64)
    stamps = [to_ms(release.at_utc) * 1000 for release in known.releases]
    moments[: len(stamps)] = stamps
    return {
        "releases_us": moments,
        "releases_known": len(stamps),
        "covered_from_us": to_ms(known.begin_utc) * 1000,
        "covered_to_us": to_ms(known.end_utc) * 1000,
        "macro_pause_us": -1 if limits.macro_pause_h is None else _microseconds(limits.macro_pause_h),
    }


def _microseconds(hours: float) -> int:
    return timedelta(hours=hours) // timedelta(microseconds=1)
