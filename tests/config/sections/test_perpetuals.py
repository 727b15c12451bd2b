"""The profile of perpetuals: its tiers, and what it refuses in words."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from config.errors import UsageFault
from config.reading.load import load_profile
from market.catalogue import instrument_of
from market.instrument import InstrumentKind

TIERS = "market.instruments.BTC/USDT.perpetual.tiers"


def tier(up_to: str | None, leverage: int, rate: str) -> dict[str, Any]:
    return {"up_to": up_to, "max_leverage": leverage, "maintenance_rate": rate}


def test_every_market_of_the_profile_has_tiers_whose_margin_does_not_jump() -> None:
    settings = load_profile("perp").market
    for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT"):
        instrument = instrument_of(settings, symbol)
        assert instrument.kind is InstrumentKind.PERPETUAL
        assert instrument.perpetual is not None
        assert instrument.perpetual.tiers[0].maintenance_amount == 0
        for tier, above in pairwise(instrument.perpetual.tiers):
            assert tier.up_to is not None
            step = tier.up_to * (above.maintenance_rate - tier.maintenance_rate)
            assert above.maintenance_amount == tier.maintenance_amount + step, symbol
            assert above.max_leverage < tier.max_leverage


def test_perpetuals_are_isolated_with_leverage_one_and_a_limit_of_the_stressed_loss() -> None:
    settings = load_profile("perp")
    assert settings.market.perpetuals is not None
    assert settings.market.perpetuals.leverage == Decimal(1)
    assert settings.market.perpetuals.trigger == "mark"
    assert settings.limits.max_stressed_loss is not None
    assert settings.minds.blind


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"market.perpetuals.margin": "cross"}, "only isolated margin is traded"),
        ({"market.perpetuals.leverage": 4}, "a number from 1 to 3"),
        ({"world": "feed", "market.feed": "binance"}, "live bars of perpetuals are traded at an exchange"),
        (
            {"world": "live", "venue.kind": "ccxt", "venue.exchange": "binance", "market.feed": "binance"},
            "perpetuals are not traded with real money in this version",
        ),
        (
            {"venue.also": [{"name": "kraken", "exchange": "kraken", "cash": "100"}]},
            "perpetuals are traded on one exchange",
        ),
        ({TIERS: [tier("1000", 2, "0.01"), tier(None, 1, "0.1")], "market.perpetuals.leverage": 3}, "above the 2"),
        ({TIERS: [tier("1000", 5, "0.01")]}, "tiers stand by rising up_to"),
        ({TIERS: [tier("9", 5, "0.01"), tier("5", 4, "0.02"), tier(None, 1, "0.1")]}, "tiers stand by rising up_to"),
        ({TIERS: [tier("9", 5, "0.05"), tier(None, 1, "0.01")]}, "tiers stand by rising up_to"),
        ({TIERS: [tier(None, 20, "0.05")]}, "would be liquidated at once"),
    ],
)
def test_what_cannot_be_traded_is_refused_in_words(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageFault, match=words):
        load_profile("perp", changed)


def test_a_policy_may_be_named_and_whether_it_fits_is_asked_when_it_is_opened() -> None:
    settings = load_profile("perp", {"rl.mode": "advisory", "rl.model": "models/default"})
    assert (settings.rl.mode, settings.market.perpetuals is not None) == ("advisory", True)


def test_perpetuals_are_traded_with_play_money_at_an_exchange() -> None:
    there = {"world": "testnet", "venue.kind": "ccxt", "market.feed": "binance", "journal.group_commit": 1}
    settings = load_profile("perp", there)
    assert settings.market.perpetuals is not None
    assert settings.venue.exchange == "binance"


def test_a_spot_profile_has_no_perpetuals_and_its_settings_do_not_name_them() -> None:
    settings = load_profile("paper")
    assert settings.market.perpetuals is None
    assert "perpetual" not in settings.market.model_dump_json()
