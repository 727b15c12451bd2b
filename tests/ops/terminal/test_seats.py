"""Who can sit is told at the start, and at the end in one line that nobody of them has spoken."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from agents.court.mind import Voice
from agents.llm.preflight import Seat
from agents.records.record import CycleRecord
from config.errors import UsageFault
from config.reading.load import load_profile
from ops.terminal.seats import SeatsTeller, seat_lines


def seat(state: str, why: str = "") -> Seat:
    return Seat.model_validate(
        {
            "provider": state, "kind": "openai", "model": "m", "state": state, "key": "set", "price": "listed",
            "input_usd": "1", "output_usd": "5", "effort": None, "max_tokens": 700, "why": why,
        }
    )  # fmt: skip


def teller(outage: str = "rules", *, required: bool = False, quiet: bool = True) -> tuple[SeatsTeller, io.StringIO]:
    told = io.StringIO()
    settings = load_profile("paper", {"minds.outage": outage})
    return SeatsTeller(settings, told, required=required, quiet=quiet), told


def record(*voices: tuple[str, str]) -> CycleRecord:
    """A bar in which these speakers spoke, for these reasons."""

    class Heard:
        def __init__(self) -> None:
            self.voices = tuple(Voice(decision_id="d", role="analyst", speaker=who, why=why) for who, why in voices)

    return CycleRecord.model_construct(hearings=(Heard(),))  # type: ignore[arg-type]


def test_where_one_sits_only_the_others_are_named_and_quiet_says_nothing_of_a_sound_court() -> None:
    one, told = teller()
    one.at_start((seat("sits"),))
    assert told.getvalue() == ""
    one.at_start((seat("sits"), seat("barred", "its key is refused")))
    assert told.getvalue() == "barred does not sit: its key is refused.\n"


@pytest.mark.parametrize(
    ("outage", "then"),
    [
        ("rules", "the rules mind speaks in their place."),
        ("abstain", "nobody speaks in their place, so every case is rejected."),
    ],
)
def test_where_none_sits_it_is_said_who_speaks_instead(outage: str, then: str) -> None:
    one, told = teller(outage)
    one.at_start((seat("silent", "no answer now"), seat("barred", "no price")))
    assert told.getvalue().splitlines() == [
        "silent is silent: no answer now.", "barred does not sit: no price.",
        f"No model answers now, and until one does {then}",
    ]  # fmt: skip
    told.truncate(0)
    one.at_start((seat("barred", "no price"),))
    assert told.getvalue().splitlines()[-1] == f"No model sits: {then}"


def test_a_session_that_wants_a_model_and_has_none_is_not_begun() -> None:
    one, _ = teller(required=True)
    with pytest.raises(
        UsageFault, match=r"nothing was started\. barred does not sit: no price\. `tribunal models --check`"
    ):
        one.at_start((seat("barred", "no price"),))
    one.at_start((seat("barred", "no price"), seat("sits")))


def test_on_a_terminal_the_table_says_it_and_only_what_is_wrong_is_repeated() -> None:
    one, told = teller(quiet=False)
    one.at_start((seat("sits"), seat("barred", "no price")))
    assert "Models that can sit" in told.getvalue()
    assert "does not sit" not in told.getvalue()


ENDS: dict[str, tuple[list[CycleRecord], str]] = {
    "nothing heard": ([CycleRecord.model_construct(hearings=())], ""),
    "a model spoke": ([record(("rules", "no key"), ("openai/m", ""))], ""),
    "rules alone": (
        [record(("rules", "no key")), record(("rules", "no price"))],
        "No model has spoken: the rules mind sat (2 words), because no price.\n",
    ),
    "nobody at all": ([record(("nobody", "too late"))], "No model has spoken: nobody spoke, because too late.\n"),
    "some and some": (
        [record(("rules", "no key"), ("nobody", "too late"))],
        "No model has spoken: the rules mind sat (1 words), and 1 times nobody spoke, because too late.\n",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_at_the_end_one_line_says_that_no_model_has_spoken_and_why(name: str) -> None:
    heard, line = ENDS[name]
    one, told = teller()
    for each in cycle(heard):
        one.hear(each, past=False)
    one.at_end()
    assert told.getvalue() == line


def cycle(heard: list[CycleRecord]) -> Iterator[Any]:
    """The records, and an event of another kind between them."""
    for each in heard:
        yield Voice(decision_id="d", role="analyst", speaker="openai/m", why="no record")
        yield each


def test_a_line_names_the_provider_and_its_reason() -> None:
    assert seat_lines((seat("sits"), seat("silent", "overloaded"))) == ["silent is silent: overloaded."]
