"""News of a project that nobody listed is its own; news of the market, of exchanges, authorities and countries is everybody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.bases import bases_in
from sentiment.projects.named import projects_in

INVENTED = st.sampled_from(
    ["Quorvia", "Zyrex", "Vantro", "Belqua", "Mirzak", "zkTorpo", "Ulmora", "Oxalis", "Kestrix", "UwU Fend"]
)
SAID = [
    "{} hacked", "{} Bridge Hacked for $40 Million", "Hackers Steal $220 Million From {}", "hackers drain $4M from {}",
    "$40M stolen from {} in flash loan attack", "{} has been exploited", "{} exploit drains liquidity pools", "Hack hits {}",
    "DeFi protocol {} loses $40M to hackers", "Layer-1 blockchain {} halts block production", "{} rug pull: investors lose $3M",
    "{} raises $225 million", "{} Launches Mainnet", "{} Price Soars 40% After Mainnet Launch", "{}'s smart contract exploited",
    "BREAKING: {} hacked", "Investors flee {} after hack", "SEC sues {} Labs", "Binance to delist {}", "Why {} fell 80% today",
    "North Korean hackers behind {} heist", "Team behind {} disappears",
    "An attacker stole $3 million from the lending market {}",
    "{}, a rival of others, was hacked on Monday", "{}: Building a Cross-Chain Future",
]  # fmt: skip


@given(name=INVENTED, said=st.sampled_from(SAID))
def test_a_name_that_nobody_listed_is_found_by_what_is_said_of_it(name: str, said: str) -> None:
    assert bases_in(said.format(name)) == (name.upper(),)


@pytest.mark.parametrize("text", ["quorvia hacked", "QUORVIA HACKED", "quorvia exploited for $9m"])
def test_it_is_found_where_capitals_tell_nothing_if_it_comes_first(text: str) -> None:
    assert bases_in(text) == ("QUORVIA",)


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("Monad hacked", ("MON",)),
        ("Harmony hacked for $100M", ("ONE",)),
        ("Wormhole exploit drains $320 million", ("W",)),
        ("Terra Adds an Amendment to Its Plan", ("LUNA",)),
    ],
)
def test_a_listed_coin_whose_name_is_an_everyday_word_is_found_in_the_same_way(
    text: str, bases: tuple[str, ...]
) -> None:
    assert bases_in(text) == bases


@pytest.mark.parametrize(
    "text",
    [
        "Fed raises rates",
        "Fed Raises Rates by 75 Basis Points",
        "Bank of England Raises Rates",
        "crypto market falls",
        "Crypto market falls after Zyrex hack",
        "Stocks Tumble as Zyrex Token Crashes",
        "Powell warns of more hikes",
        "SEC Approves Spot ETFs",
        "China bans crypto mining",
        "Nigeria lifts ban",
        "White House unveils crypto framework",
        "US CPI hits 9.1%",
        "Binance hacked",
        "Coinbase suffers outage",
        "Mt. Gox begins repayments",
        "Crypto exchange Zyx hacked",
        "Zyx exchange hacked",
        "Crypto lender Zyx freezes withdrawals",
        "Tether loses its peg",
        "USDC depegs",
        "Exchange hacked, millions stolen",
        "exchange hacked",
        "Withdrawals halted, hacked",
        "Deposits paused at a great exchange",
        "Brokers hacked",
        "Emails of Users Stolen",
        "Code exploited for $9m",
        "Payouts suspended",
        "Hackers Steal Millions",
        "DeFi hacks hit record",
        "NFT sales plunge 90%",
        "Altcoins plunge",
        "Traders liquidated as volatility spikes",
        "Whales Dump Holdings",
        "Lawmakers propose ban",
        "BlackRock files for ETF",
        "Tesla sells holdings",
        "Credit Suisse collapses",
        "Evergrande defaults",
        "Sentiment Sours as Bulls Retreat",
        "Three Arrows Capital liquidated",
    ],
)
def test_news_of_the_market_stays_everybodys(text: str) -> None:
    assert bases_in(text) == ()


@given(text=st.text(max_size=500))
def test_any_text_has_one_project_in_capitals_or_none(text: str) -> None:
    found = projects_in(text)
    assert len(found) <= 1
    assert all(name == name.upper().strip() for name in found)


def test_a_name_is_no_part_of_a_word_and_a_shout_has_only_its_first_word() -> None:
    assert projects_in("EVERYBODY SAYS THAT QUORVIA WAS HACKED") == ()
    assert projects_in("") == ()
