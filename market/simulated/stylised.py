"""A simulated market with the stylised facts of crypto: heavy tails, volatility that clusters and remembers, jumps, busy hours.

Volatility of a bar is the regime's, times a season (hour of the day and weekend), times a slow wave (an autoregression in logs),
times a GJR-GARCH(1,1) with mean 1 (Glosten, Jagannathan and Runkle 1993), so that falls make the market more nervous than rises.
Innovations have a Student-t distribution. One factor moves all symbols; each adds noise with volatility of its own. Prices jump,
together or alone. A small part (`bounce`) of each move comes back on the next bar, as between bid and ask. Funding follows the
last days' moves. What happens before the session is `mixed`, whatever the scenario.
"""

import math
from collections.abc import Iterator

import numpy as np

from config.clock import from_ms
from config.seeds import generator
from config.settings import Settings
from market.bar import Fact, FundingRate
from market.candles import Candles, Floats
from market.catalogue import instrument_of
from market.simulated.drawn import (
    STEPS,
    Activity,
    Grid,
    SimulatedMarket,
    autoregression,
    candles_of,
    coin_of,
    in_window,
    jumps_of,
    when,
)
from market.simulated.headlines import Jumps, chatter, told_of_jumps
from market.simulated.regimes import per_bar, regime_path
from market.simulated.scenarios import SCENARIOS, Event, Scenario

_CORRELATION = 0.68
_TAIL = 5  # degrees of freedom of the innovations
_SLOW_DAYS, _SLOW_SIZE = 14.0, 0.36  # the slow wave of log-volatility: time [days], standard deviation
_GARCH_DAYS, _SHOCK, _SHOCK_OF_FALLS, _MOST_SIGMAS = 1.1, 0.090, 0.050, 5.0  # of bars of an hour
_BUSY_HOUR, _SWING, _WEEKEND = 14.5, 0.20, 0.82
_COMMON_JUMPS_A_DAY, _OWN_JUMPS_A_DAY = 0.06, 0.04
_FUNDING_H, _BASE_FUNDING, _FUNDING_OF_MOVE, _FUNDING_NOISE = 8, 0.0001, 0.0012, 0.00005
_EVENT_FROM_H, _EVENT_TO_H = 28, 60
_DAY_H = 24


def stylised(settings: Settings, seed: int, grid: Grid) -> SimulatedMarket:
    """The market of `settings.market.symbols` on a grid. Raises UsageFault as `simulate` does."""
    scenario = SCENARIOS[settings.market.scenario]
    begins = grid.before
    drift, volatility, mood = _regimes(seed, scenario, grid, begins)
    event, dark = _event(seed, scenario.event, grid, begins)
    season = _season(grid)
    quiet = volatility * season * _slow(generator(seed, "market", "volatility"), grid)
    units = _innovations(generator(seed, "market", "factor"), grid)
    nervous = quiet * _garch(units.sum(axis=1), grid)
    common = jumps_of(generator(seed, "market", "jumps"), grid, _COMMON_JUMPS_A_DAY, least=0.015, up=0.4)
    factor = _bounced(units * nervous[:, None] + drift[:, None] / STEPS, scenario.bounce) + common
    mood_a_day = mood[:: max(1, round(1 / grid.bar_days))]
    news = [
        *told_of_jumps(generator(seed, "news", "jumps"), None, when(common, grid)),
        *told_of_jumps(generator(seed, "news", "event"), None, _struck(event, grid)),
        *chatter(generator(seed, "news", "chatter"), None, grid.start_ms, mood_a_day, per_day=2.5),
    ]
    candles: dict[str, Candles] = {}
    facts: list[Fact] = []
    past: list[FundingRate] = []
    activity = Activity(season * np.sqrt(nervous / volatility), dark)
    for symbol in settings.market.symbols:
        instrument = instrument_of(settings.market, symbol)
        coin = coin_of(seed, instrument.base, settings.market)
        own = jumps_of(generator(seed, "market", symbol, "jumps"), grid, _OWN_JUMPS_A_DAY, least=0.03, up=0.5)
        own *= coin.beta - 0.5  # large coins have fewer jumps of their own
        noise = _bounced(_own_noise(seed, symbol, quiet, grid), scenario.bounce)
        steps = coin.beta * (factor + noise) + own + event
        candles[symbol] = candles_of(seed, instrument, coin, steps, grid, activity)
        moved = steps.sum(axis=1)
        facts += _funding(generator(seed, "market", symbol, "funding"), symbol, moved, grid, begins, grid.bars)
        past += _past_funding(generator(seed, "market", symbol, "past funding"), symbol, moved, grid, begins)
        news += told_of_jumps(generator(seed, "news", symbol, "jumps"), instrument.base, when(own, grid))
        news += chatter(
            generator(seed, "news", symbol, "chatter"), instrument.base, grid.start_ms, mood_a_day, per_day=1.8
        )
    known = tuple(sorted(facts, key=lambda fact: fact.known_utc))
    return SimulatedMarket(candles, in_window(news, grid), known, tuple(sorted(past, key=lambda rate: rate.at_utc)))


def _regimes(seed: int, scenario: Scenario, grid: Grid, begins: int) -> tuple[Floats, Floats, Floats]:
    """Drift and volatility of each bar [log return] and mood: mixed before the session, the scenario's in it."""
    usual = SCENARIOS["mixed"]
    before = regime_path(generator(seed, "market", "regime"), begins, grid.bar_days, usual.regimes, usual.first)
    chance = generator(seed, "market", "regime", "session")
    inside = regime_path(chance, grid.bars - begins, grid.bar_days, scenario.regimes, scenario.first)
    parts = (per_bar(before, grid.bar_days, usual.regimes), per_bar(inside, grid.bar_days, scenario.regimes))
    drift, volatility, mood = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    return drift, volatility, mood


