"""Real money needs exactly these words, from a person."""

import io

import pytest

from config.confirm import WORDS, confirm_live
from config.errors import NotConfirmed
from config.reading.load import load_profile


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("profile", ["paper", "backtest", "testnet"])
def test_play_money_asks_nothing(profile: str) -> None:
    asked = io.StringIO()
    confirm_live(load_profile(profile), io.StringIO(), asked)
    assert asked.getvalue() == ""


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_the_words_typed_on_a_terminal_confirm_once_the_user_was_asked(ending: str) -> None:
    asked = io.StringIO()
    confirm_live(load_profile("live"), Terminal(WORDS + ending), asked)
    assert "sends orders for real money to binance" in asked.getvalue()
    assert WORDS in asked.getvalue()


@pytest.mark.parametrize(
    "typed", ["", "\n", "y\n", "yes\n", "trade real money\n", f" {WORDS}\n", f"{WORDS}!\n", f"{WORDS} \n"]
)
def test_any_other_answer_stops(typed: str) -> None:
    with pytest.raises(NotConfirmed, match="nothing was started"):
        confirm_live(load_profile("live"), Terminal(typed), io.StringIO())


def test_a_pipe_cannot_confirm() -> None:
    with pytest.raises(NotConfirmed, match="no terminal"):
        confirm_live(load_profile("live"), io.StringIO(f"{WORDS}\n"), io.StringIO())


def test_words_given_by_the_caller_confirm_without_a_terminal_and_wrong_ones_never_fall_back_to_asking() -> None:
    live, asked = load_profile("live"), io.StringIO()
    confirm_live(live, io.StringIO(), asked, given=WORDS)
    for wrong in ("", "yes", WORDS.lower()):
        with pytest.raises(NotConfirmed, match="--confirm"):
            confirm_live(live, Terminal(f"{WORDS}\n"), asked, given=wrong)
    assert asked.getvalue() == ""


def test_it_is_the_world_that_counts_and_not_the_name() -> None:
    renamed = load_profile("live").model_copy(update={"profile": "paper"})
    with pytest.raises(NotConfirmed):
        confirm_live(renamed, io.StringIO(), io.StringIO())
