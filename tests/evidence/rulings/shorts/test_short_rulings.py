"""Finished rulings on short sales: what was said, what it was worth, whether it followed the evidence, apart from purchases."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Named
from typing import Any

import pytest
from court_support import AT, SETTINGS, advocate, analyst, officer, signals, supervisor
from gate_support import proposal as wanted_proposal
from hearing_support import BTC, HOUR, barriers, hearing
from perpetual_support import short_facts
from perpetual_support import sold as sold_proposal
from short_support import FRAMES, bought, sold

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.opinion import AnalystOpinion, HorizonView, SupervisorOpinion
from agents.court.prompts.blind import blind
from agents.court.prompts.earlier import NOTHING_YET
from agents.court.prompts.render import render
from agents.llm.attempt import ROLES
from agents.memory.outcomes import CaseOutcome
from config.silence import Abstained
from evidence.rulings.calibration import calibrate
from evidence.rulings.counterfactual import ruling_without
from evidence.rulings.flips import Audit, audit
from evidence.rulings.hearings import HearingOutcome, HearingRun
from evidence.rulings.mirror import Turned, mirrored
from evidence.rulings.statements import beliefs, horizon_statements, statements
from evidence.rulings.taken import throttled
from evidence.rulings.worth import attribute
from market.timeframe import Timeframe
from ops.tables.audit import show_audit
from ops.tables.calibration import show_calibration
from risk.calibration import CalibrationMap, ShortMaps, SizingMaps, maps_in
from risk.limits import trade as rules
from risk.proposal import Argument, Direction
from sentiment.headline import Headline, SentimentData

RULES = RulesMind(SETTINGS.court, SETTINGS.limits)
LONG, SHORT = Direction.LONG, Direction.SHORT


def ruled(what: Case) -> Hearing:
    """As the rules mind rules it."""

    async def words() -> Hearing:
        said, risk = await RULES.analyst(what), await RULES.risk_agent(what)
        attack = await RULES.devils_advocate(what, said, risk)
        judge = await RULES.supervisor(what, said, risk, attack)
        return hearing(case=what, analyst=said, risk_agent=risk, advocate=attack, supervisor=judge)

    return asyncio.run(words())


def test_what_is_said_of_a_short_is_measured_apart_and_as_a_belief_in_its_fall() -> None:
    view = HorizonView(horizon=Timeframe.H1, direction=SHORT, expected_move_bps=-80, conviction_pct=80)
    heard = hearing(case=sold(), analyst=analyst(direction=SHORT, conviction_pct=60, horizons=(view,)))
    assert beliefs(heard)["analyst"] == pytest.approx(0.8)
    said = statements(heard, barriers())
    assert set(said) == {
        "voters (short)", "rules/analyst (short)", "rules/devils_advocate (short)", "rules/supervisor (short)",
        "gate (short)",
    }  # fmt: skip
    assert said["voters (short)"] == 0.7
    assert horizon_statements(heard) == {"together": pytest.approx(0.9), "1h": pytest.approx(0.9)}


def settled(what: Case, *, won: bool, place: int) -> HearingOutcome:
    moment = AT + place * HOUR
    named = what.model_copy(update={"decision_id": f"{place}", "as_of_utc": moment})
    ended = CaseOutcome(
        decision_id=named.decision_id, symbol=BTC, as_of_utc=moment, label=1 if won else -1, entry_price=100.0,
        exit_price=99.0, return_bps=280.0 if won else -170.0, bars=3, known_at_utc=moment + 3 * HOUR,
    )  # fmt: skip
    return HearingOutcome(hearing(case=named, analyst=analyst(direction=named.proposal.direction)), ended)


def both_sides(count: int = 30) -> HearingRun:
    """Purchases that all lost, and short sales that all won, under the same convictions."""
    heard = [settled(sold() if place % 2 else bought(), won=bool(place % 2), place=place) for place in range(2 * count)]
    return HearingRun("both", None, "data", barriers(), tuple(heard), 2 * count)  # type: ignore[arg-type]


def test_purchases_that_lost_take_nothing_from_the_map_of_short_sales() -> None:
    report = calibrate((both_sides(),), shrink_k=10.0)
    maps = report.calibrations.speakers
    assert maps["voters"].calibrated(0.7) < 0.2 < 0.8 < maps["voters (short)"].calibrated(0.7)
    assert maps["rules/analyst"].calibrated(0.8) < 0.2 < 0.8 < maps["rules/analyst (short)"].calibrated(0.8)
    assert report.shorts is not None
    assert (report.shorts.cases, report.shorts.targets, report.shorts.stops) == (30, 30, 0)
    assert {each.speaker for each in report.horizons} <= {"rules/analyst", "rules/analyst (short)"}


def test_the_console_tells_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    show_calibration(calibrate((both_sides(),), shrink_k=10.0), as_json=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "Of 60 hypothetical trades" in told
    assert "Of these 30 short sales, 30 reached the target, 0 the stop, 0 neither; +280.0 bps each." in told
    assert "voters (short)" in told


def halved(heard: Hearing) -> Hearing:
    """A ruling of half the size that its roles would have left."""
    return heard.model_copy(update={"ruling": heard.ruling.model_copy(update={"scale": 0.5})})


def test_the_worth_of_a_role_is_told_for_purchases_and_short_sales_apart_and_adds_up() -> None:
    kinds = [(sold(), True), (bought(), False), (sold(), True), (sold(), False)] * 5
    heard = [
        HearingOutcome(halved(ruled(each.hearing.case)), each.outcome)
        for each in (settled(what, won=won, place=place) for place, (what, won) in enumerate(kinds))
    ]
    instruments = {BTC: Named(quote="USDT")}
    session: Any = Named(settings=SETTINGS, instruments=instruments)
    run = HearingRun("both", session, "data", barriers(), tuple(heard), 200)
    found = attribute((run,))
    told = [role for role in found.roles if role.quote is not None]
    assert told
    for role in told:
        assert role.quote is not None
        assert role.quote_long is not None
        assert role.quote_short is not None
        assert role.quote_long.value + role.quote_short.value == pytest.approx(role.quote.value)
    assert any(role.quote_short is not None and role.quote_short.value for role in told)
    short = tuple(each for each in heard if each.hearing.case.proposal.is_short)
    alone = attribute((HearingRun("one", session, "data", barriers(), short, 200),))
    assert all(role.quote_short is None for role in alone.roles), "one side alone is all of it"


POOR = CalibrationMap(points=((0.5, 0.05),), n=40, k=50.0)
RICH = CalibrationMap(points=((0.5, 0.95),), n=40, k=50.0)


def test_the_record_of_longs_never_sizes_a_short() -> None:
    argued = Argument(speaker="rules/analyst", belief=0.8)

    def room(calibration: SizingMaps, *, short: bool) -> float:
        wanted = sold_proposal(argument=argued) if short else wanted_proposal(argument=argued)
        made = short_facts(calibration=calibration, proposal=wanted)
        found = rules.kelly(made).notional_cap
        return float("inf") if found is None else float(found)

    nothing = CalibrationMap(points=(), n=0, k=50.0)
    apart = SizingMaps(voters=POOR, analysts={"rules/analyst": POOR}, shorts=ShortMaps(voters=RICH))
    unknown = SizingMaps(voters=POOR, shorts=ShortMaps(voters=nothing))
    assert room(apart, short=False) < room(apart, short=True) == room(SizingMaps(voters=RICH), short=True)
    assert room(unknown, short=True) == room(SizingMaps(voters=nothing), short=True)
    older = SizingMaps(voters=POOR)
    assert room(older, short=True) == room(SizingMaps(voters=POOR, shorts=ShortMaps(voters=POOR)), short=True)
    assert "shorts" not in older.model_dump_json()


def test_the_maps_of_a_file_are_parted_by_side() -> None:
    file = {"voters": POOR, "voters (short)": RICH, "rules/analyst (short)": POOR}
    assert maps_in(file, short=False) == {"voters": POOR}
    assert maps_in(file, short=True) == {"voters": RICH, "rules/analyst": POOR}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_made_neutral_leaves_a_sound_short_as_it_was(role: Any) -> None:
    heard = ruled(sold())
    assert heard.ruling.scale == 1.0
    found = asyncio.run(ruling_without(role, heard, RULES))
    assert found is not None
    assert found.scale == 1.0


def test_without_the_analyst_who_expected_a_rise_a_short_is_not_lost_on_him() -> None:
    lost = hearing(case=sold(), analyst=analyst(direction=LONG), advocate=advocate(10), supervisor=supervisor(0))
    found = asyncio.run(ruling_without("analyst", lost, RULES))
    assert found is not None
    assert found.scale == 1.0


def test_an_empty_court_lets_a_short_stand_as_it_lets_a_purchase() -> None:
    async def heard(what: Case) -> tuple[Direction, int]:
        empty = Seated(RULES, ())
        said, risk = await empty.analyst(what), await empty.risk_agent(what)
        judge = await empty.supervisor(what, said, risk, await empty.devils_advocate(what, said, risk))
        assert isinstance(said, AnalystOpinion)
        return said.direction, scale(judge)

    assert asyncio.run(heard(sold())) == (SHORT, 100)
    assert asyncio.run(heard(bought())) == (LONG, 100)


def scale(judge: SupervisorOpinion | Abstained) -> int:
    assert isinstance(judge, SupervisorOpinion)
    return judge.scale_pct


@pytest.mark.parametrize(("said", "left"), [(SHORT, 100), (LONG, 0)])
def test_without_a_supervisor_an_analyst_who_expects_a_rise_ends_a_short(said: Direction, left: int) -> None:
    words = (analyst(direction=said), officer(), advocate(10))
    assert scale(asyncio.run(Seated(RULES, ("analyst",)).supervisor(sold(), *words))) == left
    before = asyncio.run(Seated(RULES, ("analyst",), by_side=False).supervisor(sold(), *words))
    assert scale(before) == 100 - left, "journals from before 0.8 replay"


def test_what_was_taken_from_a_short_is_counted_for_the_record_of_shorts() -> None:
    found = throttled(7, hearing(case=sold(), caps=("900",)), barriers())
    assert found is not None
    assert (found.voters, found.short) == (("trend (short)",), True)
    bought_one = throttled(7, hearing(case=bought(), caps=("900",)), barriers())
    assert bought_one is not None
    assert (bought_one.voters, bought_one.short) == (("trend",), False)


def audited(hearings: list[Hearing], cutoff: datetime | None = None) -> Audit:
    return asyncio.run(audit("run", hearings, RULES, seed=7, most=99, cutoff=cutoff))


def rising() -> Case:
    """A short sale against a market that rises."""
    return sold(signals={length: signals(length) for length in FRAMES})


def test_a_short_in_a_mirrored_market_is_a_short_against_a_rise() -> None:
    turned = mirrored(sold(), Turned.BOTH)
    assert turned.proposal == sold().proposal
    assert turned.signals[Timeframe.H1].sma_50 == pytest.approx(2 * 47_000.0 - 49_000.0)
    assert ruled(turned).ruling.scale < ruled(sold()).ruling.scale


def test_the_rules_mind_follows_the_evidence_on_both_sides() -> None:
    hearings = [ruled(sold()), ruled(rising()), ruled(bought())]
    assert [heard.ruling.scale for heard in hearings] == [1.0, 0.0, 1.0]
    found = audited(hearings)
    signals_of = {row.side: row for row in found.flips if row.what is Turned.SIGNALS}
    assert set(signals_of) == {"long", "short"}
    assert (signals_of["short"].cases, signals_of["short"].followed, signals_of["short"].against) == (2, 2, 0)
    assert (signals_of["long"].cases, signals_of["long"].followed) == (1, 1)
    assert {row.side: (row.cases, row.same) for row in found.blinded} == {"long": (1, 1), "short": (2, 2)}


def test_good_news_is_against_a_short() -> None:
    good = SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=0.9)
    row = next(row for row in audited([ruled(sold(sentiment=good))]).flips if row.what is Turned.SENTIMENT)
    assert (row.side, row.cases, row.against) == ("short", 1, 0)


def test_the_tables_tell_sides_where_there_are_two_and_none_where_there_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_audit(audited([ruled(sold()), ruled(bought())]), as_json=False)
    told = capsys.readouterr().out
    assert "all, long" in told
    assert "all, short" in told
    show_audit(audited([ruled(bought())]), as_json=False)
    told = capsys.readouterr().out
    assert "all, " not in told
    assert "side" not in told
    assert "side" not in audited([ruled(bought())]).model_dump_json()


@pytest.mark.parametrize("role", ROLES)
def test_a_blinded_short_names_no_market_no_date_and_no_price(role: Any) -> None:
    line = Headline(
        source="wire", text="Bitcoin falls below $47,000 in March 2024", published_utc=AT - timedelta(hours=2),
        first_seen_utc=AT - timedelta(hours=1), symbols=("BTC/USDT",),
    )  # fmt: skip
    named = sold(
        sentiment=SentimentData(
            symbol="BTC/USDT", as_of_utc=datetime(2024, 3, 1, 12, tzinfo=UTC), score=-0.4, headlines=(line,)
        )
    )
    view = blind(named)
    told = render(view.case, role, NOTHING_YET, view)
    for word in ("BTC", "Bitcoin", "47,000", "47000", "2024", "March", "USDT"):
        assert word not in told, word
    assert "sell short" in told
    assert view.case.proposal.is_short
