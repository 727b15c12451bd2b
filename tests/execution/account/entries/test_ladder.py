"""The ladder of a position at a real exchange: half is sold at the target, the rest trails by a fraction or by the range of its
market."""

from decimal import Decimal

import pytest
from gate_support import ANY_PRICE, SETTINGS
from trader_support import World, uncovered

from execution.account.stops import trailing_price
from market.instrument import Instrument
from risk.order import OrderKind, Purpose

D = Decimal


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize(("atr", "multiple", "away"), [(None, None, D("0.02")), (400.0, 2.0, None)])
def test_half_is_sold_three_percent_up_and_the_rest_trails(
    real: bool, atr: float | None, multiple: float | None, away: Decimal | None
) -> None:
    world = World(real=real, limits=ANY_PRICE, trail_atr_multiple=multiple, atr_quote=atr)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    whole = world.held
    world.bar(50_000, 51_700, 49_990, 51_600)
    assert world.held == pytest.approx(whole / 2, abs=D("0.00001"))
    assert uncovered(world) == 0
    world.bar(51_600, 53_000, 51_590, 52_900)
    (stop,) = [order for order in world.open_orders() if order.kind is OrderKind.STOP]
    assert stop.purpose is Purpose.TRAILING_STOP
    expected = D(53_000) * (1 - away) if away is not None else D(53_000) - 2 * 400
    assert stop.stop_price == expected
    world.bar(52_900, 52_950, 50_000, 50_100)
    assert world.held == 0


def test_a_stop_that_trails_by_the_range_never_moves_down_and_needs_a_range() -> None:
    exits = SETTINGS.exits.model_copy(update={"trail_atr_multiple": 3.0, "trail_fraction": 0.02})
    rules = Instrument(
        symbol="BTC/USDT", base="BTC", quote="USDT", tick_size=D("0.01"), lot_size=D("0.001"), min_notional=D(5),
        maker_fee_bps=D(1), taker_fee_bps=D(1),
    )  # fmt: skip
    assert trailing_price(D(100), D(90), exits, rules, D(2)) == 94
    assert trailing_price(D(100), D(95), exits, rules, D(2)) is None
    assert trailing_price(D(100), D(90), exits, rules) == 98, "without a range it trails by the fraction"
    assert trailing_price(D(100), D(90), exits, rules, D(60)) is None
