"""Fusion: decay, silence, flags, and what is kept for the court."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.clock import FixedClock
from config.errors import DataFault
from config.sections.sentiment import SentimentSettings, SourceSettings
from config.silence import Abstained
from market.news import NewsRow
from sentiment.engine import SentimentEngine
from sentiment.headline import Headline, SentimentData
from sentiment.scoring import HeadlineScorer
from sentiment.sources.factory import build_sources
from sentiment.sources.recorded import RecordedSource, headline

NOW = datetime(2024, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = SentimentSettings(half_life_h=6, max_age_h=48, min_headlines=2)


class NumberScorer:
    """Reads the score from the text itself, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def score(self, text: str) -> float:
        self.asked += 1
        return float(text.split()[0])


def line(score: float, age_h: float, bases: tuple[str, ...] = ("BTC",), words: str = "") -> Headline:
    at = NOW - age_h * HOUR
    made = headline(f"{score} {words}", "wire", at, at, bases)
    assert made is not None
    return made


def read(*sources: tuple[float, list[Headline]], symbol: str = "BTC/USDT", at: datetime = NOW) -> SentimentData:
    archives = [RecordedSource(f"s{i}", weight, lines) for i, (weight, lines) in enumerate(sources)]
    return SentimentEngine(SETTINGS, archives, NumberScorer()).read(symbol, at)


def test_a_headline_counts_half_after_each_half_life() -> None:
    data = read((1.0, [line(1.0, 0), line(-1.0, 6), line(-1.0, 12)]))
    assert data.score == pytest.approx((1 - 0.5 - 0.25) / 1.75)


def test_news_of_the_whole_market_counts_half_and_other_coins_not_at_all() -> None:
    data = read((1.0, [line(1.0, 0), line(-1.0, 0, ()), line(-1.0, 0, ("ETH",))]))
    assert data.score == pytest.approx((1 - 0.5) / 1.5)
    assert data.sub_scores[0].headlines == 2


@pytest.mark.parametrize(("symbol", "base"), [("XBT/USD", "BTC"), ("XDG/EUR", "DOGE"), ("BTC/USD", "BTC")])
def test_a_market_that_spells_its_coin_otherwise_reads_the_same_headlines(symbol: str, base: str) -> None:
    lines = [line(1.0, 0, (base,)), line(1.0, 1, (base,))]
    assert read((1.0, lines), symbol=symbol).score == pytest.approx(1.0)


AGES = st.lists(
    st.tuples(st.floats(-1, 1).map(lambda x: round(x, 3)), st.integers(0, 60), st.booleans()), min_size=1, max_size=25
)


@given(rows=AGES, later_h=st.integers(0, 20))
@settings(max_examples=60)
def test_the_score_is_the_decayed_mean_of_what_is_young_enough(
    rows: list[tuple[float, int, bool]], later_h: int
) -> None:
    at = NOW + later_h * HOUR
    young = [(score, age + later_h, own) for score, age, own in rows if age + later_h < 48]
    data = read((1.0, [line(score, age, ("BTC",) if own else ()) for score, age, own in rows]), at=at)
    if len(young) < 2:
        assert isinstance(data.score, Abstained)
        return
    weights = [0.5 ** (age / 6) * (1.0 if own else 0.5) for _, age, own in young]
    expected = sum(w * score for w, (score, _, _) in zip(weights, young, strict=True)) / sum(weights)
    assert data.score == pytest.approx(expected, abs=1e-9)
    assert data.sub_scores[0].newest_age_h == pytest.approx(min(age for _, age, _ in young))


def test_too_few_headlines_are_silence_with_a_reason_and_never_a_neutral_zero() -> None:
    data = read((1.0, [line(0.9, 1)]), (1.0, []))
    assert isinstance(data.score, Abstained)
    assert data.score.why == "none of 2 sources has enough headlines on BTC/USDT"
    assert [isinstance(sub.score, Abstained) and sub.score.why for sub in data.sub_scores] == [
        "headlines in the last 48 h: 1, needed: 2",
        "headlines in the last 48 h: 0, needed: 2",
    ]
    assert data.sub_scores[1].newest_age_h is None


def really(*texts: str, symbol: str = "BTC/USDT") -> SentimentData:
    """The texts, read by the real scorer, each for the coins that it names."""
    made = [headline(text, "wire", NOW - n * HOUR, NOW - n * HOUR) for n, text in enumerate(texts)]
    source = RecordedSource("wire", 1.0, [one for one in made if one is not None])
    return SentimentEngine(SETTINGS, [source], HeadlineScorer()).read(symbol, NOW)


def test_headlines_without_a_known_word_are_silence_and_no_zero() -> None:
    data = really("比特币暴跌，交易所被黑客攻击", "比特币价格跌破支撑位")
    assert data.score == Abstained(why="no word was known in enough headlines on BTC/USDT")
    (sub,) = data.sub_scores
    assert sub.score == Abstained(
        why="headlines in the last 48 h: 2, needed: 2, 2 of them abstained: no word was known"
    )
    assert sub.headlines == 2


def test_a_headline_without_a_known_word_does_not_water_down_the_others() -> None:
    spoken = really("Bitcoin plunges", "Bitcoin crashes")
    assert really("Bitcoin plunges", "Bitcoin crashes", "比特币价格").score == spoken.score
    assert isinstance(really("Bitcoin plunges", "比特币价格").score, Abstained), "one that speaks is too few"


def test_the_hack_of_another_coin_is_not_the_markets() -> None:
    hack = ("Kaspa bridge hacked, millions stolen in exploit", "Kaspa crashes after exploit")
    data = really(*hack)
    assert isinstance(data.score, Abstained)
    assert (data.flags, data.headlines) == ((), ())
    own = really(*hack, symbol="KAS/USDT")
    assert isinstance(own.score, float)
    assert own.score < -0.5
    assert own.flags == ("hack", "exploit")


