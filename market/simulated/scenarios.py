"""What the simulated market may do in a session: the regimes that follow each other, and one event where the scenario has one.

A Markov chain in continuous time (the idea is from Hamilton 1989): each regime lasts an exponentially distributed time, then
another one follows. Before the session the market is always `mixed`. The parameters are chosen so that the stylised facts lie
where those of real hourly bars lie (docs/simulated-market.md); none is fitted to one market.
"""

from typing import NamedTuple

from market.simulated.regimes import Regime

WEATHER = "weather"
"""The market of versions before 0.3.0, drawn by `market.simulated.weather`."""

_BULL = Regime("bull", 1.2, 0.53, 25.0, 0.3, (0.0, 0.55, 0.35, 0.10))
_CALM = Regime("calm", 0.1, 0.38, 18.0, 0.0, (0.50, 0.0, 0.45, 0.05))
_BEAR = Regime("bear", -1.0, 0.72, 18.0, -0.3, (0.35, 0.40, 0.0, 0.25))
_PANIC = Regime("panic", -5.0, 1.35, 1.5, -0.6, (0.35, 0.30, 0.35, 0.0))
_CHOP = Regime("chop", 0.0, 0.55, 30.0, 0.0, (1.0,))


class Event(NamedTuple):
    """Something that happens once, a day and some hours into the session.

    `fall`: how far all prices move at once [log return]; `back`: the share that comes back, over `hours`; `dark`: nothing trades
    in these hours, and the move stands at their end.
    """

    fall: float
    back: float
    hours: float
    dark: bool = False


class Scenario(NamedTuple):
    """What it is in a few words, its regimes, the row of the first one, and its event.

    `bounce`: the share of each bar's move that comes back on the next.
    """

    what: str
    regimes: tuple[Regime, ...]
    first: int = 0
    event: Event | None = None
    bounce: float = 0.03


def _only(regime: Regime) -> tuple[Regime, ...]:
    return (regime._replace(next_odds=(1.0,)),)


_MIXED = (_BULL, _CALM, _BEAR, _PANIC)
_FALLING = (_BEAR._replace(next_odds=(0.0, 1.0)), _PANIC._replace(next_odds=(1.0, 0.0)))
SCENARIOS: dict[str, Scenario] = {
    "mixed": Scenario("all regimes, one after the other", _MIXED, 1),
    "calm": Scenario("little happens", _only(_CALM)),
    "bull": Scenario("prices rise for the whole session", _only(_BULL)),
    "bear": Scenario("prices fall, with days of panic", _FALLING),
    "chop": Scenario("moves that come back: trend followers lose", _only(_CHOP), bounce=0.12),
    "flash-crash": Scenario(
        "all prices fall by a quarter within minutes, and most comes back", _MIXED, 1, Event(-0.27, 0.8, 9)
    ),
    "outage": Scenario("the exchange is away for hours, and opens lower", _MIXED, 1, Event(-0.06, 0.5, 7, dark=True)),
    "depeg": Scenario("the quote currency loses its peg for two days", _MIXED, 1, Event(0.07, 1.0, 48)),
}
"""Each scenario of `market.scenario` once, but for WEATHER."""
