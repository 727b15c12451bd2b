"""What a session says on stderr of the kill switch: each change once, with who, when, why, and how it is lifted."""

from io import StringIO

import pytest

from config.clock import from_ms
from config.frozen import Journaled
from execution.kill_switch.halting import Halt, HaltEvent
from execution.kill_switch.latch import Latch
from ops.terminal.halts import HaltHerald, lift_words
from risk.breakers import BreakerEvent

AT = from_ms(1_700_000_000_000)
ANN = Halt(scope="all", who="ann", given_utc=AT, why="the feed lies", flatten=False)
BOB = Halt(scope="paper", who="bob", given_utc=None, why="to look", flatten=True)


def seen(*halts: Halt) -> HaltEvent:
    return HaltEvent(action="halted" if halts else "resumed", look=1, as_of_utc=AT, halts=halts)


def told(*events: Journaled, latches: tuple[Latch, ...] = (), past: bool = False) -> list[str]:
    """What is written at the start and for these events."""
    out = StringIO()
    herald = HaltHerald(out)
    herald.at_start(latches)
    for event in events:
        herald.hear(event, past=past)
    return out.getvalue().strip("\n").split("\n\n") if out.getvalue() else []


def test_a_fall_is_said_with_who_when_why_and_what_stays_protected() -> None:
    (line,) = told(seen(ANN))
    assert line.startswith("The kill switch fell (ann, 2023-11-14 22:13")
    assert "the feed lies" in line
    assert "what is held keeps its stops" in line
    assert "`tribunal unhalt --reason TEXT` lifts it." in line


def test_a_fall_that_sells_says_so_and_an_unreadable_moment_is_a_question_mark() -> None:
    (line,) = told(seen(BOB))
    assert "(bob, ?: to look)" in line
    assert "what is held is sold at market" in line
    assert "--profile paper`" in line


def test_one_latch_that_sells_among_others_is_enough() -> None:
    (line,) = told(seen(ANN, BOB))
    assert "what is held is sold at market" in line
    assert "ann" in line
    assert "bob" in line


def test_the_same_state_is_said_once_and_a_lift_once() -> None:
    lines = told(seen(ANN), seen(ANN), seen(), seen(), seen(ANN))
    assert [line.split(" (")[0] for line in lines] == [
        "The kill switch fell",
        "The kill switch was lifted. The session takes new risk again.",
        "The kill switch fell",
    ]


def test_what_was_down_at_the_start_is_said_at_the_start_and_not_again() -> None:
    latch = Latch("all", "ann", "2023-11-14T22:13:20+00:00", "the feed lies", flatten=False)
    (line,) = told(seen(ANN), latches=(latch,))
    assert line.startswith("The kill switch is down (ann, 2023-11-14T22:13:20+00:00: the feed lies)")
    assert "takes no new risk" in line
    first, second = told(seen(ANN), seen(), latches=(latch,))
    assert (first, second) == (line, "The kill switch was lifted. The session takes new risk again.")


def test_what_a_resumed_run_saw_before_and_other_events_are_not_said() -> None:
    assert told(seen(ANN), past=True) == []
    assert told(BreakerEvent(breaker="turbulence", at_utc=AT, action="tripped", why="7 sigmas in one bar")) == []


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (("all",), "`tribunal unhalt --reason TEXT` lifts it."),
        (("live",), "`tribunal unhalt --reason TEXT --profile live` lifts it."),
        (
            ("all", "live"),
            "`tribunal unhalt --reason TEXT` and `tribunal unhalt --reason TEXT --profile live` lifts it.",
        ),
    ],
)
def test_each_latch_has_the_command_that_lifts_it(scopes: tuple[str, ...], words: str) -> None:
    assert lift_words(scopes) == words
