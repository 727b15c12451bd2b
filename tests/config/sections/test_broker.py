"""What a profile of a broker of shares needs, and what it may not be."""

from typing import Any

import pytest

from config.errors import UsageFault
from config.reading.load import load_profile

ACCOUNT = {"venue.ib.account": "DU1234567"}


def test_the_profile_ib_loads_and_risks_at_most_two_percent() -> None:
    settings = load_profile("ib", ACCOUNT)
    assert (settings.venue.kind, settings.market.calendar, settings.market.schedule) == (
        "ib",
        "XBOM",
        "15:28 Asia/Kolkata",
    )
    assert settings.limits.risk_per_trade == 0.02
    assert settings.exits.attached
    assert [entry.strategy for entry in settings.strategies] == ["golden_cross"]


@pytest.mark.parametrize(
    ("profile", "changes", "words"),
    [
        ("ib", {"world": "live", "limits.ramp": True}, "real money is not traded at Interactive Brokers"),
        (
            "ib",
            {"market.calendar": None, "market.annualise": None, "market.schedule": None},
            "have a calendar, and a schedule",
        ),
        ("ib", {"market.symbols": ["INFY/INR", "TCS/INR"]}, "no share is named behind TCS/INR"),
        ("ib", {"venue.entry.how": "touch"}, "an entry is sent whole"),
        ("ib", {"market.timeframe": "1h"}, "have bars of 1d, and no other"),
        ("ib", {"market.schedule": "15:28 Asia/Nowhere"}, "is no time zone"),
        ("ib", {"market.schedule": "25:28 Asia/Kolkata"}, "schedule"),
        ("ib", {"journal.group_commit": 10}, "no event is lost"),
        ("ib", {"venue.ib.contracts": {"INFY/INR": {"isin": "INE009"}}}, "isin"),
        ("paper", {"market.calendar": "XNYS", "market.timeframe": "1d"}, "the simulated market never closes"),
        ("testnet", {"exits.attached": True}, "no exchange behind CCXT takes a stop with its entry"),
        ("testnet", {"market.calendar": "XNYS", "market.timeframe": "1d"}, "close around the clock"),
        ("perp", {"exits.attached": True}, "a stop is attached to a purchase of spot"),
        ("paper", {"market.annualise": "sessions"}, "a year of sessions is that of a calendar"),
        ("paper", {"market.schedule": "15:28 Asia/Kolkata"}, "a schedule is of the sessions of a calendar"),
    ],
)
def test_what_cannot_be_is_refused_in_words(profile: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageFault, match=words):
        load_profile(profile, changes)
