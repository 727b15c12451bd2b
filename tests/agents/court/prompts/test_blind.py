"""A blinded case hides names, dates and prices, and nothing that is cited from it is judged otherwise."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from court_support import AT, analyst, book, case, evidence, signals
from hypothesis import given
from hypothesis import strategies as st
from injections import with_headlines

from agents.court.case import lookup
from agents.court.grounding import ground, is_grounded
from agents.court.prompts.blind import PRICES, blind
from agents.court.prompts.earlier import Earlier
from agents.court.prompts.render import render
from agents.llm.attempt import ROLES
from market.signals import TechnicalSignals
from market.timeframe import HORIZONS
from sentiment.headline import Headline

SCALE_FREE = {
    "return_1", "rsi_14", "previous_rsi_14", "adx_14", "realized_volatility", "volume_ratio_20", "volume", "obv",
    "stoch_k", "stoch_d", "return_1d", "return_7d", "return_30d", "realized_volatility_20", "realized_volatility_100",
    "support_distance_atr", "resistance_distance_atr",
}  # fmt: skip


def test_every_number_of_the_signals_is_a_price_or_is_known_to_be_none() -> None:
    numbers = {name for name, part in TechnicalSignals.model_fields.items() if "float" in str(part.annotation)}
    assert numbers == PRICES | SCALE_FREE, "a new field must be indexed, or be said to need none"


def test_prices_are_indexed_to_a_hundred_at_the_base_close_and_ratios_are_kept() -> None:
    shown = blind(case()).case.signals
    assert shown[HORIZONS[0]].close == pytest.approx(100.0)
    assert shown[HORIZONS[0]].atr_14_quote == pytest.approx(300 / 50_600 * 100)
    assert shown[HORIZONS[0]].sma_50 == pytest.approx(49_800 / 50_600 * 100)
    assert shown[HORIZONS[0]].rsi_14 == 61.25
    assert shown[HORIZONS[0]].volume == 100.0


def test_what_was_traded_since_the_beginning_is_hidden_and_every_new_price_is_indexed() -> None:
    real = signals(obv=123_456.0, supertrend=49_000.0, support=50_000.0, support_touches=3, support_distance_atr=2.0)
    shown = blind(case(signals={HORIZONS[0]: real})).case.signals[HORIZONS[0]]
    assert shown.obv is None
    assert (shown.supertrend, shown.support) == pytest.approx((4_900_000 / 50_600, 5_000_000 / 50_600))
    assert (shown.support_touches, shown.support_distance_atr) == (3, 2.0)


def test_no_name_and_no_date_of_the_case_is_left_in_any_prompt() -> None:
    what = with_headlines(
        "Bitcoin (BTC) tops $69,000 on 10 November 2021", "Ether follows bitcoin", source="r/Bitcoin",
        book=book(held=("ETH/USDT", "SOL/USDT")),
    )  # fmt: skip
    view = blind(what)
    recognised = analyst(reasoning="This is Bitcoin at $69,000 in November 2021")
    for role in ROLES:
        text = render(what, role, Earlier(recognised, None, None), view)
        for word in ("BTC", "Bitcoin", "bitcoin", "ETH", "Ether", "SOL", "USDT", "69", "2021", "50600", "50610"):
            assert word not in text, (role, word)
    assert "Held: ASSET-B/QUOTE, ASSET-C/QUOTE." in render(what, "risk_agent", blind=view)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bitcoin Cash forks from Bitcoin", "ASSET-X forks from ASSET-A"),
        ("buy ethereum classic now", "buy ASSET-X now"),
        ("BTCUSDT and BTC-USDT and btc/usdt", "ASSET-A and ASSET-A and ASSET-A"),
        ("$btc to the moon", "ASSET-A to the moon"),
        ("Bitcoin's fall on 2020-03-12", "ASSET-A's fall on (date)"),
        ("May 19th, 2021: a crash", "(date): a crash"),
        ("it may fall 5% in Q3 2022", "it may fall 5% in (date)"),
        ("worth 1,234.50, or 40k, or €3bn", "worth (amount), or (amount), or (amount)"),
        ("nothing to hide here: RSI near 70", "nothing to hide here: RSI near 70"),
    ],
)
def test_names_dates_and_amounts_in_a_text_are_masked(text: str, masked: str) -> None:
    assert blind(case()).mask(text) == masked


@pytest.mark.parametrize(("symbol", "text"), [("LINK/USDT", "a link to the news"), ("NEAR/USDT", "near its high")])
def test_tickers_that_are_words_are_masked_only_where_they_are_tickers(symbol: str, text: str) -> None:
    base = symbol.partition("/")[0]
    mask = blind(case(symbol=symbol)).mask
    assert mask(text) == text
    assert mask(f"${base} and {base} rise") == "ASSET-A and ASSET-A rise"


def test_a_coin_that_nobody_knows_is_hidden_by_its_symbol() -> None:
    assert blind(case(symbol="HYPE1/USDC")).mask("HYPE1 is up in USDC") == "ASSET-A is up in QUOTE"


def test_blinding_keeps_ages_and_hides_dates() -> None:
    shown = blind(with_headlines("x", "y")).case
    assert shown.as_of_utc.year == 2000
    moved = case(as_of_utc=AT + timedelta(days=77))
    assert blind(moved).case.as_of_utc == shown.as_of_utc
    old = Headline(text="x", source="w", published_utc=AT - timedelta(hours=5), first_seen_utc=AT)
    what = with_headlines("x")
    what = what.model_copy(update={"sentiment": what.sentiment.model_copy(update={"headlines": (old,)})})
    (line,) = blind(what).case.sentiment.headlines
    assert blind(what).case.as_of_utc - line.published_utc == timedelta(hours=5)


def test_two_assets_with_the_same_shape_read_the_same() -> None:
    def scaled(factor: float, symbol: str) -> Any:
        known = {name: getattr(signals(), name) for name in PRICES}
        now = {name: value * factor for name, value in known.items() if value is not None}
        return case(symbol=symbol, signals={HORIZONS[0]: signals(**now)})

    one, other = scaled(1.0, "BTC/USDT"), scaled(0.0009765625, "SOL/USDT")
    assert render(one, "analyst", blind=blind(one)) == render(other, "analyst", blind=blind(other))


FIELDS = [
    *(f"signals.1h.{name}" for name in TechnicalSignals.model_fields),
    "signals.1w.close", "book.equity", "book.drawdown", "book.breaker", "proposal.direction", "proposal.conviction",
    "sentiment.score", "sentiment.flags.hack", "no.such.field",
]  # fmt: skip


@given(
    st.sampled_from(FIELDS),
    st.one_of(st.floats(-1e6, 1e6), st.booleans(), st.integers(-100, 100), st.sampled_from(["BTC/USDT", "long", "1h"])),
    st.booleans(),
    st.booleans(),
)
def test_a_citation_matches_after_unblinding_exactly_if_it_matched_the_blinded_case(
    field: str, value: Any, faithful: bool, by_heart: bool
) -> None:
    what = case(proposal=case().proposal, signals={HORIZONS[0]: signals(close=50_600.0)})
    view = blind(what)
    if faithful or by_heart:
        with suppress(KeyError):
            value = lookup(view.case if faithful else what, field)
    word = analyst(evidence=(evidence(field, value),))
    stood = is_grounded(view.case, word.evidence[0])
    (real,) = view.unblind(word).evidence
    assert is_grounded(what, real) is stood
    if stood:
        assert real.value == lookup(what, field)


def test_a_price_that_a_model_remembers_is_struck_out() -> None:
    what = case()
    known = evidence("signals.1h.close", 50_600.0)
    word = blind(what).unblind(analyst(evidence=(known, evidence("signals.1h.close", 100))))
    kept, struck = ground(what, word)
    assert [item.value for item in kept.evidence] == [50_600.0]
    assert len(struck) == 1


def test_a_symbol_that_is_known_by_heart_is_struck_out() -> None:
    what = case()
    word = blind(what).unblind(analyst(evidence=(evidence("signals.1h.symbol", "BTC/USDT"),)))
    assert ground(what, word)[0].evidence == ()
