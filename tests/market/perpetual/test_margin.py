"""Margins of linear perpetuals: the worked examples that exchanges have published, and what holds for all positions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.perpetual.margin import (
    MarginTier,
    PerpetualTerms,
    bankruptcy_price,
    initial_margin,
    liquidation_price,
    maintenance_margin,
    tier_of,
)

D = Decimal


def tiers(*rows: tuple[int | None, str, int]) -> tuple[MarginTier, ...]:
    """From rows of largest notional, maintenance rate and maintenance amount."""
    return tuple(
        MarginTier(up_to=None if most is None else D(most), max_leverage=D(1), maintenance_rate=D(rate),
                   maintenance_amount=D(amount))
        for most, rate, amount in rows
    )  # fmt: skip


BINANCE_BTC = tiers(
    (50_000, "0.004", 0), (250_000, "0.005", 50), (1_000_000, "0.01", 1_300), (10_000_000, "0.025", 16_300),
    (20_000_000, "0.05", 266_300), (None, "0.1", 1_266_300),
)  # fmt: skip
BINANCE_ETH = tiers(
    (10_000, "0.005", 0), (100_000, "0.0065", 15), (500_000, "0.01", 365), (1_000_000, "0.02", 5_365),
    (2_000_000, "0.05", 35_365), (5_000_000, "0.1", 135_365), (None, "0.125", 260_365),
)  # fmt: skip
"""As Binance's page had them for contracts of 125x and 100x."""
BYBIT = PerpetualTerms(tiers=tiers((None, "0.005", 0)), maintenance_at="entry")


def rounded(price: Decimal | None) -> Decimal:
    assert price is not None
    return price.quantize(D("0.01"))


@pytest.mark.parametrize(
    ("rules", "size", "entry", "behind", "published"),
    [
        (BINANCE_ETH, "3683.979", "1456.84", ("1535443.01", "71200.81144", "-56354.57"), "1153.26"),
        (BINANCE_BTC, "109.488", "32481.98", ("1535443.01", "356512.508", "-448192.89"), "26316.89"),
    ],
)
def test_binance_publishes_these_liquidation_prices(
    rules: tuple[MarginTier, ...], size: str, entry: str, behind: tuple[str, str, str], published: str
) -> None:
    """Binance, "How to Calculate Liquidation Price of USD-M Futures Contracts": a wallet, and the maintenance margin and open
    profit of all other contracts. What stands behind the position is the wallet less the one, plus the other; isolated, both are
    zero, and it is the margin."""
    wallet, others_need, others_won = map(D, behind)
    found = liquidation_price(D(size), D(entry), wallet - others_need + others_won, rules)
    assert rounded(found) == D(published)


def test_binance_publishes_the_maintenance_amounts_of_these_tiers() -> None:
    """The same page: floor of the tier x (its rate - the rate before) + the amount before; 500,000 USDT have 1,300."""
    assert tier_of(D(264_000), BINANCE_BTC).maintenance_rate == D("0.01")
    assert tier_of(D(-500_000), BINANCE_BTC).maintenance_amount == 250_000 * (D("0.01") - D("0.005")) + 50 == 1_300
    assert maintenance_margin(D(500_000), BINANCE_BTC) == 3_700


@pytest.mark.parametrize(
    ("quantity", "entry", "leverage", "added", "published"),
    [
        ("1", 20_000, 50, 0, 19_700),
        ("-1", 20_000, 50, 0, 20_300),
        ("-1", 20_000, 50, 3_000, 23_300),
        ("1", 20_000, 50, -200, 19_900),
        ("1", 10_000, 50, 0, 9_850),
        ("-1", 8_000, 40, 0, 8_160),
    ],
)
def test_bybit_publishes_these_liquidation_prices(
    quantity: str, entry: int, leverage: int, added: int, published: int
) -> None:
    """Bybit, "Liquidation Price (USDT Contract)", isolated: two longs, three shorts with and without added margin, and funding of
    200 USDT that was taken out of a margin."""
    margin = initial_margin(D(quantity) * entry, D(leverage)) + added
    assert BYBIT.liquidation_price(D(quantity), D(entry), margin) == published


def test_bybit_publishes_these_bankruptcy_prices() -> None:
    """Bybit, "Bankruptcy Price (USDT Contract)": entry x (1 - 1 / leverage) for a long, and (1 + 1 / leverage) for a short."""
    for side in (1, -1):
        margin = initial_margin(D(2) * 20_000, D(10))
        assert bankruptcy_price(D(2) * side, D(20_000), margin) == 20_000 * (1 - side / D(10))


def test_a_long_that_paid_its_whole_notional_is_never_liquidated() -> None:
    assert liquidation_price(D(1), D(100), D(100), BINANCE_BTC) is None
    assert BYBIT.model_copy(update={"tiers": tiers((None, "0.001", 1))}).liquidation_price(D(1), D(100), D(101)) is None


def test_a_short_that_is_sound_below_a_jump_of_what_must_be_left_is_liquidated_on_it() -> None:
    """At a mark of 120 its notional is 1,200, and 300 of its 500 are left: 12 must be in the lower tier, 600 in the upper one."""
    rules = tiers((1_200, "0.01", 0), (None, "0.5", 0))
    assert liquidation_price(D(-10), D(100), D(500), rules) == 120
    assert liquidation_price(D(-10), D(100), D(500), tiers((None, "0.01", 0))) == D(1500) / D("10.1")


notionals = st.tuples(st.integers(1, 400), st.sampled_from([1, -1]), st.sampled_from(["1", "1.5", "2", "3"]))


@given(position=notionals, cut=st.lists(st.sampled_from(["0.004", "0.01", "0.03", "0.11"]), min_size=4, max_size=4))
def test_before_the_liquidation_price_the_margin_is_enough_and_at_it_it_is_not(
    position: tuple[int, int, str], cut: list[str]
) -> None:
    size, side, leverage = position
    rules = tiers((3_000, cut[0], 0), (9_000, cut[1], 0), (20_000, cut[2], 0), (None, cut[3], 0))
    quantity, entry = D(size) * side, D(100)
    margin = initial_margin(quantity * entry, D(leverage))

    def is_sound(price: Decimal) -> bool:
        return margin + quantity * (price - entry) > maintenance_margin(quantity * price, rules)

    found = liquidation_price(quantity, entry, margin, rules)
    path = [entry * (1 - D(step) / 2000) if side > 0 else entry * (1 + D(step) / 1000) for step in range(2000)]
    before = path if found is None else [price for price in path if (price - found) * side > D("1e-9")]
    if is_sound(entry):
        assert all(is_sound(price) for price in before)
    if found is not None:
        beyond = found - side * D("1e-9")
        assert not is_sound(beyond)
