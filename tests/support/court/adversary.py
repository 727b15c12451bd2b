"""Dockets that try to make the gate fail: the input that an attacker, a broken model or a broken policy might give.

Half of a docket goes through the court: opinions that were never validated, that contradict each other, that raise
errors or are not opinions, and a policy with similar answers. The other half goes directly to the trader, as
proposals that were never validated. Enough of it is valid that orders are signed: a test with refusals only would
prove nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

from court_support import advocate, analyst, case, evidence, officer, signals, supervisor
from gate_support import AT

from agents.court.case import Case
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.strategies.vote import NetVote
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Argument, Direction, Proposal
from rl.adjustment import Adjustment
from rl.observation import Observation

NASTY = (nan, inf, -inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 1e-320, 1.0 + 2**-52, 2.0, -1.0, 1e16)
SYMBOLS = tuple(f"C{i}/USDT" for i in range(16))
OFTEN_HELD = SYMBOLS[:4]
"""Markets that are often held, and of which more is asked for."""
Word = Any
"""What a role returns, or does instead."""


@dataclass(frozen=True)
class Tried:
    """A case, the results of four roles on it, an answer to the attack, and the behaviour of the policy."""

    case: Case
    words: Mapping[Any, Word]
    """By the class of the role's opinion."""
    policy: Word


