"""Lines to an exchange: where they may go, what is asked again, and who waits for whom."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import ccxt
import pytest
from exchange_support import KEYS, QUICK, server_of
from loopback import loopback, tree
from wire_support import exchange_of

from config.clock import Clock, FixedClock, SystemClock
from config.errors import DataFault, UsageFault
from config.seeds import generator
from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.egress import hosts_of, moved, session_for
from execution.venues.exchange.lines.line import Budget, Line, NoAnswer, Pace, Quiet, Refused
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.wires import Wires, wires_of

BINANCE = CAPABILITIES["binance"]


def test_all_addresses_move_to_one_host_and_streams_keep_the_word_by_which_ccxt_knows_them() -> None:
    urls = {
        "public": "https://api.binance.com/api/v3",
        "ws": {"spot": "wss://stream.binance.com:9443/ws", "api": "wss://ws-api.b.com/x"},
    }
    assert moved(urls, "http://127.0.0.1:8080") == {
        "public": "http://127.0.0.1:8080/api/v3",
        "ws": {"spot": "ws://127.0.0.1:8080/stream/ws", "api": "ws://127.0.0.1:8080/x"},
    }
    assert hosts_of(urls, None) == {"api.binance.com", "stream.binance.com", "ws-api.b.com"}
    assert hosts_of({"a": "https://api.{hostname}"}, "bybit.com") == {"api.bybit.com"}


@pytest.mark.parametrize(
    "url", ["http://example.com", "http://10.0.0.1:80", "ftp://127.0.0.1", "127.0.0.1:80", "http://", "http://[::2]"]
)
def test_an_address_that_is_none_or_would_carry_keys_in_clear_is_refused(url: str) -> None:
    with pytest.raises(UsageFault, match="Nothing was started"):
        moved({"public": "https://api.binance.com"}, url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://mirror.example.com"]
)
def test_this_machine_may_be_reached_in_clear_and_any_other_encrypted(url: str) -> None:
    assert moved({"public": "https://api.binance.com/x"}, url)["public"] == f"{url}/x"


def test_a_connection_to_another_host_is_refused_by_name_by_number_and_after_a_redirect() -> None:
    async def main() -> None:
        with loopback() as server:
            server.routes["/"] = tree({})
            server.routes["/away"] = tree({}, 302, Location=f"{server.url}/")
            async with session_for(frozenset({"127.0.0.1"})) as session:
                assert (await session.get(f"{server.url}/")).status == 200
                for url in ("http://example.com/", "http://127.0.0.2/", f"{server.url}/away"):
                    with pytest.raises(aiohttp.ClientConnectionError, match=r"host|elsewhere"):
                        await session.get(url)

    asyncio.run(main())


class Told:
    """Answers or raises, one after the other; stands for a ccxt instance and counts."""

    def __init__(self, *answers: Any, headers: dict[str, str] | None = None) -> None:
        self._answers, self._headers = list(answers), headers
        self.last_response_headers: Any = None
        self.asked = 0

    async def ask(self, _: Any = None) -> Any:
        self.asked += 1
        self.last_response_headers = self._headers
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def line_of(
    told: Told, pace: Pace = QUICK, *, exits: bool = False, budget: Budget | None = None, quiet: Quiet | None = None
) -> Line:
    return Line(told, pace, budget or Budget(40, 50), quiet or Quiet(), generator(1, "test"), exits=exits)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(scenario(), 20)

    asyncio.run(main())


def test_a_question_is_asked_again_until_it_is_answered() -> None:
    async def scenario() -> None:
        told = Told(ccxt.RequestTimeout("x"), ccxt.ExchangeError("cut"), TypeError("unreadable"), "answer")
        assert await line_of(told).ask("orders", told.ask) == "answer"
        assert told.asked == 4

    run(scenario)


def test_what_no_repetition_mends_is_asked_once() -> None:
    async def scenario() -> None:
        for error, unknown in ((ccxt.OrderNotFound("x"), True), (ccxt.AuthenticationError("x"), False)):
            told = Told(error)
            with pytest.raises(Refused) as caught:
                await line_of(told).ask("orders", told.ask)
            assert (told.asked, caught.value.unknown) == (1, unknown)

    run(scenario)


def test_a_creation_is_asked_once_whatever_happens() -> None:
    async def scenario() -> None:
        told = Told(ccxt.RequestTimeout("x"))
        with pytest.raises(ccxt.RequestTimeout):
            await line_of(told).once(told.ask)
        assert told.asked == 1

    run(scenario)


def test_the_pause_that_the_exchange_asks_for_holds_for_every_line() -> None:
    async def scenario() -> None:
        quiet, loop = Quiet(), asyncio.get_running_loop()
        told = Told(ccxt.DDoSProtection("429"), "answer", headers={"Retry-After": "1"})
        other = Told("answer")
        begun_s = loop.time()
        asking = asyncio.ensure_future(line_of(told, quiet=quiet).ask("orders", told.ask))
        await asyncio.sleep(0.05)
        await line_of(other, quiet=quiet).once(other.ask)
        assert loop.time() - begun_s > 0.9
        assert await asking == "answer"

    run(scenario)


def test_a_ban_that_is_longer_than_the_patience_is_no_answer_at_once() -> None:
    async def scenario() -> None:
        quiet, told = Quiet(), Told("answer")
        quiet.leave_alone(100)
        with pytest.raises(NoAnswer, match="left alone"):
            await line_of(told, quiet=quiet).ask("orders", told.ask)
        assert told.asked == 0

    run(scenario)


def test_an_operation_that_fails_again_and_again_pauses_and_others_and_exits_go_on() -> None:
    async def scenario() -> None:
        pace = QUICK._replace(patience_s=0.0, open_s=60.0)
        told = Told(ccxt.RequestTimeout("x"))
        line, exits = line_of(told, pace), line_of(told, pace, exits=True)
        for _ in range(8):
            for each in (line, exits):
                with pytest.raises(NoAnswer):
                    await each.ask("orders", told.ask)
        assert told.asked == 5 + 8
        with pytest.raises(NoAnswer, match="RequestTimeout"):
            await line.ask("trades", told.ask)

    run(scenario)


def test_an_operation_that_paused_is_tried_once_and_pauses_twice_as_long_if_that_fails() -> None:
    async def scenario() -> None:
        pace = QUICK._replace(patience_s=0.0, open_s=0.1, failures=2)
        told = Told(*[ccxt.RequestTimeout("x")] * 4, "answer", ccxt.RequestTimeout("x"))
        line, loop = line_of(told, pace), asyncio.get_running_loop()

        async def asked() -> None:
            with pytest.raises(NoAnswer):
                await line.ask("orders", told.ask)

        for _ in range(2):
            await asked()
        pauses = []
        for tried in (3, 4):
            begun_s = loop.time()
            while told.asked < tried:
                await asked()
                await asyncio.sleep(0.005)
            pauses.append(loop.time() - begun_s)
        assert pauses[0] >= 0.09
        assert pauses[1] >= 1.8 * 0.1
        await asyncio.sleep(0.45)
        assert await line.ask("orders", told.ask) == "answer"
        await asked()
        await asked()
        assert told.asked == 7, "after an answer it takes as many failures as ever"

    run(scenario)


def test_retries_pause_longer_each_time_and_never_all_at_the_same_moment() -> None:
    line, other = line_of(Told("x")), Line(Told("x"), QUICK, Budget(40, 50), Quiet(), generator(2, "test"))
    pauses = [[each._pause_s(tried) for tried in range(8)] for each in (line, other)]
    assert pauses[0] != pauses[1]
    for tried, pause_s in enumerate(pauses[0]):
        longest_s = min(QUICK.longest_pause_s, QUICK.pause_s * 2**tried)
        assert longest_s / 2 <= pause_s <= longest_s


def test_an_exchange_that_turns_us_away_again_and_again_is_left_alone_twice_as_long_each_time() -> None:
    async def scenario() -> None:
        quiet = Quiet()
        left = []
        for _ in range(3):
            quiet.leave_alone(1.0)
            left.append(round(quiet.left_s()))
            quiet.until_s = 0.0  # it is over
        assert left == [1, 2, 4]
        told = Told("answer")
        await line_of(told, quiet=quiet).once(told.ask)
        quiet.leave_alone(1.0)
        assert round(quiet.left_s()) == 1
        quiet.leave_alone(600.0)
        assert round(quiet.left_s()) == 600, "what the exchange asks for itself is never cut"

    run(scenario)


def test_all_that_was_on_its_way_when_the_exchange_turned_us_away_is_one_word_and_no_longer_wait() -> None:
    async def scenario() -> None:
        quiet = Quiet()
        for _ in range(25):
            quiet.leave_alone(1.0)
        assert round(quiet.left_s()) == 1
        quiet.leave_alone(3.0)
        assert round(quiet.left_s()) == 3, "the longest of these words holds"
        quiet.until_s = 0.0
        quiet.leave_alone(1.0)
        assert round(quiet.left_s()) == 2, "said again after that, it is another word"

    run(scenario)


def test_after_a_ban_exits_go_first() -> None:
    async def scenario() -> None:
        quiet, went = Quiet(), list[str]()
        quiet.leave_alone(0.1)

        async def ask(name: str, *, exits: bool) -> None:
            told = Told("answer")
            await line_of(told, quiet=quiet, exits=exits).once(told.ask)
            went.append(name)

        await asyncio.gather(*(ask("entry", exits=False) for _ in range(5)), ask("exit", exits=True))
        assert went[0] == "exit"

    run(scenario)


def test_a_wait_that_is_made_longer_meanwhile_is_waited_out() -> None:
    async def scenario() -> None:
        quiet, told, loop = Quiet(), Told("answer"), asyncio.get_running_loop()
        quiet.leave_alone(0.1)
        begun_s = loop.time()
        asking = asyncio.ensure_future(line_of(told, quiet=quiet, exits=True).once(told.ask))
        await asyncio.sleep(0.05)
        quiet.until_s = begun_s + 0.4
        await asking
        assert loop.time() - begun_s >= 0.4

    run(scenario)


def test_the_last_retries_are_for_exits() -> None:
    budget = Budget(8, 0)
    assert [budget.take(0.0, exits=False) for _ in range(8)] == [True] * 6 + [False] * 2
    assert [budget.take(0.0, exits=True) for _ in range(3)] == [True, True, False]
    refilled = Budget(8, 2)
    assert all(refilled.take(0.0, exits=True) for _ in range(8))
    assert not refilled.take(0.4, exits=True)
    assert refilled.take(0.5, exits=True)


def test_the_clock_is_measured_and_every_signed_line_is_corrected(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = server_of(exchange_of())
        server.answering.access.skew_ms = 90_000
        async with server as url, wires_of(BINANCE, KEYS, url, QUICK, 1, live=True) as wires:
            await load_markets(wires, ("BTC/USDT",), tmp_path, SystemClock())
            client = Client(wires, BINANCE, SystemClock())
            with pytest.raises(NoAnswer, match="InvalidNonce"):
                await client.balance()
            assert wires.quiet.clock_doubted.is_set()
            ahead = await client.clock_ahead_ms()
            assert abs(ahead + 90_000) < 1_000
            wires.correct_clock(ahead)
            assert (await client.balance()).total["USDT"] == 10_000

    run(scenario)


class Later(SystemClock):
    """The machine's clock, some days ahead."""

    def __init__(self, days: float) -> None:
        self._ahead = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.mark.slow