@pytest.mark.parametrize("name", ["Monad", "Quorvia"])
def test_the_hack_of_a_project_that_no_list_knows_is_not_the_markets(name: str) -> None:
    data = really(f"{name} hacked", f"{name} exploit: $20 million stolen", f"Hackers drain {name} bridge")
    assert isinstance(data.score, Abstained)
    assert (data.flags, data.headlines) == ((), ())


def test_real_news_of_the_market_is_read_for_each_coin() -> None:
    for symbol in ("BTC/USDT", "QUORVIA/USDT"):
        data = really("Fed raises rates, fear spreads", "Crypto market crashes after Quorvia hack", symbol=symbol)
        assert isinstance(data.score, float)
        assert data.score < 0
        assert data.flags == ("hack",)


def test_the_hack_of_an_exchange_is_everybodys() -> None:
    data = really("Exchange hacked, millions stolen", "Crypto market crashes after hack")
    assert isinstance(data.score, float)
    assert data.flags == ("hack",)


def test_no_sources_at_all_are_silence() -> None:
    assert isinstance(read().score, Abstained)


def test_a_silent_source_takes_no_part_in_the_fusion() -> None:
    speaking = (1.0, [line(0.5, 1), line(0.5, 2)])
    assert read(speaking, (9.0, [line(-1.0, 0)])).score == pytest.approx(0.5)
    assert read(speaking, (3.0, [line(-0.5, 0), line(-0.5, 1)])).score == pytest.approx(-0.25)


@pytest.mark.parametrize(("age_h", "raised"), [(0.5, True), (24, True), (24.1, False), (47, False)])
def test_a_hard_event_is_flagged_for_a_day(age_h: float, raised: bool) -> None:
    data = read((1.0, [line(0.1, 1), line(-0.1, age_h, words="exchange hacked, halts withdrawals")]))
    assert data.flags == (("hack", "halt") if raised else ())


def test_a_hard_event_is_flagged_and_shown_even_when_its_source_abstains() -> None:
    data = read((1.0, [line(-0.1, 1, words="UST depegs")]), (1.0, [line(0.5, n / 10) for n in range(9)]))
    assert data.flags == ("depeg",)
    assert data.headlines[0].text == "-0.1 UST depegs"


def test_the_five_headlines_with_the_largest_part_are_kept() -> None:
    lines = [line(score, 1, words=f"n{score}") for score in (0.1, -0.9, 0.3, 0.8, -0.2, 0.0, 0.5)]
    data = read((1.0, lines))
    assert [one.text.split()[0] for one in data.headlines] == ["-0.9", "0.8", "0.5", "0.3", "-0.2"]


def test_what_comes_later_does_not_change_a_byte_of_what_was_read() -> None:
    lines = [line(0.4, 3), line(-0.2, 8), line(0.3, 30)]
    later = [line(-1.0, -0.01, words="hacked"), line(-1.0, -5)]
    assert read((1.0, lines)).canonical() == read((1.0, lines + later)).canonical()


def test_the_order_of_reading_does_not_change_a_byte() -> None:
    lines = [line(0.1 * n, 3 * n) for n in range(-9, 10)]
    source = RecordedSource("s", 1.0, lines)
    moments = [NOW + n * HOUR for n in range(-30, 30, 7)]
    forwards = SentimentEngine(SETTINGS, [source], NumberScorer())
    backwards = SentimentEngine(SETTINGS, [source], NumberScorer())
    first = [forwards.read("BTC/USDT", at).canonical() for at in moments]
    last = [backwards.read("BTC/USDT", at).canonical() for at in reversed(moments)]
    assert first == last[::-1]


def test_a_text_is_scored_once_however_often_it_is_read() -> None:
    scorer = NumberScorer()
    archive = RecordedSource("s", 1.0, [line(0.1, 1), line(0.2, 2)])
    engine = SentimentEngine(SETTINGS, [archive], scorer)
    for n in range(20):
        engine.read("BTC/USDT", NOW + n * HOUR)
        engine.read("ETH/USDT", NOW + n * HOUR)
    assert scorer.asked == 2


def sentiment_of(*sources: SourceSettings) -> SentimentSettings:
    return SETTINGS.model_copy(update={"sources": sources})


def test_a_profiles_sources_are_built_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text("text,date\nBitcoin rallies,2024-01-09\n")
    settings = sentiment_of(
        SourceSettings(kind="recorded", name="file", weight=2.0, path=str(path)),
        SourceSettings(kind="simulated", name="tape", weight=1.0),
        SourceSettings(kind="rss", name="feed", weight=0.5, url="http://127.0.0.1:9/feed"),
    )
    rows = [NewsRow(NOW, NOW, ("BTC",), "Bitcoin slides")]
    sources = build_sources(settings, rows, FixedClock(NOW))
    assert [(source.name, source.weight) for source in sources] == [("file", 2.0), ("tape", 1.0), ("feed", 0.5)]
    seen = [[one.text for one in source.headlines(NOW, "BTC", NOW - 48 * HOUR)] for source in sources]
    assert seen == [["Bitcoin rallies"], ["Bitcoin slides"], []]


def test_a_recorded_source_without_its_file_stops_the_start() -> None:
    with pytest.raises(DataFault, match=r"absent\.csv is not a file"):
        build_sources(
            sentiment_of(SourceSettings(kind="recorded", name="f", weight=1.0, path="absent.csv")), [], FixedClock(NOW)
        )
