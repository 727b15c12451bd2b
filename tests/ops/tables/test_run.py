"""The tables fit a plain terminal, say the summary's numbers, and speak where there is nothing to count."""

import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from agents.outages.alert import AlertCode
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.tables.plain import ALERTS, BREAKERS, PURPOSES, RULES, money, percent, price, quantity, signed_percent
from ops.tables.run import print_tables
from risk.breakers import Breaker
from risk.order import Purpose
from risk.verdict import RuleCode

Maker = Callable[..., Path]


def _printed(run: Path, key: bytes) -> str:
    story, out = read_story(run, key), io.StringIO()
    print_tables(story, summarise(story), out)
    return out.getvalue()


def test_in_a_pipe_nothing_is_wider_than_a_hundred_columns(make_run: Maker, key: bytes) -> None:
    text = _printed(make_run(bars=300), key)
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_the_numbers_are_those_of_the_summary(make_run: Maker, key: bytes) -> None:
    run = make_run(bars=55, gaps={(9, "ETH/USDT")})
    summary, text = summarise(read_story(run, key)), _printed(run, key)
    for shown in (
        money(summary.final_equity),
        signed_percent(summary.growth.total_return),
        signed_percent(summary.market_return),
        percent(summary.trades.win_rate),
        money(summary.identity.fees),
        f"{summary.identity.end.normalize():f}",
        "1 bar is missing",
        "7.1 sigmas",
        "Equal to the last digit.",
    ):
        assert shown in text


def test_only_the_last_trades_are_shown_and_the_others_are_told_of(make_run: Maker, key: bytes) -> None:
    text = _printed(make_run(bars=300), key)
    assert "the last 20 of 30" in text
    assert len(re.findall(r"│ BTC/USDT │", text)) == 20


def test_empty_tables_are_sentences(make_run: Maker, key: bytes) -> None:
    text = _printed(make_run(trading=False), key)
    for sentence in (
        "No trade was closed.",
        "The court was not called.",
        "The gate was not asked.",
        "No position is open.",
        "No breaker tripped.",
        "No fault was found in the data.",
    ):
        assert sentence in text


def test_books_that_do_not_balance_are_called_so(make_run: Maker, key: bytes) -> None:
    assert "can be trusted" in _printed(make_run(lie=Decimal(1)), key)


def test_every_rule_breaker_alert_and_purpose_has_its_words() -> None:
    assert set(RULES) == set(get_args(RuleCode))
    assert set(ALERTS) == set(get_args(AlertCode))
    assert set(BREAKERS) == set(get_args(Breaker))
    assert set(PURPOSES) == set(Purpose)


@pytest.mark.parametrize(
    ("value", "text"), [("31402.57", "31,402.57"), ("62.154", "62.154"), ("0.00001234567", "1.23457e-05")]
)
def test_prices_keep_what_matters(value: str, text: str) -> None:
    assert price(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1.500", "1.5"), ("100", "100"), ("1E+3", "1,000"), ("1234.5", "1,234.5")]
)
def test_quantities_have_no_exponent(value: str, text: str) -> None:
    assert quantity(Decimal(value)) == text


def test_what_is_unknown_is_a_dash() -> None:
    assert money(None) == percent(None) == price(None) == "–"