def _season(grid: Grid) -> Floats:
    """How busy the hour and the day of each bar are, shape (bars,), with mean square about 1."""
    middle_h = (grid.open_ms + grid.timeframe.seconds * 500) / 3_600_000
    wave = (
        1 + _SWING * np.cos(2 * math.pi * (middle_h - _BUSY_HOUR) / _DAY_H) if grid.bar_days < 1 else np.ones(grid.bars)
    )
    weekday = (grid.open_ms // 86_400_000 + 3) % 7
    return np.asarray(wave * np.where(weekday >= 5, _WEEKEND, 1.05))


def _slow(chance: np.random.Generator, grid: Grid) -> Floats:
    """The slow wave of volatility, shape (bars,): an autoregression in logs with mean square 1."""
    memory = math.exp(-grid.bar_days / _SLOW_DAYS)
    shocks = chance.standard_normal(grid.bars) * _SLOW_SIZE * math.sqrt(1 - memory**2)
    return np.asarray(np.exp(autoregression(shocks, memory) - _SLOW_SIZE**2))


def _innovations(chance: np.random.Generator, grid: Grid) -> Floats:
    """Steps of bars whose return has variance 1, shape (bars, STEPS): one chi-square draw a bar makes it Student-t."""
    draws = chance.standard_normal((grid.bars, STEPS + _TAIL))
    mixing = np.sqrt((_TAIL - 2) / np.square(draws[:, STEPS:]).sum(axis=1))
    return np.asarray(draws[:, :STEPS] * (mixing / math.sqrt(STEPS))[:, None])


def _garch(units: Floats, grid: Grid) -> Floats:
    """What the returns before make of the volatility of each bar, shape (bars,): a GJR-GARCH(1,1) with mean square near 1."""
    scale = math.sqrt(min(1.0, grid.bar_days * _DAY_H))
    shock, of_falls = _SHOCK * scale, _SHOCK_OF_FALLS * scale
    persistence = math.exp(-grid.bar_days / _GARCH_DAYS)
    kept = max(0.0, persistence - shock - of_falls / 2)
    variance, found = 1.0, np.empty(len(units))
    for i, unit in enumerate(np.clip(units, -_MOST_SIGMAS, _MOST_SIGMAS).tolist()):
        found[i] = variance
        felt = shock + (of_falls if unit < 0 else 0.0)
        variance = 1 - persistence + (felt * unit * unit + kept) * variance
    return np.sqrt(found)


def _own_noise(seed: int, symbol: str, quiet: Floats, grid: Grid) -> Floats:
    scale = math.sqrt((1 - _CORRELATION) / _CORRELATION)
    units = _innovations(generator(seed, "market", symbol, "noise"), grid)
    wave = _slow(generator(seed, "market", symbol, "volatility"), grid)
    return np.asarray(units * (scale * quiet * wave * _garch(units.sum(axis=1), grid))[:, None])


def _bounced(steps: Floats, share: float) -> Floats:
    """The steps with a share of each bar's move coming back at the beginning of the next one."""
    moved = steps.copy()
    moved[1:, 0] -= share * steps.sum(axis=1)[:-1]
    return moved


def _event(seed: int, event: Event | None, grid: Grid, begins: int) -> tuple[Floats, "np.typing.NDArray[np.bool_]"]:
    """The moves of the scenario's event, shape (bars, STEPS) [log return], and in which bars nothing trades, shape (bars,)."""
    moves, dark = np.zeros((grid.bars, STEPS)), np.zeros(grid.bars, dtype=bool)
    if event is None:
        return moves, dark
    u = generator(seed, "market", "event").random(2)
    hour = _EVENT_FROM_H + (_EVENT_TO_H - _EVENT_FROM_H) * u[0]
    struck = begins + int(hour / (grid.bar_days * _DAY_H))
    length = max(1, round(event.hours / (grid.bar_days * _DAY_H)))
    if event.dark:
        dark[struck : struck + length] = True
        struck += length
    if struck < grid.bars:
        moves[struck, 1] = event.fall
    back = moves[struck + 1 : struck + 1 + length]
    back += -event.fall * event.back / (length * STEPS)
    return moves, dark


def _struck(event: Floats, grid: Grid) -> Jumps:
    """The event itself, without the way back."""
    sudden = np.where(np.abs(event) >= 0.05, event, 0.0)
    return when(sudden, grid)


def _funding(
    chance: np.random.Generator, symbol: str, returns: Floats, grid: Grid, begins: int, ends: int
) -> Iterator[Fact]:
    """The funding rate of each eight hours between two bars, known when they end: it follows the move of the last three days."""
    period = max(1, round(_FUNDING_H / (grid.bar_days * _DAY_H)))
    seen = max(period, round(3 / grid.bar_days))
    path = np.concatenate([[0.0], np.cumsum(returns)])
    for bar in range(begins + period, ends + 1, period):
        move = path[bar] - path[max(0, bar - seen)]
        rate = _BASE_FUNDING + _FUNDING_OF_MOVE * math.tanh(4 * move) + _FUNDING_NOISE * chance.standard_normal()
        at = from_ms(grid.start_ms + bar * grid.timeframe.seconds * 1000)
        yield Fact(name="funding_rate", symbol=symbol, at_utc=at, known_utc=at, value=float(rate))


def _past_funding(
    chance: np.random.Generator, symbol: str, returns: Floats, grid: Grid, begins: int
) -> Iterator[FundingRate]:
    """The rates of the week before the session; the last is due at its start."""
    week = round(7 / grid.bar_days)
    for fact in _funding(chance, symbol, returns, grid, max(0, begins - week), begins):
        yield FundingRate(symbol=symbol, at_utc=fact.at_utc, rate=fact.value)
