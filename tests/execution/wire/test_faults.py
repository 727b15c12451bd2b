"""What ccxt makes of each fault of a request to create an order, and whether the order lives: its word alone is no evidence.

An `ExchangeError` is no rejection, and an order without an id is no order: both may be live at the exchange.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import ccxt
import pytest
from wire_support import World, world

from config.errors import UsageFault
from execution.wire.access import Limits
from execution.wire.endpoints import NAMES
from execution.wire.faults import EVENTS, MEANINGS, Faults, Kind, Rule, Scenario, read_scenario, scenario_of

BTC = "BTC/USDT"
Scene = Callable[[World], Awaitable[None]]


def play(scene: Scene, *rules: Rule, seed: int = 0, **more: Any) -> None:
    """Run a scene with these faults."""

    async def main() -> None:
        scenario = Scenario(seed=seed, faults=rules)
        async with world(server={"scenario": scenario, **more.pop("server", {})}, **more) as running:
            await running.client.load_markets()
            await asyncio.wait_for(scene(running), 20)

    asyncio.run(main())


def at_creation(kind: Kind, **more: Any) -> Rule:
    """A fault of the first order."""
    return Rule(at="order.place", kind=kind, nth=(1,), **more)


async def created(on: World, **params: Any) -> tuple[str, int]:
    """The class of what creating a limit order ends in, and how many orders are open then."""
    try:
        order = await on.client.create_order(BTC, "limit", "buy", 1, 90, {"clientOrderId": "mine", **params})
        told = "order" if order["id"] else "an order without an id"
    except ccxt.BaseError as error:
        told = type(error).__name__
    await asyncio.sleep(0.1)
    return told, len(on.exchange.ledger.open_orders())


REPLIES = [
    (at_creation(Kind.LOST_REPLY), "ExchangeNotAvailable", 1),
    (at_creation(Kind.RESET), "ExchangeNotAvailable", 0),
    (at_creation(Kind.HANG), "RequestTimeout", 0),
    (at_creation(Kind.HANG_DONE), "RequestTimeout", 1),
    (at_creation(Kind.CUT), "ExchangeError", 1),
    (at_creation(Kind.HTML), "an order without an id", 1),
    (at_creation(Kind.EMPTY), "an order without an id", 1),
    (at_creation(Kind.NOTHING), "an order without an id", 1),
    (at_creation(Kind.HTML, done=False), "an order without an id", 0),
    (at_creation(Kind.UNKNOWN_STATE), "RequestTimeout", 1),
    (at_creation(Kind.UNKNOWN_STATE, done=False), "RequestTimeout", 0),
    (at_creation(Kind.STATUS, status=500), "ExchangeNotAvailable", 0),
    (at_creation(Kind.STATUS, status=502, done=True), "ExchangeNotAvailable", 1),
    (at_creation(Kind.STATUS, status=503), "ExchangeNotAvailable", 0),
    (at_creation(Kind.STATUS, status=504, done=True), "RequestTimeout", 1),
    (at_creation(Kind.STATUS, status=520), "ExchangeNotAvailable", 0),
    (at_creation(Kind.STATUS, status=403), "ExchangeNotAvailable", 0),
    (at_creation(Kind.STATUS, status=404), "ExchangeNotAvailable", 0),
    (at_creation(Kind.TOO_MANY, seconds=7), "DDoSProtection", 0),
    (at_creation(Kind.BANNED, seconds=60), "DDoSProtection", 0),
    (at_creation(Kind.CLOCK, seconds=30), "InvalidNonce", 0),
    (at_creation(Kind.CLOCK, seconds=-30), "InvalidNonce", 0),
    (at_creation(Kind.MAINTENANCE, seconds=60), "ExchangeNotAvailable", 0),
    (
        at_creation(Kind.ANSWER, status=400, body='{"code":-1000,"msg":"An unknown error occurred."}'),
        "OperationFailed",
        0,
    ),
    (
        at_creation(Kind.ANSWER, status=400, body='{"code":-1001,"msg":"Internal error."}', done=True),
        "OperationFailed",
        1,
    ),
    (
        at_creation(Kind.ANSWER, status=400, body='{"code":-1006,"msg":"Unexpected response."}', done=True),
        "OperationFailed",
        1,
    ),
    (at_creation(Kind.ANSWER, status=400, body='{"code":-1008,"msg":"Server is busy."}'), "ExchangeError", 0),
    (at_creation(Kind.ANSWER, status=400, body='{"code":-1013,"msg":"Filter failure: MIN_NOTIONAL"}'), "BadRequest", 0),
]


@pytest.mark.parametrize(("rule", "told", "live"), REPLIES, ids=lambda value: getattr(value, "kind", str(value)))
def test_the_client_of_ccxt_tells_each_fault_so_and_the_order_lives_or_not(rule: Rule, told: str, live: int) -> None:
    async def scene(on: World) -> None:
        assert await created(on) == (told, live)

    play(scene, rule, client={"timeout": 600 if told == "RequestTimeout" else 5000})


def test_every_kind_of_fault_that_a_request_can_meet_is_tried() -> None:
    tried = {rule.kind for rule, *_ in REPLIES} | {Kind.LATE, Kind.TWICE, Kind.PARTIAL, Kind.STALE}
    assert tried == set(Kind) - EVENTS == {kind for kind, meaning in MEANINGS.items() if meaning.done is not None}


def test_an_order_that_arrives_late_is_taken_while_its_window_is_open_and_refused_after_it() -> None:
    for window, live in ((5000, 1), (300, 0)):

        async def scene(on: World, window: int = window, live: int = live) -> None:
            assert await created(on, recvWindow=window) == ("RequestTimeout", 0)
            await asyncio.sleep(1.7)
            assert len(on.exchange.ledger.open_orders()) == live

        play(scene, at_creation(Kind.LATE, seconds=1.6), client={"timeout": 400})


def test_an_order_that_arrives_twice_is_executed_twice_if_the_first_is_filled_at_once() -> None:
    async def scene(on: World) -> None:
        await on.client.create_order(BTC, "market", "buy", 1, None, {"clientOrderId": "mine"})
        assert [order.client_id for order in on.exchange.ledger.orders("BTCUSDT")] == ["mine", "mine"]

    play(scene, at_creation(Kind.TWICE))


def test_a_book_that_offers_a_part_fills_a_part() -> None:
    async def scene(on: World) -> None:
        order = await on.client.create_order(BTC, "market", "buy", 2)
        assert (order["status"], order["filled"]) == ("expired", 0.5)

    play(scene, at_creation(Kind.PARTIAL, share=0.25))


def test_a_stale_answer_is_the_one_before_and_for_a_new_order_that_it_does_not_exist() -> None:
    async def scene(on: World) -> None:
        assert await on.client.fetch_open_orders(BTC) == []
        order = await on.client.create_order(BTC, "limit", "buy", 1, 90)
        assert await on.client.fetch_open_orders(BTC) == []
        with pytest.raises(ccxt.OrderNotFound):
            await on.client.fetch_order(order["id"], BTC)
        assert (await on.client.fetch_order(order["id"], BTC))["status"] == "open"
        assert len(await on.client.fetch_open_orders(BTC)) == 1

    stale = (Rule(at="openOrders", kind=Kind.STALE, nth=(2,)), Rule(at="order.status", kind=Kind.STALE, nth=(1,)))
    play(scene, *stale)


def test_maintenance_and_a_ban_end_and_say_how_long() -> None:
    async def scene(on: World) -> None:
        for error in (ccxt.ExchangeNotAvailable, ccxt.DDoSProtection):
            with pytest.raises(error):
                await on.client.fetch_time()
            with pytest.raises(error):
                await on.client.fetch_balance()
            await asyncio.sleep(0.7)
            await on.client.fetch_balance()
        assert on.server.faults.happened == {"maintenance": 1, "banned": 1}

    rules = (
        Rule(at="time", kind=Kind.MAINTENANCE, nth=(1,), seconds=0.5),
        Rule(at="time", kind=Kind.BANNED, nth=(2,), seconds=0.5),
    )
    play(scene, *rules)


def test_who_asks_too_much_is_told_to_wait_and_then_shut_out() -> None:
    async def scene(on: World) -> None:
        for status in ("429", "418"):
            with pytest.raises(ccxt.DDoSProtection, match=status):
                await on.client.fetch_balance()
            assert int(on.client.last_response_headers["Retry-After"]) > 0

    from config.clock import SystemClock

    play(scene, server={"limits": Limits(SystemClock(), weight_limit=39)})


def test_chances_repeat_with_their_seed_and_a_new_rule_changes_no_other() -> None:
    def drawn(seed: int, *more: Rule) -> list[bool]:
        rule = Rule(at="order.place", kind=Kind.LOST_REPLY, chance=0.3)
        faults = Faults(Scenario(seed=seed, faults=(rule, *more)))
        found = [faults.next("order.place") for _ in range(200)]
        return [each is rule for each in found]

    first = drawn(7)
    assert first == drawn(7)
    assert first != drawn(8)
    assert first == drawn(7, Rule(at="*", kind=Kind.RESET, chance=0.5))
    assert 30 < sum(first) < 90


SCENARIO = """
seed: 7
faults:
  - {at: order.place, kind: lost_reply, nth: [1, 3]}
  - {at: "*", kind: status, status: 502, chance: 0.05}
  - {at: event, kind: duplicate, chance: 0.1}