def mostly(sound: Sequence[Any], rest: Sequence[Any]) -> list[Any]:
    """Return a pool to draw from, of which nine tenths are valid."""
    often = max(1, -(-9 * len(rest) // len(sound)))
    return [*sound] * often + [*rest]


def forged(sound: Any, name: str, valid: tuple[int, ...] = (25, 50, 75, 100, 100, 100)) -> list[Any]:
    """Return opinions of a role: valid ones, some with an unvalidated number, and values that are not opinions."""
    steps = [sound.model_copy(update={name: value}) for value in valid]
    wrong = (0, -0.0, 7, 1000, -100, nan, inf, 1e308, "all")
    return mostly(steps, [*(sound.model_copy(update={name: value}) for value in wrong), *JUNK])


JUNK: tuple[Word, ...] = (
    Abstained(why="x"),
    RuntimeError("x"),
    TimeoutError(),
    OverflowError(),
    None,
    "buy everything",
    7,
    analyst(),
    {},
)
FINITE = tuple(value for value in NASTY if abs(value) < inf)
SOUND = (*[1.0] * 97, *(0.25 + 0.75 * i / 96 for i in range(97)))
FACTORS = (*SOUND, *(1.0 + 0.25 * i / 48 for i in range(49)))
"""What a policy may say: above 1 it gives back what the court took away."""
PRICES = tuple(Decimal(text) for text in ("NaN", "sNaN", "Infinity", "0", "-5", "1e-30", "1e-400", "1e308"))
ATRS = (None, 0.0, 0.001, 0.004, 0.009, 0.02, 0.035, 0.06)
ANSWER = RebuttalOpinion(reasoning="no", evidence=(evidence(),), concedes="no", conviction_pct=100)
WORDS: Mapping[Any, Sequence[Word]] = {
    AnalystOpinion: forged(analyst(), "conviction_pct", (10, 30, 50, 60, 80, 100)),
    RiskOpinion: forged(officer(), "scale_pct"),
    AdvocateOpinion: forged(advocate(), "strength_pct", (0, 10, 10, 30, 50, 100)),
    SupervisorOpinion: forged(supervisor(), "scale_pct"),
    RebuttalOpinion: forged(ANSWER, "conviction_pct", (0, 40, 60, 100, 100, 100)),
}

DIRECTIONS = mostly([Direction.LONG], [Direction.SHORT, Direction.NONE])
MOMENTS = mostly([AT], [AT + timedelta(days=days) for days in (-700_000, -400, -1, 1, 400, 2_900_000)])
CONVICTIONS = mostly(SOUND, [0.0, -0.0, 5e-324, 0.2999999, 0.3, 0.3000001])
CLOSES = mostly([None], FINITE)
WRONG_PRICES = mostly([None], PRICES)
GAPS = [1.0] * 200 + [0.5, 0.9, 0.9949, 0.9951, 1.0049, 1.0051, 1.5]
"""Prices, relative to the market's, that are possible but wrong."""
DOCKETS = ((), SYMBOLS[:2], SYMBOLS[3:5], (SYMBOLS[6],), ("NONE/USDT",), SYMBOLS[9:10], SYMBOLS)
PARTS_OF_PRICE = mostly(ATRS, [-1.0])
CASE, SIGHT = case(), signals(Timeframe.H1)
_STRIDE = 7919
"""A prime number larger than any pool."""
HALVES: tuple[tuple[float | None, float | None], ...] = (
    *[(None, None)] * 24, *[(None, 1.0)] * 24, (0.5, None), (1.0, None), (0.7, 0.3), (1.0, 0.5), (0.4, 1.0), (1.0, 1.0),
    (None, 0.0), (0.0, 1.0),
)  # fmt: skip
"""The share that position voters want, None for voters of single events; and the share for which a position is said to be held,
None for a new one. A second half of a purchase of single events says that all of it is held."""
WRONG_HALVES = mostly(
    HALVES, [(None, nan), (None, -1.0), (None, inf), (nan, 1.0), (2.0, 0.5), (1.0, inf), (-0.5, None)]
)
EXITS = (*[None] * 6, 0.999, 0.95, 0.5, 1.1, -1.0, nan)
"""The own exit of position voters, as a part of the price."""
BYTES = 28
"""Number of bytes that hypothesis draws for one proposal: two for each choice."""


class Choices:
    """Turns bytes into choices from pools: one draw for a whole docket, because a draw for each choice takes most of
    the time.
    """

    def __init__(self, drawn: bytes) -> None:
        self._pairs = iter(enumerate(zip(drawn[::2], drawn[1::2], strict=True)))

    def of(self, pool: Sequence[Any]) -> Any:
        """Return a choice. It also depends on the number of earlier choices, because hypothesis likes repeated bytes."""
        place, (high, low) = next(self._pairs)
        return pool[(256 * high + low + _STRIDE * place) % len(pool)]


def tried(choices: Choices, marks: Mapping[str, float], number: int, wild: Sequence[float]) -> Tried:
    """Return a case with valid border values, and arbitrary opinions and policy."""
    symbol, close, part = choices.of(SYMBOLS), choices.of(CLOSES), choices.of(PARTS_OF_PRICE)
    share, held = choices.of(HALVES)
    symbol = symbol if held is None else OFTEN_HELD[SYMBOLS.index(symbol) % len(OFTEN_HELD)]
    mark = marks[symbol] * choices.of(GAPS) if close is None else close
    atr = None if part is None else part * mark
    vote = NetVote(direction=choices.of(DIRECTIONS), conviction=choices.of(CONVICTIONS), against=0.0, votes=())
    vote = vote.model_copy(update={"exposure": share})
    heard = CASE.model_copy(
        update={
            "decision_id": f"c{number}", "symbol": symbol, "as_of_utc": choices.of(MOMENTS), "proposal": vote,
            "held_share": held,
            "signals": {Timeframe.H1: SIGHT.model_copy(update={"close": mark, "atr_14_quote": atr})},
        }
    )  # fmt: skip
    words = {role: choices.of(pool) for role, pool in WORDS.items()}
    policy = choices.of([*mostly(FACTORS, (*NASTY, *wild)), *JUNK])
    scaled = Adjustment.model_construct(adjuster="x", scale=policy) if isinstance(policy, float) else policy
    return Tried(heard, words, scaled)


def raw(choices: Choices, marks: Mapping[str, float], number: int, wild: Sequence[float]) -> Proposal:
    """Return a proposal with unvalidated numbers, as a bug or an attack would give it."""
    units = mostly(SOUND, (*NASTY, *wild))
    symbol, price, part = choices.of(SYMBOLS), choices.of(WRONG_PRICES), choices.of(PARTS_OF_PRICE)
    (share, held), away = choices.of(WRONG_HALVES), choices.of(EXITS)
    symbol = symbol if held is None else OFTEN_HELD[SYMBOLS.index(symbol) % len(OFTEN_HELD)]
    mark = marks[symbol] * choices.of(GAPS)
    belief = choices.of(units)
    return Proposal.model_construct(
        decision_id=f"p{number}",
        symbol=symbol,
        as_of_utc=choices.of(MOMENTS),
        direction=choices.of(DIRECTIONS),
        conviction=choices.of(units),
        reference_price=Decimal(repr(mark)) if price is None else price,
        atr_quote=wild[0] if part == -1.0 else None if part is None else part * mark,
        argument=None if number % 2 else Argument.model_construct(speaker="x/analyst", belief=belief),
        docket=DOCKETS[number % len(DOCKETS)] + ((symbol,) if number % 5 else ()),
        ruling_scale=choices.of(units),
        adjust_scale=choices.of(mostly(FACTORS, (*NASTY, *wild))),
        exposure=share,
        exit_price=None if share is None or away is None else away * mark,
        held_share=held,
    )


class Liar:
    """A mind that returns, for each case, what the docket contains for it."""

    name = "liar"

    def __init__(self, docket: tuple[Tried, ...]) -> None:
        self._words = {one.case.decision_id: one.words for one in docket}

    def _say(self, heard: Case, role: type) -> Any:
        word = self._words[heard.decision_id][role]
        if isinstance(word, Exception):
            raise word
        return word

    async def analyst(self, heard: Case) -> Any:
        return self._say(heard, AnalystOpinion)

    async def risk_agent(self, heard: Case) -> Any:
        return self._say(heard, RiskOpinion)

    async def devils_advocate(self, heard: Case, *_: Any) -> Any:
        return self._say(heard, AdvocateOpinion)

    def answers(self, heard: Case) -> bool:
        return True

    async def rebuttal(self, heard: Case, *_: Any) -> Any:
        return self._say(heard, RebuttalOpinion)

    async def supervisor(self, heard: Case, *_: Any) -> Any:
        return self._say(heard, SupervisorOpinion)

    def transcripts(self) -> tuple[()]:
        return ()

    def voices(self) -> tuple[()]:
        return ()


class Madman:
    """A policy that returns, case after case, what the docket contains for it."""

    name = "madman"

    def __init__(self, docket: tuple[Tried, ...]) -> None:
        self._left = iter([one.policy for one in docket])

    def adjust(self, seen: Observation) -> Any:
        word = next(self._left)
        if isinstance(word, Exception):
            raise word
        return word
