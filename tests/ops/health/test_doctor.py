"""`tribunal doctor` through unmodified ccxt on the simulated exchange over the wire: each thing that is wrong is named."""

import asyncio
import io
import re
from typing import Any

import pytest
from doctor_support import BTC, Said, said, said_of
from exchange_support import settings_at
from wire_support import client_of, exchange_of

from config.secrets import load_secrets, state_dir
from execution.kill_switch.latch import ALL, Latch, LatchFolder
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lease import account_lock
from execution.venues.exchange.venue import name_of_account
from execution.wire.server import KEY, WireServer
from ops.commands.operate.doctor import doctor_command
from ops.doctor import parser


def ids_at(url: str) -> ClientIds:
    """Client ids of a session of this program on the account at this address."""
    return ClientIds(name_of_account(settings_at(url), live=False), "another run")


def order_by_hand(quantity: int) -> Any:
    """Places a purchase at 90 that this program knows nothing of."""

    async def place(url: str) -> None:
        client = client_of(url)
        try:
            await client.create_order("BTC/USDT", "limit", "buy", quantity, 90, {"newClientOrderId": "by-hand"})
        finally:
            await client.close()

    return place


def test_nothing_is_to_be_mended_where_all_is_well() -> None:
    found = said_of(WireServer(exchange_of()))
    assert (found.code, found.next) == (0, None)
    assert {state for state, _ in found.checks.values()} == {"ok", "not asked"}
    assert [check for check, (state, _) in found.checks.items() if state == "not asked"] == ["copy of the key"]
    assert found.checks["key may trade"][1].startswith("Yes.")
    assert found.checks["key may withdraw"][1].startswith("No.")
    assert "ANY address" in found.checks["key's addresses"][1]
    assert "Orders from 5.00 USDT" in found.checks["BTC/USDT"][1]
    assert "10,000.00 USDT free" in found.checks["money"][1]


def test_it_sends_no_order_and_cancels_none() -> None:
    server = WireServer(exchange_of())
    assert said_of(server, "--set", "venue.starting_cash=1000", before=order_by_hand(1)).code == 0
    (left,) = server.exchange.ledger.orders("BTCUSDT")
    assert (left.client_id, left.status) == ("by-hand", "NEW")


def test_a_key_that_may_withdraw_is_named() -> None:
    key = type(KEY)(KEY.name, KEY.secret, withdraws=True)
    found = said_of(WireServer(exchange_of(), keys=(key,)))
    assert (found.code, found.next) == (1, "key may withdraw")
    assert "Forbid withdrawals" in found.checks["key may withdraw"][1]


def test_a_key_that_may_not_trade_is_named() -> None:
    key = type(KEY)(KEY.name, KEY.secret, trades=False)
    found = said_of(WireServer(exchange_of(), keys=(key,)))
    assert (found.code, found.next) == (1, "key may trade")
    assert found.checks["key may withdraw"][0] == "ok"


def test_a_wrong_secret_is_a_key_that_is_refused_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", KEY.name)
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_SECRET", "not-the-secret-of-it")
    found = said_of(WireServer(exchange_of()))
    assert (found.code, found.next) == (1, "key may trade")
    assert "refuses the key" in found.checks["key may trade"][1]
    assert {found.checks[check][0] for check in ("key may withdraw", "money", "open orders")} == {"not asked"}
    assert "not-the-secret" not in str(found)


def test_a_clock_that_is_off_by_20_s_is_named_and_all_else_is_asked() -> None:
    server = WireServer(exchange_of())
    server.answering.access.skew_ms = -20_000
    found = said_of(server)
    assert (found.code, found.next) == (1, "clock")
    assert "s ahead of the exchange" in found.checks["clock"][1]
    assert re.search(r"\b(19\.[5-9]|20\.0)", found.checks["clock"][1])
    assert found.checks["money"][0] == "ok"


def test_an_exchange_that_is_down_is_named_and_nothing_of_it_is_said_to_be_well() -> None:
    found = said("--profile", "testnet", "--venue-url", "http://127.0.0.1:9", *BTC)
    assert (found.code, found.next) == (1, "exchange answers")
    states = {check: found.checks[check][0] for check in ("clock", "key may trade", "key may withdraw", "money")}
    assert set(states.values()) == {"not asked"}
    assert found.checks["disk"][0] == "ok"


def test_too_little_money_is_named_with_the_amounts() -> None:
    found = said_of(WireServer(exchange_of(balances={"USDT": "50", "BTC": "0"})))
    assert (found.code, found.next) == (1, "money")
    assert "50.00 USDT free of 50.00; the session is to trade 10,000.00" in found.checks["money"][1]


def test_a_latch_that_is_down_is_named_with_what_lifts_it() -> None:
    latch = Latch(ALL, "ada", "2024-01-01T00:00:00+00:00", "the exchange is down", flatten=False)
    LatchFolder(state_dir(load_secrets())).set(latch)
    found = said_of(WireServer(exchange_of()))
    assert (found.code, found.next) == (1, "kill switch")
    assert "ada: the exchange is down" in found.checks["kill switch"][1]
    assert "tribunal unhalt --reason TEXT" in found.checks["kill switch"][1]


