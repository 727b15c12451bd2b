"""When an outlook may be read in the place of asking, and when it is void; and what the model mind makes of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from court_support import AT, SETTINGS, analyst, case, evidence, signals
from hypothesis import given
from hypothesis import strategies as st
from injections import ScriptedAsker, hear

from agents.court.case import Case
from agents.court.minds.model import ModelMind
from agents.court.minds.outlooks import Outlook, Outlooks, has_moved
from agents.court.minds.rules import RulesMind
from agents.llm.attempt import ROLES
from agents.strategies.netting import lean, net
from agents.strategies.vote import NetVote
from market.timeframe import Timeframe
from risk.proposal import Direction

SLOW = evidence("signals.1d.rsi_14", 61.25)
FAST = evidence("signals.1h.rsi_14", 61.25)
MINDS = SETTINGS.minds


def later(
    bars: int = 1, base: dict[str, Any] | None = None, slow: dict[str, Any] | None = None, **changes: Any
) -> Case:
    """The sound purchase some bars on; `base` changes its hourly, `slow` its daily signals."""
    seen = {
        Timeframe.H1: signals(Timeframe.H1, **(base or {"rsi_14": 63.5})),
        Timeframe.H4: signals(Timeframe.H4),
        Timeframe.D1: signals(Timeframe.D1, **(slow or {})),
    }
    return case(as_of_utc=AT + timedelta(hours=bars), decision_id="later", signals=seen, **changes)


def kept(**word: Any) -> Outlooks:
    store = Outlooks(MINDS)
    store.keep(Outlook(case(decision_id="ahead"), analyst(**({"evidence": (SLOW, FAST)} | word)), "wire/m-0"))
    return store


@pytest.mark.parametrize(("bars", "read"), [(0, False), (1, True), (3, True), (4, False)])
def test_an_outlook_is_from_an_earlier_bar_and_expires(bars: int, read: bool) -> None:
    found = kept().find(later(bars))
    assert (found is not None) is read
    assert found is None or found.age_bars == bars


def test_the_outlook_of_another_market_is_never_read() -> None:
    assert kept().find(later(symbol="ETH/USDT")) is None


@pytest.mark.parametrize(
    "now",
    [
        later(proposal=NetVote(direction=Direction.SHORT, conviction=0.7, against=0.0, votes=())),
        later(base={"close": 50_600.0 + 301}),
        later(base={"close": 50_600.0 - 301}),
        later(base={"overbought": True}),
        later(base={"macd_cross_down": True}),
        later(slow={"golden_cross": True}),
        later(slow={"death_cross": True}),
        later().model_copy(update={"sentiment": case().sentiment.model_copy(update={"flags": ("hack",)})}),
        later().model_copy(update={"signals": {Timeframe.H1: signals(), Timeframe.D1: signals(Timeframe.D1)}}),
    ],
)
def test_a_case_that_has_moved_voids_the_outlook(now: Case) -> None:
    assert has_moved(case(), now, 1.0)
    assert kept().find(now) is None


@pytest.mark.parametrize("trigger", ["ema_cross_up", "golden_cross", "macd_cross_up"])
def test_the_trigger_that_was_waited_for_does_not(trigger: str) -> None:
    assert kept().find(later(base={trigger: True})) is not None


def test_without_any_matching_evidence_the_model_is_asked_again() -> None:
    assert kept(evidence=(FAST,)).find(later()) is None
    assert kept(evidence=(FAST,)).find(later(base={"rsi_14": 61.25})) is not None


@given(st.floats(min_value=-3, max_value=3))
def test_the_close_may_move_as_far_as_the_atr_of_then_allows_either_way(atrs: float) -> None:
    now = later(base={"close": 50_600.0 + atrs * 300.0, "atr_14_quote": 9000.0})
    assert has_moved(case(), now, 1.5) is (abs(now.signals[Timeframe.H1].close - 50_600.0) > 450.0)


def test_an_outlook_that_will_lapse_at_the_next_bar_is_asked_again_whatever_the_news_are() -> None:
    hacked = later().model_copy(update={"sentiment": case().sentiment.model_copy(update={"flags": ("hack",)})})
    assert kept().lasts(later(2))
    assert not kept().lasts(later(3))
    assert kept().lasts(hacked)


def test_the_court_uses_the_outlook_strikes_out_old_evidence_and_states_its_age() -> None:
    asker = ScriptedAsker()
    mind = ModelMind(asker, RulesMind(SETTINGS.court, SETTINGS.limits), MINDS, kept(reasoning="said before"))
    (hearing,) = hear(mind, later(2))
    assert "analyst" not in {request.role for request in asker.requests}
    assert hearing.analyst.reasoning == "said before"
    assert hearing.analyst.evidence == (SLOW,)
    assert [(struck.role, struck.evidence) for struck in hearing.struck] == [("analyst", (FAST,))]
    voice = hearing.voices[0]
    assert (voice.speaker, voice.why, voice.outlook) == ("wire/m-0", "outlook of 2 bars ago", "ahead")
    assert "said before" in next(request.user for request in asker.requests if request.role == "devils_advocate")


def test_on_the_fast_path_the_rules_mind_speaks_alone_and_no_outlook_is_read() -> None:
    fast = MINDS.model_copy(update={"fast_path_conviction": 0.5})
    (hearing,) = hear(ModelMind(ScriptedAsker(), RulesMind(SETTINGS.court, SETTINGS.limits), fast, kept()), later())
    assert [voice.speaker for voice in hearing.voices] == ["rules"] * len(ROLES)


def test_an_outlook_asks_the_analyst_as_if_it_were_proposed_and_says_that_it_may_be_read_later() -> None:
    asker = ScriptedAsker()
    said = asyncio.run(ModelMind(asker, RulesMind(SETTINGS.court, SETTINGS.limits), MINDS).outlook(case()))
    assert said.word is not None
    (request,) = asker.requests
    assert request.role == "analyst"
    assert request.user.splitlines()[-1].startswith(
        "No purchase is proposed yet: judge it as if it were. Your opinion may be read up to 3"
    )


def test_a_voice_without_an_outlook_is_written_as_it_always_was() -> None:
    (hearing,) = hear(ModelMind(ScriptedAsker(), RulesMind(SETTINGS.court, SETTINGS.limits), MINDS))
    assert all(b"outlook" not in voice.canonical() for voice in hearing.voices)


def test_a_negative_net_leans_to_a_sale_and_no_votes_give_zero() -> None:
    long, short = (
        case().proposal.votes[0].model_copy(update={"direction": each}) for each in (Direction.LONG, Direction.SHORT)
    )
    assert lean(()) == 0.0
    assert lean((long,)) == net((long,), 0.0).conviction
    assert lean((short,)) == -net((short,), 0.0).conviction
