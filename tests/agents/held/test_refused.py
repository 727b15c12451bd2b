"""What contradicts where bars come from, and what the fast engine does not know, is refused in words."""

from typing import Any

import pytest

from agents.court.held.refusing import refuse_reviews_and_delays
from config.errors import UsageFault
from config.reading.load import load_profile


@pytest.mark.parametrize(
    "changed",
    [
        {"court.review_every": 24},
        {"court.review_watched": True},
        {"court.mind": "models", "court.latency_s": 20},
        {"court.mind": "models", "court.latency_s": 20, "minds.fast_path_conviction": 0.7, "court.fast_share": 0.25},
    ],
)
def test_what_knows_no_reviews_and_no_later_rulings_names_the_setting(changed: dict[str, Any]) -> None:
    settings = load_profile("paper", changed)
    with pytest.raises(UsageFault, match=rf"{list(changed)[-1]} is set. Nothing was run"):
        refuse_reviews_and_delays(settings, "The fast engine knows neither")


@pytest.mark.parametrize("changed", [{}, {"court.latency_s": 20}])
def test_a_court_of_the_rules_mind_needs_no_time_so_nothing_is_refused(changed: dict[str, Any]) -> None:
    settings = load_profile("paper", changed)
    refuse_reviews_and_delays(settings, "The fast engine knows neither")
    assert settings.court.mind == "rules"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"court.wait": False}, "bars that are there already follow at once"),
        ({"court.mind": "models", "court.fast_share": 0.25}, "there is nothing to enter before it"),
        ({"court.mind": "models", "court.latency_s": 20, "court.fast_share": 0.25}, "no purchase takes the fast path"),
        (
            {"world": "feed", "market.feed": "binance", "sentiment.sources": [], "court.latency_s": 20},
            "the time that they take",
        ),
    ],
)
def test_when_a_ruling_is_there_may_not_contradict_where_bars_come_from(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageFault, match=told):
        load_profile("paper", changed)
