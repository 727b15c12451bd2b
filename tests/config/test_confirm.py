"""Real money needs exactly these words, from a person, and they name how much of it and where."""

import io
from decimal import Decimal

import pytest

from config.confirm import confirm, live_words, refuse_without_terminal
from config.errors import NotConfirmed
from config.reading.load import load_profile

WORDS = "TRADE REAL MONEY: 25 OF 100 USDT ON binance"
TOLD = "Real money will be traded."


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_words_name_what_may_be_used_of_how_much_and_where() -> None:
    live = load_profile("live")
    assert live_words(live, Decimal("25.00"), "USDT") == WORDS
    larger = load_profile("live", {"live.capital": "2000", "venue.url": "http://127.0.0.1:8765"})
    assert live_words(larger, Decimal(500), "USDT") == (
        "TRADE REAL MONEY: 500 OF 2000 USDT ON binance AT http://127.0.0.1:8765"
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_the_words_typed_on_a_terminal_confirm_once_the_user_was_asked(ending: str) -> None:
    asked = io.StringIO()
    confirm(WORDS, TOLD, Terminal(WORDS + ending), asked)
    assert TOLD in asked.getvalue()
    assert WORDS in asked.getvalue()


@pytest.mark.parametrize(
    "typed", ["", "\n", "y\n", "yes\n", WORDS.lower() + "\n", f" {WORDS}\n", f"{WORDS}!\n", f"{WORDS} \n"]
)
def test_any_other_answer_stops(typed: str) -> None:
    with pytest.raises(NotConfirmed, match="nothing was done"):
        confirm(WORDS, TOLD, Terminal(typed), io.StringIO())


def test_the_words_of_another_quarter_of_the_ramp_stop_too() -> None:
    with pytest.raises(NotConfirmed, match="nothing was done"):
        confirm(WORDS.replace("25", "50"), TOLD, io.StringIO(), io.StringIO(), given=WORDS)


def test_a_pipe_cannot_confirm() -> None:
    with pytest.raises(NotConfirmed, match="no terminal"):
        confirm(WORDS, TOLD, io.StringIO(f"{WORDS}\n"), io.StringIO())
    with pytest.raises(NotConfirmed, match="no terminal"):
        refuse_without_terminal(load_profile("live"), io.StringIO(), None)
    refuse_without_terminal(load_profile("live"), Terminal(), None)
    refuse_without_terminal(load_profile("live"), io.StringIO(), "words that are checked later")


def test_words_given_by_the_caller_confirm_without_a_terminal_and_wrong_ones_never_fall_back_to_asking() -> None:
    asked = io.StringIO()
    confirm(WORDS, TOLD, io.StringIO(), asked, given=WORDS)
    for wrong in ("", "yes", WORDS.lower()):
        with pytest.raises(NotConfirmed, match="--confirm"):
            confirm(WORDS, TOLD, Terminal(f"{WORDS}\n"), asked, given=wrong)
    assert asked.getvalue() == ""


@pytest.mark.parametrize("profile", ["paper", "backtest", "testnet"])
def test_play_money_asks_nothing(profile: str) -> None:
    refuse_without_terminal(load_profile(profile), io.StringIO(), None)


def test_it_is_the_world_that_counts_and_not_the_name() -> None:
    renamed = load_profile("live").model_copy(update={"profile": "paper"})
    with pytest.raises(NotConfirmed):
        refuse_without_terminal(renamed, io.StringIO(), None)
