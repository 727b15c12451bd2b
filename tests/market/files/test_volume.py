"""The unit of a volume: a third currency decides nothing, names that the numbers contradict are refused."""

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from market.files.text.numbers import numbers_of
from market.files.volume import Prices, Volume, volume_of

CLOSE = np.linspace(42_000.0, 43_000.0, 20)
PRICES = Prices(CLOSE * 0.99, CLOSE * 1.01, CLOSE)
COINS = np.linspace(200.0, 600.0, 20)
HELD = {"coins": COINS, "money": COINS * CLOSE}


def taken(columns: dict[str, str], symbol: str = "BTC/USDT") -> Volume:
    """The volume of a file whose columns, by plain name, hold `coins` or `money`."""
    names = {name: name for name in columns}
    return volume_of(names, lambda column: HELD[columns[column]], PRICES, symbol, None, "bars.csv")


@pytest.mark.parametrize("name", ["volume_eth", "volume_(eur)", "volume_bnb"])
def test_a_volume_in_a_third_currency_is_asked_for_and_never_divided_by_the_price(name: str) -> None:
    with pytest.raises(DataFault, match="--volume base or --volume quote"):
        taken({name: "coins"})


def test_a_volume_in_a_third_currency_beside_a_known_one_changes_nothing() -> None:
    assert taken({"volume": "coins", "volume_eur": "money"}).unit.startswith("base")
    assert taken({"volume_usdt": "money", "volume_eth": "coins"}).values == pytest.approx(COINS)


@pytest.mark.parametrize(
    ("name", "symbol"), [("volume_usd", "BTC/USDT"), ("volume_usdt", "BTC/USD"), ("volume_eur", "BTC/EUR")]
)
def test_a_volume_in_the_quote_or_in_a_dollar_beside_a_dollar_is_money(name: str, symbol: str) -> None:
    assert taken({name: "money"}, symbol).values == pytest.approx(COINS)


@pytest.mark.parametrize(
    ("coins", "money"), [("base_volume", "quote_volume"), ("volume_btc", "volume_usdt"), ("volumefrom", "volumeto")]
)
def test_names_of_volumes_that_the_numbers_turn_round_are_refused(coins: str, money: str) -> None:
    assert taken({coins: "coins", money: "money"}).values == pytest.approx(COINS)
    with pytest.raises(DataFault, match="the other way round"):
        taken({coins: "money", money: "coins"})


@pytest.mark.parametrize("cell", ["(42000.00)", "42000.00%", "42000.00 USD"])
def test_another_decimal_mark_is_no_remedy_for_a_cell_that_is_no_number_with_it(cell: str) -> None:
    with pytest.raises(DataFault) as refused:
        numbers_of(pd.Series([cell] * 10, name="open"), ".", "bars.csv")
    assert "--decimal" not in str(refused.value)
    assert "bare numbers" in str(refused.value)
