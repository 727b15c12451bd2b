"""What a file says about its coins, in every spelling that files have."""

import pytest

from sentiment.sources.coins import coins_of


@pytest.mark.parametrize(
    ("cell", "bases"),
    [
        ("BTC", ("BTC",)),
        ("btc", ("BTC",)),
        (" $btc ", ("BTC",)),
        ("#BTC", ("BTC",)),
        ("Bitcoin", ("BTC",)),
        ("bitcoin-cash", ("BCH",)),
        ("BTC/USDT", ("BTC",)),
        ("BTC-USD", ("BTC",)),
        ("BTC_USDT", ("BTC",)),
        ("BTCUSDT", ("BTC",)),
        ("btcusdt", ("BTC",)),
        ("BNBUSD", ("BNB",)),
        ("XBTUSD", ("BTC",)),
        ("ETHBTC", ("ETH",)),
        ("BTC/USDT:USDT", ("BTC",)),
        ("BTC-USD-PERP", ("BTC",)),
        ("BINANCE:BTCUSDT", ("BTC",)),
        ("Bitcoin (BTC)", ("BTC",)),
        ("BTC,ETH", ("BTC", "ETH")),
        ("BTC, ETH/USDT; sol", ("BTC", "ETH", "SOL")),
        ("BTC|ETH", ("BTC", "ETH")),
        ("BTC ETH", ("BTC", "ETH")),
        ("['BTC','ETH']", ("BTC", "ETH")),
        ('["BTCUSDT", "Ethereum"]', ("BTC", "ETH")),
        ("BTC,BTCUSDT,Bitcoin", ("BTC",)),
        (["BTC", "SOL/USDT"], ("BTC", "SOL")),
        ([{"code": "BTC", "title": "Bitcoin"}], ("BTC",)),
        ("WBTC", ("WBTC",)),
        ("STETH", ("STETH",)),
        ("AAAUSDT", ("AAA",)),
        ("ZYX", ("ZYX",)),
    ],
)
def test_every_spelling_means_its_base(cell: object, bases: tuple[str, ...]) -> None:
    assert coins_of(cell) == bases


@pytest.mark.parametrize("cell", ["", " ", "[]", "none", "N/A", "crypto", "ALL", "USDT", None, float("nan"), 3, []])
def test_a_cell_that_names_no_coin_leaves_it_to_the_text(cell: object) -> None:
    assert coins_of(cell) is None


@pytest.mark.parametrize(("cell", "base"), [("BTC.X", "BTC"), ("$ETH.X", "ETH"), ("BTC=F", "BTC"), ("BTCUSD=F", "BTC")])
def test_the_marks_that_vendors_set_behind_a_coin_are_no_part_of_it(cell: str, base: str) -> None:
    assert coins_of(cell) == (base,)
