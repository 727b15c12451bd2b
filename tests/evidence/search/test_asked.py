"""Voters that are asked once for each of their own parameter sets: the same votes as bar by bar, and no more questions."""

from collections.abc import Mapping

import pytest
from gate_support import OLD_FOUR

from agents.strategies.contexts import Context, build_contexts, votes_on
from agents.strategies.netting import net
from agents.strategies.voter import NOTHING, Ballot, short_of
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.settings import Settings
from config.silence import Abstained
from evidence.search.asked import KEPT, AskedVoters, Wanted
from evidence.search.space import applied
from market.indicators.engine import SignalEngine
from market.signals import TechnicalSignals
from market.tape import simulated_tape
from risk.proposal import Direction

SYMBOLS = ("BTC/USDT", "ETH/USDT")
SETTINGS = load_profile("paper", {**OLD_FOUR, "market.symbols": list(SYMBOLS), "market.session_days": 60})
Columns = list[list[TechnicalSignals | None]]


@pytest.fixture(scope="module")
def columns() -> Columns:
    """Signals of both markets by row; every seventh bar of the second one is not believed."""
    tape = simulated_tape(SETTINGS)
    engines = {symbol: SignalEngine(symbol, tape.timeframe) for symbol in SYMBOLS}
    found: Columns = [[], []]
    for row, now in enumerate(tape.slices()):
        for column, symbol in enumerate(SYMBOLS):
            engines[symbol].push(now.bars[symbol])
            hidden = column == 1 and row % 7 == 0
            found[column].append(None if hidden else engines[symbol].signals(tape.timeframe))
    return found


def bar_by_bar(columns: Columns, settings: Settings) -> list[Wanted]:
    contexts = build_contexts(settings.strategies, SYMBOLS)
    found: list[Wanted] = []
    names = [context.name for context in contexts]
    for column, symbol in enumerate(SYMBOLS):
        for row, now in enumerate(columns[column]):
            if now is None:
                continue
            wanted = net(votes_on(symbol, now, contexts), settings.court.net_threshold)
            long = [vote for vote in wanted.votes if vote.direction is Direction.LONG]
            buyers = sum(1 << names.index(vote.voter) for vote in long)
            sellers = sum(1 << names.index(vote.voter) for vote in wanted.votes if vote.direction is Direction.SHORT)
            if wanted.direction is not Direction.NONE or buyers or sellers:
                found.append(Wanted(row, column, wanted.direction, wanted.conviction, buyers, 0, sellers, None, None))
    return found


def of(asked: AskedVoters, settings: Settings) -> list[Wanted]:
    contexts = build_contexts(settings.strategies, SYMBOLS)
    return list(asked.wanted(settings.strategies, contexts, settings.court.net_threshold))


@pytest.mark.parametrize(
    "values",
    [{}, {"ema_cross.rsi_max": 55.0}, {"rsi_bounce.low": 40.0, "rsi_bounce.high": 60.0}, {"court.net_threshold": 0.6}],
)
def test_what_is_wanted_is_what_the_cycle_would_net_bar_by_bar(columns: Columns, values: Mapping[str, float]) -> None:
    asked = AskedVoters(SYMBOLS, columns)
    of(asked, applied(SETTINGS, {"ema_cross.rsi_max": 80.0}))
    settings = applied(SETTINGS, values)
    expected = bar_by_bar(columns, settings)
    assert len(expected) > 20
    assert of(asked, settings) == expected


class Turner:
    """Says by the last digits of the price what is to be held: long, short, a share of a short, or nothing."""

    name = "turner"

    def vote(self, now: TechnicalSignals) -> Ballot:
        said = round(now.close * 100) % 7
        if said > 3:
            return NOTHING
        share = (None, None, 0.5, 0.0)[said]
        return Ballot(
            Direction.SHORT if said else Direction.LONG, 0.9, ("said",), share, now.close * 1.1 if share else None
        )


def test_what_is_wanted_on_both_sides_is_what_the_cycle_would_net(columns: Columns) -> None:
    both = StrategyContext(strategy="trend_ensemble", sides="both")
    long = StrategyContext(strategy="rsi_bounce")
    contexts = (Context("turner", Turner(), None, 1.0, entry=both), *build_contexts((long,), SYMBOLS))
    found = list(AskedVoters(SYMBOLS, columns).wanted((both, long), contexts, 0.2, both_sides=True))
    assert {each.opens for each in found} == {each.covers for each in found} == {True, False}
    for each in found:
        now = columns[each.column][each.row]
        assert now is not None
        said = net(votes_on(SYMBOLS[each.column], now, contexts), 0.2, both_sides=True)
        assert (each.direction, each.conviction, each.exposure, each.exit_price, each.opens, each.covers) == (
            said.direction, said.conviction, said.exposure, said.exit_price, said.is_short, said.closes_short,
        )  # fmt: skip
        assert each.shorts == int(any(vote.goes_short for vote in said.votes))


def test_a_voter_that_is_given_one_market_is_not_heard_on_the_other(columns: Columns) -> None:
    only = tuple(entry.model_copy(update={"symbols": ("ETH/USDT",)}) for entry in SETTINGS.strategies)
    settings = SETTINGS.model_copy(update={"strategies": only})
    found = of(AskedVoters(SYMBOLS, columns), settings)
    assert found == bar_by_bar(columns, settings)
    assert {column for _, column, *_ in found} == {1}


class Counting:
    """Says nothing new, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        self.asked += 1
        return short_of("patience") if self.asked % 2 else Ballot(Direction.NONE, 0.0, ())


def named(name: str) -> StrategyContext:
    return SETTINGS.strategies[0].model_copy(update={"name": name})


def test_only_a_voter_whose_parameters_have_changed_is_asked_again(columns: Columns) -> None:
    asked, bars = AskedVoters(SYMBOLS, columns), sum(now is not None for column in columns for now in column)
    steady, tried = Counting(), [Counting() for _ in range(3)]
    for number, voter in enumerate(tried):
        said = (
            named("steady"),
            named("tried").model_copy(update={"params": {"rsi_max": 60.0 + number}}),
        )
        contexts = (Context("steady", steady, None, 1.0), Context("tried", voter, None, 1.0))
        assert list(asked.wanted(said, contexts, 0.2)) == []
    assert [steady.asked, *(voter.asked for voter in tried)] == [bars] * 4


def test_answers_that_are_unused_for_long_are_dropped(columns: Columns) -> None:
    asked, first = AskedVoters(SYMBOLS, [column[:5] for column in columns]), Counting()
    for number in (0, *range(1, KEPT + 1), 0):
        voter = Context(f"voter {number}", Counting() if number else first, None, 1.0)
        list(asked.wanted((named(voter.name),), (voter,), 0.2))
    assert first.asked == 2 * sum(now is not None for column in columns for now in column[:5])