def test_markets_are_asked_for_once_a_day_and_last_a_week_without_an_answer(tmp_path: Path) -> None:
    async def at(url: str, clock: Clock) -> dict[str, Any]:
        async with wires_of(BINANCE, KEYS, url, QUICK, 1, live=True) as wires:
            _impatient(wires)
            return await load_markets(wires, ("BTC/USDT",), tmp_path, clock)

    async def scenario() -> None:
        async with server_of(exchange_of()) as url:
            first = await at(url, SystemClock())
        (kept,) = tmp_path.glob("markets-binance-*.json")
        assert await at(url, Later(0.9)) == first, "nobody answers there any more"
        assert await at(url, Later(6)) == first
        with pytest.raises(DataFault, match="does not tell its markets"):
            await at(url, Later(8))
        kept.write_text(json.dumps({"at": 1}), encoding="utf-8")
        with pytest.raises(DataFault):
            await at(url, SystemClock())

    run(scenario)


def _impatient(wires: Wires) -> None:
    ask = wires.data.ask
    wires.data.ask = lambda operation, call, *_: ask(operation, call, 0.0)  # type: ignore[method-assign]


def test_a_market_that_the_exchange_has_not_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with server_of(exchange_of()) as url, wires_of(BINANCE, KEYS, url, QUICK, 1, live=True) as wires:
            with pytest.raises(UsageFault, match="did you mean BTC/USDT"):
                await load_markets(wires, ("BTC/USDX",), tmp_path, FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))

    run(scenario)


def test_keys_are_never_shown() -> None:
    assert KEYS.secret not in f"{KEYS} {KEYS!r}"
