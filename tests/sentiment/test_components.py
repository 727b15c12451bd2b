"""The parts of the sentiment stand apart, weights are shared and age, stories count once, no live source delays a decision."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import FixedClock
from config.sections.sentiment import SentimentSettings, SourceSettings
from config.silence import Abstained
from market.bar import Fact
from sentiment.crowd import crowd_of
from sentiment.engine import SentimentEngine
from sentiment.figures import fear_greed_score, funding_score, long_short_score, score_of_figure
from sentiment.headline import CrowdComponent, Headline, SentimentData
from sentiment.scoring import HeadlineScorer
from sentiment.sources.figures import RecordedFigures
from sentiment.sources.recorded import RecordedSource, headline
from sentiment.stories import same_words, told_once

NOW = datetime(2024, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(name: str, kind: str = "simulated", **more: object) -> SourceSettings:
    return SourceSettings.model_validate({"kind": kind, "name": name, "weight": 1.0, **more})


def settings(*rows: SourceSettings, **more: object) -> SentimentSettings:
    told = {"half_life_h": 6, "max_age_h": 48, "min_headlines": 1, "components": True, "sources": rows, **more}
    return SentimentSettings.model_validate(told)


def line(text: str, age_h: float = 1.0, source: str = "wire", bases: tuple[str, ...] | None = None) -> Headline:
    made = headline(text, source, NOW - age_h * HOUR, NOW - age_h * HOUR, bases)
    assert made is not None
    return made


def fact(value: float, age_h: float = 1.0, symbol: str | None = None) -> Fact:
    at = NOW - age_h * HOUR
    return Fact(name="figure", symbol=symbol, at_utc=at, known_utc=at, value=value)


def words(name: str, *lines: Headline, weight: float = 1.0) -> RecordedSource:
    return RecordedSource(name, weight, lines)


def figures(name: str, *facts: Fact, weight: float = 1.0) -> RecordedFigures:
    return RecordedFigures(name, weight, facts)


GOOD, BAD = "Bitcoin rallies to a record high", "Bitcoin crashes"


def test_each_part_stands_apart_and_their_shares_are_those_of_the_weights() -> None:
    rows = (
        row("wire"),
        row("index", component="fear_greed"),
        row("perp", component="funding"),
        row("accounts", component="long_short"),
    )
    sources = (
        words("wire", line(GOOD)),
        figures("index", fact(20)),
        figures("perp", fact(0.0006, symbol="BTC"), weight=2.0),
        figures("accounts", fact(3.0, symbol="BTC")),
    )
    data = SentimentEngine(settings(*rows), sources, HeadlineScorer()).read("BTC/USDT", NOW)
    parts = data.components()
    assert list(parts) == ["news", "fear_greed", "funding", "long_short"]
    assert [round(part.share, 6) for part in parts.values()] == [0.2, 0.2, 0.4, 0.2]
    assert [parts[name].value for name in ("fear_greed", "funding", "long_short")] == [20, 0.0006, 3.0]
    assert parts["fear_greed"].score == pytest.approx(-0.6)
    assert parts["funding"].score == pytest.approx(1.0)
    shared = sum(part.share * part.score for part in parts.values() if isinstance(part.score, float))
    assert data.score == pytest.approx(shared)
    assert data.reddit is None
    assert data.x is None


def test_a_part_that_does_not_answer_abstains_with_its_reason_and_the_others_share_its_weight() -> None:
    rows = (row("wire"), row("perp", component="funding"))
    sources = (words("wire", line(GOOD)), figures("perp", weight=9.0))
    data = SentimentEngine(settings(*rows), sources, HeadlineScorer()).read("BTC/USDT", NOW)
    assert data.funding is not None
    assert data.funding.score == Abstained(why="no figure on BTC was known then")
    assert data.funding.share == 0.0
    assert data.news is not None
    assert data.news.share == 1.0
    assert data.score == data.news.score


def test_the_weight_of_a_source_halves_with_every_half_life_of_what_it_told_last() -> None:
    rows = (row("a", component="fear_greed", weight_half_life_h=6), row("b", component="long_short"))
    for age_h, share in ((0, 1 / 2), (6, 1 / 3), (12, 1 / 5)):
        sources = (figures("a", fact(100, age_h)), figures("b", fact(1.0, 0)))
        data = SentimentEngine(settings(*rows), sources, HeadlineScorer()).read("BTC/USDT", NOW)
        assert data.fear_greed is not None
        assert data.fear_greed.share == pytest.approx(share)
        assert data.score == pytest.approx(share)


def test_a_figure_that_is_too_old_or_impossible_abstains() -> None:
    rows = (row("index", component="fear_greed", max_age_h=30),)
    for one, why in ((fact(50, 31), "31 h old"), (fact(101), "101 is no fear greed: 0 to 100")):
        data = SentimentEngine(settings(*rows), (figures("index", one),), HeadlineScorer()).read("BTC/USDT", NOW)
        assert data.fear_greed is not None
        assert isinstance(data.fear_greed.score, Abstained)
        assert why in data.fear_greed.score.why
        assert isinstance(data.score, Abstained)


def test_a_contrary_source_takes_fear_for_good_news() -> None:
    rows = (row("index", component="fear_greed", contrary=True),)
    data = SentimentEngine(settings(*rows), (figures("index", fact(10)),), HeadlineScorer()).read("BTC/USDT", NOW)
    assert data.score == pytest.approx(0.8)


def test_a_figure_is_not_read_before_it_was_known_and_that_of_another_coin_never() -> None:
    late = Fact(name="figure", symbol="BTC", at_utc=NOW - HOUR, known_utc=NOW, value=0.5)
    source = figures("perp", late, fact(0.1, 2, "ETH"))
    assert source.figure(NOW, "BTC") == late
    assert isinstance(source.figure(NOW - timedelta(microseconds=1), "BTC"), Abstained)
    assert isinstance(source.figure(NOW, "SOL"), Abstained)


def test_without_the_setting_the_bytes_are_those_of_older_versions() -> None:
    old = settings(row("wire"), components=False)
    data = SentimentEngine(old, (words("wire", line(GOOD)),), HeadlineScorer()).read("BTC/USDT", NOW)
    names = [*data.model_dump()]
    assert names == ["symbol", "as_of_utc", "score", "sub_scores", "flags", "headlines"]
    assert SentimentData.model_validate_json(data.canonical()) == data


@pytest.mark.parametrize(
    ("score", "value", "expected"),
    [
        (fear_greed_score, 50, 0), (fear_greed_score, 0, -1), (fear_greed_score, 75, 0.5),
        (funding_score, 0.0001, 0), (funding_score, 0.0006, 1), (funding_score, -0.0004, -1), (funding_score, 0.01, 1),
        (long_short_score, 1, 0), (long_short_score, 3, 1), (long_short_score, 1 / 3, -1), (long_short_score, 1e9, 1),
    ],
)  # fmt: skip
def test_a_figure_has_the_score_of_its_formula(score, value: float, expected: float) -> None:  # type: ignore[no-untyped-def]
    assert score(value) == pytest.approx(expected)


def test_a_part_that_is_made_of_words_has_no_figure() -> None:
    with pytest.raises(ValueError, match="made of words"):
        score_of_figure("news", 1.0)


def test_a_crowd_is_counted_by_who_names_the_coin_today() -> None:
    posts = [
        line("Bitcoin is great", 1), line("I love bitcoin", 2), line("bitcoin is terrible", 3), line("bitcoin 101", 4),
        line("Ethereum is awful", 5), line("crypto is awful", 5), line("Bitcoin is great", 25),
    ]  # fmt: skip
    assert crowd_of(posts, "BTC", NOW, HeadlineScorer().score) == (4, 2 / 3, None)
    assert crowd_of(posts, "SOL", NOW, HeadlineScorer().score) == (0, None, None)


def test_a_trend_is_todays_mentions_against_the_mean_day_of_the_days_that_are_known() -> None:
    posts = [line("bitcoin", h) for h in (1, 2, 3, 30, 50, 55, 80)] + [line("ether", 97)]
    assert crowd_of(posts, "BTC", NOW, HeadlineScorer().score).trend == pytest.approx(3 / (4 / 3) - 1)
    assert crowd_of(posts[:-1], "BTC", NOW, HeadlineScorer().score).trend is None, "only two whole days are known"


@pytest.mark.slow
@given(ages=st.lists(st.floats(0, 190), max_size=30))
def test_a_crowd_has_possible_figures_whatever_it_posts(ages: list[float]) -> None:
    crowd = crowd_of([line("bitcoin is good", age) for age in ages], "BTC", NOW, HeadlineScorer().score)
    assert crowd.mentions == sum(NOW - age * HOUR > NOW - 24 * HOUR for age in ages)
    assert crowd.trend is None or crowd.trend >= -1


def test_the_crowd_of_a_source_of_reddit_stands_in_the_case() -> None:
    rows = (row("reddit", component="reddit"),)
    data = SentimentEngine(settings(*rows), (words("reddit", line(GOOD), line(BAD)),), HeadlineScorer()).read(
        "BTC/USDT", NOW
    )
    assert isinstance(data.reddit, CrowdComponent)
    assert (data.reddit.mentions, data.reddit.positive_share, data.reddit.trend) == (2, 0.5, None)
    assert SentimentData.model_validate_json(data.canonical()) == data


def test_two_outlets_that_tell_one_story_are_counted_once_and_the_first_stays() -> None:
    one = line("Bank group sues U.S. regulator over granting crypto trust charters", 5, "coindesk")
    other = line("Community banks sue OCC over trust bank charters of crypto firms", 3, "cointelegraph")
    apart = line("Fed holds rates", 2, "cointelegraph")
    assert told_once(((other, apart), (one,)), same_words) == ((apart,), (one,))
    assert told_once(((other, one),), same_words) == ((one,),), "an archive holds several outlets"
    again = line(one.text, 2, "coindesk")
    assert told_once(((one, again),), same_words) == ((one, again),), "within one outlet, guid and title decide"
    later = line(other.text, 5 - 49, "cointelegraph")
    assert told_once(((one,), (later,)), same_words) == ((one,), (later,)), "news again after two days"


def test_a_story_of_two_outlets_counts_twice_only_where_the_profile_says_so() -> None:
    rows = (row("a"), row("b"))
    sources = (words("a", line(GOOD, 3, "a")), words("b", line(GOOD, 1, "b"), line(BAD, 1, "b")))
    scores = {}
    for name in ("keep", "tokens", "sentiment.stories:same_words"):
        engine = SentimentEngine(settings(*rows, same_story=name), sources, HeadlineScorer())
        data = engine.read("BTC/USDT", NOW)
        scores[name] = data.score
        assert data.news is not None
        assert data.news.headlines == (3 if name == "keep" else 2)
    assert scores["keep"] != scores["tokens"] == scores["sentiment.stories:same_words"]


def test_a_post_that_repeats_a_headline_is_still_the_word_of_the_crowd() -> None:
    rows = (row("a"), row("reddit", component="reddit"))
    sources = (words("a", line(GOOD, 3, "a")), words("reddit", line(GOOD, 1, "reddit")))
    data = SentimentEngine(settings(*rows, same_story="tokens"), sources, HeadlineScorer()).read("BTC/USDT", NOW)
    assert [sub.headlines for sub in data.sub_scores] == [1, 1]


class Wire:
    """A live source whose answer comes when the test says so."""

    weight = 1.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: str | None = None
        self.silence: str | None = None
        self.wait_s: float | None = None
        self.asked = 0
        self.answer = asyncio.Event()
        self.lines: tuple[Headline, ...] = ()
        self.told: tuple[Headline, ...] = (line(GOOD, source=name),)

    async def refresh(self) -> None:
        self.asked += 1
        await self.answer.wait()
        self.lines = self.told

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        return self.lines


class Moves:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


def live(*names: str, **more: object) -> tuple[SentimentEngine, list[Wire], Moves]:
    rows = [row(name, "rss", url="http://127.0.0.1:9/", ttl_s=60.0) for name in names]
    wires, clock = [Wire(name) for name in names], Moves()
    return SentimentEngine(settings(*rows, **more), wires, HeadlineScorer(), clock), wires, clock


def test_a_hanging_source_delays_all_decisions_of_a_bar_by_one_budget_and_abstains() -> None:
    async def bar() -> None:
        engine, (good, bad), _ = live("good", "hangs", budget_s=0.05)
        good.answer.set()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        found = [await engine.analyze(f"{base}/USDT", NOW) for base in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT")]
        assert loop.time() - begun < 6 * 0.05, "the budget is that of the fetch, not of each symbol"
        assert (good.asked, bad.asked) == (1, 1)
        first = found[0]
        assert isinstance(first.sub_scores[0].score, float)
        assert isinstance(first.sub_scores[1].score, Abstained)
        assert first.sub_scores[1].score.why.endswith("needed: 1; no answer within 0.05 s")
        bad.answer.set()
        assert isinstance((await engine.analyze("BTC/USDT", NOW)).sub_scores[1].score, Abstained | float)
        await engine.close()

    asyncio.run(bar())


def test_all_sources_are_asked_at_the_same_time() -> None:
    async def ask() -> None:
        engine, wires, _ = live(*"abcdefgh", same_story="tokens")
        asking = asyncio.create_task(engine.analyze("BTC/USDT", NOW))
        while not all(wire.asked for wire in wires):
            await asyncio.sleep(0)
        assert not any(wire.lines for wire in wires), "none has answered, and all are asked"
        for wire in wires:
            wire.answer.set()
        data = await asking
        assert data.news is not None
        assert data.news.headlines == 1, "eight outlets tell one story"

    asyncio.run(ask())


def test_an_answer_is_kept_until_it_is_too_old_and_a_failure_is_tried_again_when_the_server_says() -> None:
    async def times() -> None:
        engine, (wire,), clock = live("wire")
        wire.answer.set()
        for seconds, asked in ((0, 1), (59, 1), (60, 2), (61, 2)):
            clock.moment = NOW + timedelta(seconds=seconds)
            await engine.analyze("BTC/USDT", clock.moment)
            assert wire.asked == asked
        wire.failure, wire.wait_s = "429", 600.0
        for seconds, asked in ((120, 3), (719, 3), (720, 4)):
            clock.moment = NOW + timedelta(seconds=seconds)
            await engine.analyze("BTC/USDT", clock.moment)
            assert wire.asked == asked

    asyncio.run(times())


def test_nothing_is_fetched_for_a_moment_of_the_past_and_the_answer_holds_for_when_it_came() -> None:
    async def ask() -> None:
        engine, (wire,), clock = live("wire")
        wire.answer.set()
        past = await engine.analyze("BTC/USDT", NOW - HOUR)
        assert (wire.asked, past.as_of_utc) == (0, NOW - HOUR)
        clock.moment = NOW + timedelta(seconds=1)
        assert (await engine.analyze("BTC/USDT", NOW)).as_of_utc == clock.moment
        assert wire.asked == 1

    asyncio.run(ask())


def test_a_source_that_no_longer_tells_what_is_true_is_not_believed() -> None:
    engine, (wire,), _ = live("wire")
    wire.lines = (line(GOOD),)
    wire.silence = "its title is not CoinDesk"
    data = engine.read("BTC/USDT", NOW)
    assert data.sub_scores[0].score == Abstained(why="its title is not CoinDesk")
    assert data.headlines == ()


def test_on_a_tape_analyze_and_read_give_the_same_bytes() -> None:
    rows = (row("wire"), row("index", component="fear_greed"))
    sources = (words("wire", line(GOOD), line(BAD, 3)), figures("index", fact(20)))
    engine = SentimentEngine(settings(*rows), sources, HeadlineScorer(), FixedClock(NOW))
    assert asyncio.run(engine.analyze("BTC/USDT", NOW)).canonical() == engine.read("BTC/USDT", NOW).canonical()
