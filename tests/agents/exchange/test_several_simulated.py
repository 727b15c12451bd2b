"""A session on several simulated exchanges, from the command line to its replay, and what is refused of one."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from halt_support import journaled

from agents.records.record import Session
from agents.replay import main as replay
from agents.run import main as run
from config.confirm import live_words
from config.errors import UsageFault
from config.reading.load import load_profile
from config.secrets import misspelt
from execution.account.routing.routed import Routed
from execution.reports import VenueWord
from ops.commands.requests import venues_asked

KEY = "ef" * 32
ALSO = (
    'venue.also=[{"name":"second","cash":"4000","taker_fee_bps":"5","spread_bps":3},'
    '{"name":"third","cash":"1000","taker_fee_bps":"2"}]'
)


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(["--days", "12", "--set", ALSO, "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.mark.slow
def test_it_trades_where_it_is_cheapest_and_its_books_add_up(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [found.event for found in journaled(traded)]
    routes = [event for event in events if isinstance(event, Routed)]
    fills = [fill for event in events if isinstance(event, VenueWord) for fill in event.report.fills]
    assert {event.chosen for event in routes} == {"third"}
    assert all(len(event.candidates) + len(event.unfit) == 3 for event in routes)
    assert Counter(fill.account for fill in fills) == {"third": len(fills)}
    summary = json.loads((traded / "summary.json").read_text())
    assert Decimal(summary["starting_cash"]) == 10_000


@pytest.mark.slow
def test_it_replays_to_the_byte_and_is_its_own_backtest(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(traded), "--quiet"]) == 0
    assert replay([str(traded), "--as-backtest", "--quiet", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert {figure["difference"] for figure in told["figures"] if figure["difference"] is not None} == {0.0}


@pytest.mark.slow
def test_its_journal_has_the_rules_of_each_and_common_ones(traded: Path) -> None:
    session = next(found.event for found in journaled(traded) if isinstance(found.event, Session))
    fees = {name: each.instruments["BTC/USDT"].taker_fee_bps for name, each in session.exchanges.items()}
    assert fees == {"binance": 10, "second": 5, "third": 2}
    assert session.instruments["BTC/USDT"].taker_fee_bps == 10


@pytest.mark.parametrize(
    ("also", "why"),
    [
        ([{"name": "binance", "cash": "1"}], "two exchanges of a session are called binance"),
        ([{"name": "b", "cash": "10000"}], "nothing is left for binance"),
        ([{"name": "B!", "cash": "1"}], "venue.also.0.name"),
    ],
)
def test_exchanges_that_could_be_taken_for_each_other_or_have_no_money_are_refused(also: Any, why: str) -> None:
    with pytest.raises(UsageFault, match=why):
        load_profile("paper", {"venue.also": also})


def test_an_account_that_is_named_twice_is_refused() -> None:
    with pytest.raises(UsageFault, match="its account is one"):
        load_profile("testnet", {"venue.also": [{"name": "b", "exchange": "binance", "cash": "1"}]})


def test_several_addresses_are_as_many_exchanges_of_the_kind_with_equal_parts() -> None:
    asked = venues_asked("testnet", {}, ["http://a", "http://b", "http://c"])
    members = load_profile("testnet", asked).venue.members
    assert [(name, each.url, each.starting_cash) for name, each in members.items()] == [
        ("binance", "http://a", Decimal("3333.34")),
        ("binance-2", "http://b", Decimal("3333.33")),
        ("binance-3", "http://c", Decimal("3333.33")),
    ]
    assert venues_asked("testnet", {}, ["http://a"]) == {"venue.url": "http://a"}
    assert venues_asked("testnet", {}, None) == {}


def test_each_exchange_of_the_profile_has_its_address_and_no_more_are_given() -> None:
    own = {"venue.also": [{"name": "k", "exchange": "kraken", "cash": "1000"}]}
    venue = load_profile("testnet", {**own, **venues_asked("testnet", own, ["http://a", "http://b"])}).venue
    assert {name: (each.exchange, each.url) for name, each in venue.members.items()} == {
        "binance": ("binance", "http://a"),
        "k": ("kraken", "http://b"),
    }
    with pytest.raises(UsageFault, match="gives 3 addresses, and the session trades on 2"):
        venues_asked("testnet", own, ["http://a", "http://b", "http://c"])


@pytest.mark.parametrize("urls", [("http://127.0.0.1:9",), ("http://127.0.0.1:9", "http://127.0.0.1:10")])
def test_an_address_is_refused_where_the_exchange_is_simulated(
    urls: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--out", str(tmp_path / "run"), "--days", "2", "--quiet", "--venue-url", *urls]) == 2
    assert "no order would go to the address" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_keys_of_each_exchange_are_variables_of_their_own() -> None:
    venue = load_profile("testnet", {"venue.also": [{"name": "my-kraken", "exchange": "kraken", "cash": "1"}]}).venue
    assert venue.key_variables == (
        "TRIBUNAL_EXCHANGE_KEY_MY_KRAKEN",
        "TRIBUNAL_EXCHANGE_SECRET_MY_KRAKEN",
        "TRIBUNAL_EXCHANGE_PASSWORD_MY_KRAKEN",
    )
    assert misspelt(venue.key_variables) == ()


def test_the_words_for_real_money_name_every_exchange() -> None:
    settings = load_profile("live", {"venue.also": [{"name": "k", "exchange": "kraken", "cash": "40"}]})
    assert live_words(settings, Decimal(25), "USDT") == "TRADE REAL MONEY: 25 OF 100 USDT ON binance AND kraken"
