"""The audit: mirrored evidence is the opposite market, and a mind that ignores it is found out."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from court_support import AT, SETTINGS, advocate, analyst, case, downtrend, officer, signals, supervisor
from hearing_support import hearing
from hypothesis import given
from hypothesis import strategies as st
from run_support import run

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.minds.rules import RulesMind
from agents.court.opinion import AnalystOpinion
from config.silence import Abstained
from evidence.audit import main
from evidence.rulings.flips import Audit, audit
from evidence.rulings.mirror import Turned, mirrored, mirrored_signals
from market.signals import PatternSeen, Regime, TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData

RULES = RulesMind(SETTINGS.court, SETTINGS.limits)
ALL = (Timeframe.H1, Timeframe.H4, Timeframe.D1)


def test_an_uptrend_mirrored_is_a_downtrend_around_the_same_close() -> None:
    up = signals(ema_cross_up=True, overbought=True)
    down = mirrored_signals(up)
    assert (down.close, down.atr_14_quote, down.adx_14) == (up.close, up.atr_14_quote, up.adx_14)
    assert down.sma_50 == pytest.approx(2 * up.close - 49_800.0)
    assert (down.rsi_14, down.macd_hist) == (38.75, -30.0)
    assert (down.ema_cross_up, down.ema_cross_down, down.overbought, down.oversold) == (False, True, False, True)
    assert down.low <= min(down.open, down.close) <= max(down.open, down.close) <= down.high


def test_what_supports_an_uptrend_resists_its_mirror_and_its_patterns_announce_the_opposite() -> None:
    seen = (
        PatternSeen(name="hammer", direction="up", bars_ago=1),
        PatternSeen(name="doji", direction="none", bars_ago=0),
    )
    up = signals(support=50_300.0, support_touches=3, support_distance_atr=1.0, supertrend_rising=True, stoch_k=80.0,
                 return_7d=0.05, patterns=seen, regime=Regime.TREND)  # fmt: skip
    down = mirrored_signals(up)
    assert (down.support, down.resistance) == (None, 50_900.0)
    assert (down.resistance_touches, down.resistance_distance_atr, down.support_touches) == (3, 1.0, None)
    assert (down.supertrend_rising, down.stoch_k, down.return_7d, down.regime) == (False, 20.0, -0.05, Regime.TREND)
    assert [each.direction for each in down.patterns] == ["down", "none"]


numbers = st.one_of(st.none(), st.floats(1.0, 1e5))
PRICES = (
    "sma_20", "sma_50", "sma_200", "ema_12", "ema_26", "bb_upper", "bb_lower", "highest_20", "lowest_20", "macd", "obv",
    "supertrend", "support", "resistance", "highest_55", "lowest_55", "keltner_upper", "vwap_20",
)  # fmt: skip


@given(levels=st.fixed_dictionaries(dict.fromkeys(PRICES, numbers)), rsi=st.floats(0, 100), flag=st.booleans())
def test_mirrored_twice_it_is_itself(levels: dict[str, float | None], rsi: float, flag: bool) -> None:
    now = signals(**levels, rsi_14=rsi, golden_cross=flag)
    twice = mirrored_signals(mirrored_signals(now))
    for name in TechnicalSignals.model_fields:
        value, again = getattr(now, name), getattr(twice, name)
        assert again == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value), name


def test_sentiment_is_turned_alone_and_silence_stays_silent() -> None:
    good = case(sentiment=SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=0.6, flags=("hack",)))
    bad = mirrored(good, Turned.SENTIMENT)
    assert (bad.sentiment.score, bad.sentiment.flags, bad.signals) == (-0.6, ("hack",), good.signals)
    assert isinstance(mirrored(case(), Turned.BOTH).sentiment.score, Abstained)


def ruled(what: Case) -> Hearing:
    """As the rules mind rules it."""

    async def words() -> Hearing:
        a, r = await RULES.analyst(what), await RULES.risk_agent(what)
        d = await RULES.devils_advocate(what, a, r)
        s = await RULES.supervisor(what, a, r, d)
        return hearing(case=what, analyst=a, risk_agent=r, advocate=d, supervisor=s)

    return asyncio.run(words())


def audited(hearings: list[Hearing], mind: RulesMind = RULES, cutoff: datetime | None = None, most: int = 99) -> Audit:
    return asyncio.run(audit("run", hearings, mind, seed=7, most=most, cutoff=cutoff))


def test_the_rules_mind_follows_the_evidence_and_does_not_know_the_name() -> None:
    up, down = ruled(case()), ruled(case(signals={t: downtrend(t) for t in ALL}))
    assert (up.ruling.scale, down.ruling.scale) == (1.0, 0.0)
    found = audited([up, down])
    turned = found.flips[0]
    assert (turned.what, turned.cases, turned.turned, turned.followed) == (Turned.SIGNALS, 2, 2, 2)
    assert turned.follow_rate == 1.0
    assert (found.blinded[0].cases, found.blinded[0].same) == (2, 2)


class Stubborn(RulesMind):
    """Says yes to Bitcoin, whatever the evidence."""

    async def analyst(self, case: Case) -> AnalystOpinion:
        return analyst(direction=Direction.LONG if case.symbol == "BTC/USDT" else Direction.SHORT, evidence=())

    async def devils_advocate(self, case: Case, *_: object) -> object:  # type: ignore[override]
        return advocate(0, RULES_EVIDENCE)


RULES_EVIDENCE = (advocate().evidence[0].model_copy(update={"field": "proposal.conviction", "value": 0.7}),)


def test_a_mind_that_rules_by_the_name_is_found_out() -> None:
    heard = hearing(analyst=analyst(), risk_agent=officer(), advocate=advocate(0), supervisor=supervisor())
    found = audited([heard], Stubborn(SETTINGS.court, SETTINGS.limits))
    assert (found.flips[0].turned, found.flips[0].stood, found.flips[0].follow_rate) == (0, 1, 0.0)
    assert (found.blinded[0].same, found.blinded[0].mean_change) == (0, 1.0)


def test_what_stands_at_the_end_of_the_scale_has_no_room() -> None:
    lost = hearing(advocate=advocate(90), supervisor=supervisor(0))
    found = audited([lost])
    assert (found.flips[0].no_room, found.flips[0].follow_rate) == (1, None)


def test_words_of_other_minds_are_left_out_and_counted() -> None:
    found = audited([hearing(mind="claude"), ruled(case())])
    assert (found.hearings, found.not_asked, found.sampled) == (2, 1, 1)


def test_before_and_after_a_cutoff_are_counted_apart() -> None:
    early, late = ruled(case()), ruled(case(as_of_utc=datetime(2025, 1, 1, tzinfo=UTC)))
    found = audited([early, early, late], cutoff=datetime(2024, 6, 1, tzinfo=UTC))
    assert [(row.window, row.cases) for row in found.blinded] == [("before", 2), ("after", 1)]


def test_the_sample_is_seeded_and_no_larger_than_asked() -> None:
    many = [ruled(case(decision_id=str(n))) for n in range(9)]
    assert audited(many, most=4) == audited(many, most=4)
    assert audited(many, most=4).sampled == 4


@pytest.mark.slow
def test_the_command_audits_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", "--days", "10", "--json") == 0
    heard = json.loads(capsys.readouterr().out)["hearings"]
    assert main([str(tmp_path / "run"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["mind"], found["sampled"], found["not_asked"]) == ("rules", heard, 0)
    assert found["blinded"][0]["same"] == heard
    assert main([str(tmp_path / "run"), "--cutoff", "2024-01-05"]) == 0
    assert "…" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--cutoff", "soon"), "--cutoff 'soon' is not a date of the years 1 to 9999; nothing was started."),
        (("--cases", "0"), "--cases must be at least 1, not 0. Nothing was computed."),
    ],
)
def test_a_wrong_argument_is_answered_in_a_sentence(
    arguments: tuple[str, str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), *arguments]) == 2
    assert says in capsys.readouterr().err
