"""Reviews of what is held: what the policy left of each, what followed, and what reports and `tribunal show` say of them."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.records.events import read_events
from agents.records.record import ShareReview
from agents.show import main as show
from ops.report.page import render_report
from ops.story.policy import reviews
from ops.story.policy.reviews import Followed
from ops.story.story import Story, read_story
from ops.story.summary import summarise
from ops.tables.plain import what_happened
from ops.tables.run import print_tables
from rl.adjustment import Adjustment

Maker = Callable[..., Path]

HALF = Adjustment(adjuster="drawn", scale=0.5, mode="active", advised=0.5, base=0.75, action=-0.3, spread=0.1)
MORE = Adjustment(adjuster="drawn", scale=1.25, mode="active", advised=1.25, base=1.0, action=0.3, spread=0.1)
ADVICE = Adjustment(adjuster="drawn", scale=1.0, mode="advisory", advised=0.25, base=0.5, fallback="it is too far away")
BROKEN = Adjustment(adjuster="drawn", scale=0.625)


def printed(story: Story) -> str:
    out = io.StringIO()
    print_tables(story, summarise(story), out)
    return out.getvalue()


def test_each_review_knows_what_followed_at_its_close(make_run: Maker, key: bytes) -> None:
    found = read_story(make_run(bars=10, reviews=(HALF,)), key).reviews
    assert [each.followed for each in found] == [
        Followed.ENLARGED,
        Followed.KEPT,
        Followed.TRIMMED,
        Followed.REFUSED,
    ]
    assert [each.symbol for each in found] == ["BTC/USDT"] * 3 + ["ETH/USDT"]


def test_what_is_left_is_never_more_than_the_voters_want(make_run: Maker, key: bytes) -> None:
    half, more = read_story(make_run(bars=5, reviews=(HALF, MORE)), key).reviews
    assert (half.left, half.base_left) == pytest.approx((0.4, 0.6))
    assert (more.left, more.base_left) == pytest.approx((0.8, 0.8))


def test_an_adviser_is_shown_with_what_it_would_have_left(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=5, reviews=(ADVICE,)), key)
    assert story.reviews[0].left == pytest.approx(0.2)
    text = printed(story)
    assert "would have left, had it been active, 20%" in " ".join(text.split())
    assert "(2 times its base stood in)" in " ".join(text.split())
    assert "Why its base stood in" in text
    assert "An advisory policy changed nothing" in " ".join(text.split())


def test_a_policy_that_broke_is_shown_and_counts_in_no_mean(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=10, reviews=(HALF, BROKEN)), key)
    figures = summarise(story).policy
    assert figures is not None
    assert figures.reviewed is not None
    assert (figures.reviews, figures.reviewed.trimmed) == (4, 1)
    assert figures.reviewed.left == pytest.approx(0.4)
    assert "the policy broke, and changed nothing" in render_report(story, summarise(story))


def test_the_report_lists_every_review_beside_the_hearings_and_is_silent_without_one(
    make_run: Maker, key: bytes
) -> None:
    story, without = read_story(make_run(reviews=(HALF,)), key), read_story(make_run("paper-002"), key)
    text = render_report(story, summarise(story))
    part = text[text.index('id="reviews"') : text.index('id="events"')]
    assert part.count("<tr>") == 1 + len(story.reviews) == 25
    assert part.index(">not enlarged<") < part.index(">trimmed<") < part.index(">enlarged<")  # the newest first
    assert "Reviews" not in render_report(without, summarise(without))
    assert "reviewed" not in printed(without)


def test_the_console_shows_the_latest_and_tells_of_the_others(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=60, reviews=(HALF,)), key)
    text = printed(story)
    assert "Reviews of what was held (the last 12 of 24)" in text
    assert "Why its base stood in" not in text  # it never did
    assert max(map(len, text.splitlines())) <= 100
    said = next(each for each in what_happened(summarise(story)) if "reviewed" in each)
    assert said == (
        "The policy reviewed what was held 24 times: of 80% of a full position that the voters wanted on average, it left 40%, "
        "and its base alone 60%; 6 positions were trimmed."
    )


def test_show_prints_them_and_json_holds_them(
    make_run: Maker, key: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.commands.trade.show.journal_key", lambda: key)
    run = make_run(bars=10, reviews=(HALF,))
    assert show([str(run)]) == 0
    assert "Reviews of what was held" in capsys.readouterr().out
    assert show([str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["followed"] for each in told["reviews"]] == ["enlarged", "kept", "trimmed", "not enlarged"]
    assert told["policy"]["reviewed"]["left"] == pytest.approx(0.4)


def test_a_journal_that_ends_within_a_bar_does_not_say_what_followed(make_run: Maker, key: bytes) -> None:
    ended = read_story(make_run(bars=2, ended=False, trading=False, reviews=(HALF,)), key)
    assert ended.reviews == ()
    alone = reviews.Reviews()
    alone.take(review_of(make_run("paper-002", bars=5, reviews=(HALF,)), key))
    assert alone.close(None)[0].followed is None


def review_of(run: Path, key: bytes) -> ShareReview:
    """The first review in a journal."""
    events = (found.event for found in read_events(run / "journal.db", key))
    return next(event for event in events if isinstance(event, ShareReview))


def test_only_the_latest_are_kept_and_all_are_counted(
    make_run: Maker, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "REVIEWS_KEPT", 3)
    story = read_story(make_run(bars=20, reviews=(HALF,)), key)
    assert (len(story.reviews), story.tally.policy.reviews) == (3, 8)
    assert "(the last 3 of 8)" in printed(story)
