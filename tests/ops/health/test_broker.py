"""`tribunal doctor --profile ib` asks a double of TWS through the real ib_async, and sends no order."""

from typing import Any

import pytest
from month import BEGINS, Gateway, Month

from config.reading.load import load_profile
from ops.health import broker
from ops.health.broker import broker_said


class At:
    """A clock that stands within what the calendar knows."""

    def now(self) -> Any:
        return BEGINS


def told(gateway: Gateway, **changes: Any) -> dict[str, tuple[str, str]]:
    named = {"venue.ib.port": gateway.tws.port, "venue.ib.account": gateway.tws.account, "venue.ib.answer_s": 2}
    settings = load_profile("ib", {**named, **changes})
    return {found.check: (found.state.value, found.told) for found in broker_said(settings, settings.market.symbols)}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(broker, "SystemClock", At)
    with Gateway(Month(12).tws) as running:
        yield running


def test_account_money_shares_and_sessions_are_told_and_nothing_is_sent(gateway: Gateway) -> None:
    found = told(gateway)
    assert {state for state, _ in found.values()} == {"ok"}
    assert "it is a paper account" in found["gateway"][1]
    assert "1000000 INR" in found["money"][1]
    assert "ticks of 0.05, lots of 1" in found["shares"][1]
    assert "15:28 Asia/Kolkata" in found["sessions"][1]
    assert gateway.tws.orders == {}


def test_another_account_is_an_ill_gateway(gateway: Gateway) -> None:
    state, text = told(gateway, **{"venue.ib.account": "DU7654321"})["gateway"]
    assert state != "ok"
    assert "orders go to no account but the one that is named" in text
