"""Near a release nothing is opened, and exits never ask the calendar."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from gate_support import LIMITS, SETTINGS, facts, proposal
from hypothesis import given
from hypothesis import strategies as st

from market.context.calendar.releases import calendar
from risk.facts import Facts
from risk.limits.calendar import macro_event
from risk.limits.catalogue import rules_under
from risk.limits.row import Part
from risk.manager import RiskManager
from risk.order import OrderKind, Purpose, Seal, Side
from risk.portfolio import Position
from risk.verdict import Reaction

CPI = datetime(2024, 3, 12, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(moment: datetime, pause_h: float | None) -> Facts:
    return facts(proposal=proposal(as_of_utc=moment), limits=LIMITS.model_copy(update={"macro_pause_h": pause_h}))


@pytest.mark.parametrize(
    ("away_h", "passes"), [(-6.01, True), (-6.0, False), (-0.5, False), (0.0, False), (6.0, False), (6.01, True)]
)
def test_nothing_is_opened_within_the_pause_before_and_after_a_release(away_h: float, passes: bool) -> None:
    report = macro_event(at(CPI + away_h * HOUR, 6.0))
    assert (report.reaction is Reaction.PASS) is passes
    assert report.note == ("no release is near" if passes else "cpi at 2024-03-12 12:30 UTC")
    assert report.number == (None if passes else pytest.approx(-away_h))


def test_without_the_setting_the_rule_is_in_no_verdict_and_would_pass() -> None:
    assert macro_event not in rules_under(LIMITS, Part.CHECK)
    assert macro_event in rules_under(at(CPI, 1.0).limits, Part.CHECK)
    assert macro_event(at(CPI, None)).reaction is Reaction.PASS


@pytest.mark.parametrize("moment", [datetime(2018, 6, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)])
def test_a_time_whose_releases_are_not_known_is_refused_in_words(moment: datetime) -> None:
    report = macro_event(at(moment, 2.0))
    assert (report.reaction, report.note) == (Reaction.REFUSE, "releases are known from 2019-01-01 to 2027-01-01")


@given(st.integers(0, 8 * 365 * 24 * 60), st.floats(0.01, 168))
def test_the_rule_refuses_exactly_where_a_release_is_near(minutes: int, pause_h: float) -> None:
    moment, pause = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), timedelta(hours=pause_h)
    near = any(abs(release.at_utc - moment) <= pause for release in calendar().releases)
    known = calendar().begin_utc + pause <= moment <= calendar().end_utc - pause
    assert (macro_event(at(moment, pause_h)).reaction is Reaction.REFUSE) == (near or not known)


@given(
    st.integers(0, 8 * 365 * 24), st.floats(0.01, 168), st.sampled_from([p for p in Purpose if p is not Purpose.ENTRY])
)
def test_an_exit_is_signed_at_every_time_and_under_every_pause(hours: int, pause_h: float, purpose: Purpose) -> None:
    moment = datetime(2019, 1, 1, tzinfo=UTC) + hours * HOUR
    gate = RiskManager(at(moment, pause_h).limits, SETTINGS.exits, Seal(b"k" * 32), bars_per_day=24.0)
    position = Position(symbol="BTC/USDT", quantity=Decimal("0.5"), entry_price=Decimal(1), mark_price=Decimal(1))
    order = gate.sign_exit(
        position,
        order_id="x-c",
        decision_id="x",
        kind=OrderKind.MARKET,
        purpose=purpose,
        quantity=Decimal("0.5"),
        at=moment,
    )
    assert (order.side, order.quantity) == (Side.SELL, Decimal("0.5"))
