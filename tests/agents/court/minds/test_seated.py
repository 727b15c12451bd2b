"""Roles that do not sit: a neutral word in their place, and what is ruled without them."""

import asyncio

from court_support import case

from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from config.reading.load import load_profile
from config.silence import Abstained
from risk.proposal import Direction

SETTINGS = load_profile("backtest")
RULES = RulesMind(SETTINGS.court, SETTINGS.limits)


def test_nobody_sits_and_everything_stands() -> None:
    async def court() -> None:
        empty, shown = Seated(RULES, ()), case()
        analyst = await empty.analyst(shown)
        risk = await empty.risk_agent(shown)
        advocate = await empty.devils_advocate(shown, analyst, risk)
        supervisor = await empty.supervisor(shown, analyst, risk, advocate)
        assert isinstance(analyst, AnalystOpinion)
        assert analyst.direction is Direction.LONG
        assert isinstance(risk, RiskOpinion)
        assert risk.scale_pct == 100
        assert isinstance(advocate, AdvocateOpinion)
        assert advocate.strength_pct == 0
        assert isinstance(supervisor, SupervisorOpinion)
        assert supervisor.scale_pct == 100

    asyncio.run(court())


def test_who_sits_speaks_for_himself_and_silence_stays_silence() -> None:
    async def court() -> None:
        shown = case()
        one = Seated(RULES, ("analyst",))
        assert await one.analyst(shown) == await RULES.analyst(shown)
        silent = Abstained(why="nothing to say")
        risk, advocate = await one.risk_agent(shown), await one.devils_advocate(shown, silent, silent)
        assert isinstance(await one.supervisor(shown, silent, risk, advocate), Abstained)

    asyncio.run(court())


def test_without_a_supervisor_a_case_is_rejected_if_no_rise_is_expected_or_the_counter_evidence_weighs_more() -> None:
    async def court() -> None:
        shown, pair = case(), Seated(RULES, ("analyst", "devils_advocate"))
        analyst, risk = await pair.analyst(shown), await pair.risk_agent(shown)
        advocate = await pair.devils_advocate(shown, analyst, risk)
        assert isinstance(analyst, AnalystOpinion)
        assert isinstance(advocate, AdvocateOpinion)
        long, short = Direction.LONG, Direction.SHORT
        table = ((long, 50, 40, 100), (long, 40, 40, 100), (long, 30, 40, 0), (short, 90, 0, 0))
        for direction, conviction, strength, stands in table:
            said = analyst.model_copy(update={"direction": direction, "conviction_pct": conviction})
            against = advocate.model_copy(update={"strength_pct": strength})
            ruled = await pair.supervisor(shown, said, risk, against)
            assert isinstance(ruled, SupervisorOpinion)
            assert ruled.scale_pct == stands

    asyncio.run(court())
