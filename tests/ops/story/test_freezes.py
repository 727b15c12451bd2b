"""When a market was frozen, and why: one freeze for each cause that lasted without a break."""

from datetime import UTC, datetime, timedelta

from ops.story.freezes import Freeze, Freezes

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def seen(*frozen: dict[str, str]) -> Freezes:
    freezes = Freezes()
    for number, each in enumerate(frozen):
        freezes.see(START + number * HOUR, each)
    return freezes


def test_a_freeze_lasts_while_its_cause_does() -> None:
    freezes = seen({}, {"A/USDT": "a gap"}, {"A/USDT": "a gap"}, {"A/USDT": "no peg"}, {}, {"A/USDT": "a gap"})
    assert freezes.all() == (
        Freeze(symbol="A/USDT", from_utc=START + HOUR, until_utc=START + 3 * HOUR, bars=2, why="a gap"),
        Freeze(symbol="A/USDT", from_utc=START + 3 * HOUR, until_utc=START + 4 * HOUR, bars=1, why="no peg"),
        Freeze(symbol="A/USDT", from_utc=START + 5 * HOUR, until_utc=None, bars=1, why="a gap"),
    )


def test_markets_are_counted_apart_and_the_longest_are_kept_in_their_order() -> None:
    freezes = seen({"A/USDT": "x"}, {"B/USDT": "x"}, {"B/USDT": "x"}, {"C/USDT": "x"}, {"C/USDT": "x"}, {"C/USDT": "x"})
    assert [each.symbol for each in freezes.longest(2)] == ["B/USDT", "C/USDT"]
    assert [each.symbol for each in freezes.longest(9)] == ["A/USDT", "B/USDT", "C/USDT"]