def test_an_open_order_of_another_session_is_named_and_those_of_others_are_left_alone() -> None:
    async def place(url: str) -> None:
        client = client_of(url)
        try:
            for client_id in (ids_at(url).of("d-1"), "by-hand"):
                await client.create_order("BTC/USDT", "limit", "buy", 1, 90, {"newClientOrderId": client_id})
        finally:
            await client.close()

    found = said_of(WireServer(exchange_of()), "--set", "venue.starting_cash=1000", before=place)
    assert (found.code, found.next) == (1, "open orders")
    assert found.checks["open orders"][1].startswith("1 of a session of this program")
    assert "1 of others are left alone" in found.checks["open orders"][1]


def test_money_that_open_orders_bind_cannot_be_traded() -> None:
    found = said_of(WireServer(exchange_of()), before=order_by_hand(50))
    assert (found.code, found.next) == (1, "money")
    assert "Open orders bind the rest" in found.checks["money"][1]


def test_another_session_of_this_machine_on_the_account_is_named() -> None:
    async def main() -> Said:
        async with WireServer(exchange_of()) as url:
            with account_lock(state_dir(load_secrets()) / "accounts", ids_at(url).mark):
                return await asyncio.to_thread(said, "--profile", "testnet", "--venue-url", url, *BTC)

    found = asyncio.run(main())
    assert (found.code, found.next) == (1, "other sessions")


def test_a_position_whose_pieces_could_not_be_sold_is_named_with_the_money_that_it_takes() -> None:
    """1.5 % of 100 is 1.50, half of it 0.75, and orders are of 5: that takes 5 / (1.5 % x 1/2) = 666.67."""
    found = said_of(WireServer(exchange_of()), "--set", "venue.starting_cash=100")
    assert (found.code, found.next) == (1, "BTC/USDT")
    assert "at most 1.50, its smallest piece 0.75" in found.checks["BTC/USDT"][1]
    assert "at least 667 USDT" in found.checks["BTC/USDT"][1]
    assert said_of(WireServer(exchange_of()), "--set", "venue.starting_cash=667").code == 0


def test_a_market_that_the_exchange_has_not_is_named() -> None:
    found = said_of(WireServer(exchange_of()), "--symbols", "DOGE/USDT")
    assert (found.code, found.next) == (1, "markets")


def test_without_a_key_the_exchange_is_asked_what_anybody_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said_of(WireServer(exchange_of()), "--set", "live.capital=10000", profile="live")
    assert found.checks["exchange key"][0] == "mend"
    assert "TRIBUNAL_EXCHANGE_KEY" in found.checks["exchange key"][1]
    assert (found.checks["clock"][0], found.checks["BTC/USDT"][0]) == ("ok", "ok")
    assert found.checks["key may withdraw"][0] == "not asked"


def test_what_is_to_be_mended_next_stands_last() -> None:
    out = io.StringIO()
    assert doctor_command(parser().parse_args(["--profile", "papr"]), out) == 1
    last = out.getvalue().partition("Mend next: ")[2]
    assert last.startswith("profile.")
    assert "did you mean paper?" in " ".join(last.split())


def test_what_was_not_asked_is_said_where_nothing_is_to_be_mended() -> None:
    out = io.StringIO()
    assert doctor_command(parser().parse_args([]), out) == 0
    assert out.getvalue().endswith("Nothing is to be mended. Not asked: copy of the key, exchange.\n")


def test_the_feed_of_paper_money_is_asked_without_an_account() -> None:
    async def main() -> Said:
        async with WireServer(exchange_of()) as url:
            return await asyncio.to_thread(said, "--feed", "binance", "--feed-url", url, *BTC)

    found = asyncio.run(main())
    assert found.code == 0
    assert found.checks["market data"] == ("ok", "binance has bars of 1h of BTC/USDT. ")
    assert found.checks["clock"][0] == "ok"
    assert "key may trade" not in found.checks


def test_an_exchange_without_play_money_is_refused_for_testnet() -> None:
    found = said(
        "--profile",
        "testnet",
        "--set",
        "venue.exchange=kraken",
        "market.feed=kraken",
        "--feed-url",
        "http://127.0.0.1:9",
    )
    assert (found.code, found.next) == (1, "exchange")
    assert "no test network" in found.checks["exchange"][1]


def test_models_without_a_key_are_named_and_none_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = said("--mind", "anthropic")
    assert (found.code, found.next) == (1, "models")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-never-shown")
    found = said("--mind", "anthropic")
    assert found.code == 0
    assert "No model was called" in found.checks["models"][1]
    assert "sk-never-shown" not in str(found)


def test_each_exchange_of_a_session_on_two_is_looked_at_with_its_part_of_the_money() -> None:
    async def main() -> Said:
        poor = exchange_of(balances={"USDT": "100", "BTC": "0"})
        async with WireServer(exchange_of()) as one, WireServer(poor) as other:
            return await asyncio.to_thread(said, "--profile", "testnet", "--venue-url", one, other, *BTC)

    found = asyncio.run(main())
    assert (found.code, found.next) == (1, "binance-2: money")
    assert "the session is to trade 5,000.00" in found.checks["binance: money"][1]
    assert found.checks["binance: money"][0] == found.checks["binance: key may trade"][0] == "ok"
    assert found.checks["binance-2: key may trade"][0] == "ok"
    assert found.checks["binance: BTC/USDT"] == found.checks["binance-2: BTC/USDT"], "sizes are of the whole"
