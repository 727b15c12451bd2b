"""What a name proves about a contract, and what a session of linear perpetuals refuses."""

import pytest

from config.errors import DataFault, UsageFault
from market.perpetual.spelling import Contract, contract_of, told_mark, unsettled
from market.plausible.contracts import refuse_contracts, refuse_inverse


@pytest.mark.parametrize(
    ("name", "proved"),
    [
        ("BTC/USDT:USDT", Contract.LINEAR),
        ("BTC/USD:BTC", Contract.INVERSE),
        ("ETH/USD:USD", Contract.LINEAR),
        ("BTC-USDT-SWAP", Contract.PERPETUAL),
        ("BTC-USD-SWAP", Contract.INVERSE),
        ("BTCUSD_PERP", Contract.INVERSE),
        ("binance_BTCUSDT_perp_1h_trade", Contract.PERPETUAL),
        ("BTC_USDT_USDT-1h-futures", Contract.LINEAR),
        ("BTCUSDT.P", Contract.PERPETUAL),
        ("PF_XBTUSD", Contract.LINEAR),
        ("PI_XBTUSD", Contract.INVERSE),
        ("BTCUSDT_spot_1h", Contract.SPOT),
        ("binance_BTCUSDT_1h", None),
        ("XBTUSD", None),
        ("PEPEUSDT", None),
        ("PERP/USDT", Contract.PERPETUAL),
    ],
)
def test_a_name_proves_what_it_says_and_nothing_else(name: str, proved: Contract | None) -> None:
    assert contract_of(name) is proved


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("BTC_USDT-1h-mark", True),
        ("markPrice", True),
        ("mark_open", True),
        ("markets_1h", False),
        ("BTCUSDT_1h", False),
    ],
)
def test_marks_are_told_by_their_names(name: str, marks: bool) -> None:
    assert told_mark(name) is marks


def test_a_market_is_written_without_its_currency_of_settlement() -> None:
    assert unsettled("BTC/USDT:USDT") == "BTC/USDT"
    assert unsettled("BTC/USDT") == "BTC/USDT"


@pytest.mark.parametrize(
    ("market", "contracts", "named", "words"),
    [
        ("BTC/USDT", (Contract.SPOT,), (), "holds spot prices"),
        ("BTC/USD", (Contract.INVERSE,), (), "an inverse contract"),
        ("BTC/USD", (Contract.INVERSE,), ("BTC/USD:USD",), "an inverse contract"),
        ("BTC/USD", (), (), "write --symbols BTC/USD:USD"),
        ("BTC/USD", (Contract.PERPETUAL,), ("BTC/USD",), "write --symbols BTC/USD:USD"),
    ],
)
def test_what_is_no_linear_perpetual_is_refused_in_words(
    market: str, contracts: tuple[Contract, ...], named: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataFault, match=words):
        refuse_contracts([("a.csv", (market,), contracts)], named)


@pytest.mark.parametrize(
    ("market", "contracts", "named"),
    [
        ("BTC/USDT", (), ()),
        ("BTC/USDT", (Contract.PERPETUAL, Contract.SPOT), ()),
        ("BTC/USD", (Contract.LINEAR,), ()),
        ("BTC/USD", (), ("BTC/USD:USD",)),
    ],
)
def test_linear_perpetuals_and_what_may_be_one_are_taken(
    market: str, contracts: tuple[Contract, ...], named: tuple[str, ...]
) -> None:
    refuse_contracts([("a.csv", (market,), contracts)], named)


def test_a_market_that_is_written_as_inverse_is_refused() -> None:
    refuse_inverse(["BTC/USDT:USDT", "BTC/USD"])
    with pytest.raises(UsageFault, match=r"BTC/USD:BTC is an inverse contract"):
        refuse_inverse(["BTC/USDT", "BTC/USD:BTC"])
