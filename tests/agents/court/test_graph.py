"""The machine: who speaks in which wave, what a broken mind leads to, and that the gate comes last."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from court_support import SETTINGS, advocate, analyst, case, officer, supervisor
from gate_support import BTC, LIMITS, portfolio, returns, seen_by
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.court.case import Case
from agents.court.graph import Bench, Court
from agents.court.minds.rules import RulesMind
from agents.court.opinion import Evidence
from agents.strategies.vote import NetVote
from config.silence import Abstained
from execution.venues.sealing import open_gate
from risk.breakers import BreakerState
from risk.facts import Situation
from risk.order import Seal
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome, Verdict
from rl.adjuster import Off
from rl.adjustment import Adjustment
from rl.observation import Observation

GATE = open_gate(LIMITS, SETTINGS.exits, b"k" * 32, 24.0)


def judge(proposal: Proposal) -> Verdict:
    fresh = BreakerState.fresh(Decimal(10_000), proposal.as_of_utc)
    return GATE.judge(Situation(proposal, portfolio(), BTC, fresh, None, ("BTC/USDT",), returns(), **seen_by(proposal)))


class Scripted:
    """A mind that says what it is told to, and notes the order in which it was asked."""

    name = "scripted"

    def __init__(self, **words: Any) -> None:
        self._words: dict[str, Any] = {
            "analyst": analyst(), "risk": officer(), "advocate": advocate(), "supervisor": supervisor(),
        } | words  # fmt: skip
        self.asked: list[str] = []
        self.at_once = self._most = 0

    async def _say(self, role: str) -> Any:
        self.asked.append(role)
        self._most += 1
        self.at_once = max(self.at_once, self._most)
        await asyncio.sleep(0)
        self._most -= 1
        word = self._words[role]
        if isinstance(word, Exception):
            raise word
        return word

    def transcripts(self) -> tuple[()]:
        return ()

    def voices(self) -> tuple[()]:
        return ()

    async def analyst(self, case: Case) -> Any:
        return await self._say("analyst")

    async def risk_agent(self, case: Case) -> Any:
        return await self._say("risk")

    async def devils_advocate(self, case: Case, analyst: Any, risk: Any) -> Any:
        return await self._say("advocate")

    async def supervisor(self, case: Case, analyst: Any, risk: Any, advocate: Any, answer: Any = None) -> Any:
        return await self._say("supervisor")


def hear(mind: Any, *cases: Case, adjuster: Any = None) -> Any:
    court = Court(Bench(mind=mind, adjuster=adjuster or Off(), judge=judge, role_deadline_s=0.2))
    return asyncio.run(court.hear(cases or (case(),)))


def test_four_calls_in_three_waves_and_the_first_two_at_once() -> None:
    mind = Scripted()
    hear(mind)
    assert sorted(mind.asked[:2]) == ["analyst", "risk"]
    assert mind.asked[2:] == ["advocate", "supervisor"]
    assert mind.at_once == 2


def test_no_step_of_a_decision_waits_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a step of the machine went to a thread")

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", refused)
    (hearing,) = hear(Scripted())
    assert hearing.verdict.outcome is Outcome.SIGNED


def test_an_approved_case_comes_out_as_a_sealed_order_of_its_own_decision() -> None:
    (hearing,) = hear(Scripted())
    assert hearing.verdict.outcome is Outcome.SIGNED
    assert hearing.verdict.order.decision_id == hearing.case.decision_id
    assert Seal(b"k" * 32).verify(hearing.verdict.order)


@pytest.mark.parametrize("role", ["analyst", "risk", "advocate", "supervisor"])
def test_a_role_that_breaks_is_silent_and_nothing_is_bought(role: str) -> None:
    (hearing,) = hear(Scripted(**{role: RuntimeError("model gone")}))
    assert hearing.verdict.outcome is Outcome.REFUSED
    assert "failed with RuntimeError" in hearing.ruling.why


@pytest.mark.parametrize("role", ["analyst", "supervisor"])
def test_a_role_that_hangs_abstains_at_its_deadline(role: str) -> None:
    class Hanging(Scripted):
        async def _say(self, asked: str) -> Any:
            if asked == role:
                await asyncio.Event().wait()
            return await super()._say(asked)

    (hearing,) = hear(Hanging())
    assert hearing.verdict.outcome is Outcome.REFUSED
    assert "said nothing within 0.2 s" in hearing.ruling.why


@pytest.mark.parametrize("scale", [float("nan"), "100", 400, -1])
def test_an_opinion_that_was_never_validated_is_no_opinion(scale: Any) -> None:
    (hearing,) = hear(Scripted(supervisor=supervisor().model_copy(update={"scale_pct": scale})))
    assert hearing.verdict.outcome is Outcome.REFUSED


class Saying:
    """A policy that always says the same, whatever it is."""

    name = "saying"

    def __init__(self, scale: Any) -> None:
        self._scale = scale

    def adjust(self, seen: Observation) -> Adjustment:
        return Adjustment.model_construct(adjuster=self.name, scale=self._scale)


@pytest.mark.parametrize("scale", [None, 1.2500001, float("nan"), float("inf"), 1e308, -0.5])
def test_an_adjuster_that_fails_or_says_what_is_no_factor_reduces_the_size_to_zero(scale: Any) -> None:
    (hearing,) = hear(Scripted(), adjuster=Saying(scale))
    assert (hearing.adjustment.scale, hearing.verdict.outcome) == (0.0, Outcome.REFUSED)


@pytest.mark.parametrize(("supervised", "left"), [(100, 1.0), (75, 1.25), (50, 1.25)])
def test_an_adjuster_may_give_back_what_the_court_took_and_no_more(supervised: int, left: float) -> None:
    mind = Scripted(supervisor=supervisor().model_copy(update={"scale_pct": supervised}))
    (hearing,) = hear(mind, adjuster=Saying(1.25))
    assert hearing.ruling.scale == supervised / 100
    assert hearing.adjustment.scale == left
    assert hearing.ruling.scale * hearing.adjustment.scale <= 1.0


def test_an_adjuster_that_cannot_see_leaves_nothing() -> None:
    class Willing:
        name = "willing"

        def adjust(self, seen: Observation) -> Adjustment:
            return Adjustment(adjuster=self.name, scale=1.0)

    def blind(asked: Proposal) -> Observation:
        raise ValueError("no returns")

    bench = Bench(mind=Scripted(), adjuster=Willing(), judge=judge, role_deadline_s=0.2, see=blind)
    (hearing,) = asyncio.run(Court(bench).hear((case(),)))
    assert (hearing.adjustment.scale, hearing.verdict.outcome) == (0.0, Outcome.REFUSED)


def test_the_adjuster_is_shown_what_the_bench_sees_of_the_proposal() -> None:
    shown: list[Observation] = []

    class Noting:
        name = "noting"

        def adjust(self, seen: Observation) -> Adjustment:
            shown.append(seen)
            return Adjustment(adjuster=self.name, scale=1.0)

    def see(asked: Proposal) -> Observation:
        return Observation(direction=1.0, conviction=asked.conviction, ruling_scale=asked.ruling_scale, drawdown=0.1)

    bench = Bench(mind=Scripted(), adjuster=Noting(), judge=judge, role_deadline_s=0.2, see=see)
    (hearing,) = asyncio.run(Court(bench).hear((case(),)))
    expected = (hearing.case.proposal.conviction, hearing.ruling.scale, 0.1)
    assert [(seen.conviction, seen.ruling_scale, seen.drawdown) for seen in shown] == [expected]


def test_forged_evidence_is_struck_out_and_noted_by_role() -> None:
    forged = analyst().evidence[0].model_copy(update={"value": 12.0})
    (hearing,) = hear(Scripted(analyst=analyst(evidence=(forged,))))
    assert hearing.analyst.evidence == ()
    assert [(struck.role, struck.evidence) for struck in hearing.struck] == [("analyst", (forged,))]


def test_the_adjuster_can_make_it_smaller() -> None:
    class Half:
        name = "half"

        def adjust(self, seen: Observation) -> Adjustment:
            return Adjustment(adjuster=self.name, scale=0.5)

    (full,), (half,) = hear(Scripted()), hear(Scripted(), adjuster=Half())
    assert half.verdict.notional == full.verdict.notional / 2


def test_all_cases_of_a_bar_are_heard_in_one_session_in_their_order() -> None:
    weak = NetVote(direction=Direction.LONG, conviction=0.35, against=0.0, votes=())
    first, second = case(decision_id="a", proposal=weak), case(decision_id="b")
    judged: list[str] = []

    def noting(proposal: Proposal) -> Verdict:
        judged.append(proposal.decision_id)
        return judge(proposal)

    court = Court(Bench(mind=Scripted(), adjuster=Off(), judge=noting, role_deadline_s=0.2))
    hearings = asyncio.run(court.hear((first, second)))
    assert [hearing.case.decision_id for hearing in hearings] == ["a", "b"]
    assert judged == ["b", "a"], "the gate takes the strongest conviction first"


def test_the_gate_gets_the_other_symbols_that_the_session_would_buy_and_no_others() -> None:
    short = NetVote(direction=Direction.SHORT, conviction=0.9, against=0.0, votes=())
    docket = (
        case(decision_id="a", symbol="BTC/USDT"),
        case(decision_id="b", symbol="ETH/USDT", proposal=short),
        case(decision_id="c", symbol="SOL/USDT"),
        case(decision_id="d", symbol="XRP/USDT"),
    )
    seen: dict[str, tuple[str, ...]] = {}

    def noting(proposal: Proposal) -> Verdict:
        seen[proposal.symbol] = proposal.docket
        return judge(proposal)

    class Doubting(Scripted):
        async def supervisor(self, case: Case, analyst: Any, risk: Any, advocate: Any, answer: Any = None) -> Any:
            return supervisor(0 if case.symbol == "SOL/USDT" else 50)

    asyncio.run(Court(Bench(mind=Doubting(), adjuster=Off(), judge=noting, role_deadline_s=0.2)).hear(docket))
    assert set(seen.values()) == {("BTC/USDT", "XRP/USDT")}
    assert len(seen) == 4


def test_with_the_rules_mind_a_sound_case_is_bought_and_an_unsound_one_is_not() -> None:
    mind = RulesMind(SETTINGS.court, SETTINGS.limits)
    (sound,) = hear(mind)
    assert sound.verdict.outcome is Outcome.SIGNED
    nothing = NetVote(direction=Direction.NONE, conviction=0.0, against=0.0, votes=())
    (idle,) = hear(mind, case(proposal=nothing))
    assert idle.verdict.outcome is Outcome.REFUSED


words = st.sampled_from([Abstained(why="x"), RuntimeError("x"), None, "buy everything", 7])


@settings(max_examples=60)
@given(words, words, words, words)
def test_whatever_a_mind_says_the_machine_ends_in_a_verdict_within_the_limits(a: Any, r: Any, d: Any, s: Any) -> None:
    (hearing,) = hear(Scripted(analyst=a, risk=r, advocate=d, supervisor=s))
    assert hearing.verdict.outcome is Outcome.REFUSED


def test_each_opinion_is_overheard_as_it_is_said_with_what_was_struck_and_a_listener_that_breaks_changes_nothing() -> (
    None
):
    wrong = Evidence(field="signals.1h.close", value=1.0, claim="it is cheap")
    word = analyst().model_copy(update={"evidence": (*analyst().evidence, wrong)})
    told: list[tuple[str, tuple[Evidence, ...], int]] = []
    mind = Scripted(analyst=word)

    def note(case: Case, role: str, word: object, struck: tuple[Evidence, ...]) -> None:
        told.append((role, struck, len(mind.asked)))
        raise RuntimeError("the terminal is gone")

    bench = Bench(mind=mind, adjuster=Off(), judge=judge, role_deadline_s=1.0)
    plain = asyncio.run(Court(bench).hear((case(),)))
    mind.asked.clear()
    assert asyncio.run(Court(replace(bench, overheard=note)).hear((case(),))) == plain
    assert [role for role, _, _ in told[2:]] == ["devils_advocate", "supervisor"]
    assert {role for role, _, _ in told[:2]} == {"analyst", "risk_agent"}
    assert next(struck for role, struck, _ in told if role == "analyst") == (wrong,)
    assert [asked for _, _, asked in told] == [2, 2, 3, 4], "an opinion is told before the next role is asked"