"""


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(SCENARIO)
    scenario = read_scenario(path, NAMES)
    assert scenario.seed == 7
    assert [rule.kind for rule in scenario.faults] == [Kind.LOST_REPLY, Kind.STATUS, Kind.DUPLICATE]
    assert scenario.faults[0].nth == (1, 3)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"faults": [{"at": "order.plce", "kind": "reset"}]}, "did you mean order.place"),
        ({"faults": [{"at": "order.place", "kind": "reste"}]}, "did you mean reset"),
        ({"faults": [{"at": "order.place", "kind": "reset", "nht": [1]}]}, "did you mean nth"),
        ({"faults": [{"at": "event", "kind": "reset"}]}, "cannot happen there"),
        ({"faults": [{"at": "*", "kind": "lose"}]}, "cannot happen there"),
        ({"faults": [{"at": "order.place", "kind": "reset", "chance": 2}]}, "faults.0.chance"),
        ({"sead": 3}, "did you mean seed"),
        ([1], "the file"),
    ],
)
def test_a_wrong_scenario_is_refused_with_what_is_wrong(tree: Any, said: str) -> None:
    with pytest.raises(UsageFault) as caught:
        scenario_of(tree, "x.yaml", NAMES)
    assert said in str(caught.value)
    assert "Nothing was started" in str(caught.value)


def test_a_scenario_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    torn = tmp_path / "torn.yaml"
    torn.write_text("faults: [")
    for path in (torn, tmp_path / "absent.yaml"):
        with pytest.raises(UsageFault, match="cannot be read"):
            read_scenario(path, NAMES)
