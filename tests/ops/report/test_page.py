"""The page is whole, harmless and true: all of it inside, text from outside inert, its numbers those of the summary."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from agents.court.hearing import Hearing
from config.errors import OutputFault
from ops.report import page as report_module
from ops.report.charts import POINTS_SHOWN, breaker_spans, grouping
from ops.report.page import choose, render_report, write_report
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.story.tally import Fate, KeptHearing, StoryTally
from ops.tables.plain import money, signed_percent

Maker = Callable[..., Path]
EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data
        elif self.lasttag != "style":
            self.words.append(data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def figures(self) -> Any:
        return json.loads(self.scripts[0])


def _page(run: Path, key: bytes) -> Page:
    story = read_story(run, key)
    return Page(render_report(story, summarise(story)))


def test_it_refers_to_nothing_outside_itself(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(), key)
    text = render_report(story, summarise(story))
    page = Page(text)
    for _, attributes in page.tags:
        for name, value in attributes.items():
            assert name not in ("src", "srcset", "action", "data", "poster"), (name, value)
            assert name != "href" or (value or "").startswith("#"), value
            assert not name.startswith("on"), name
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_plotly_is_inside_once_and_its_upload_button_is_not_shown(make_run: Maker, key: bytes) -> None:
    page = _page(make_run(), key)
    assert len([script for script in page.scripts if "plotly.js v" in script[:200]]) == 1
    assert 'plotlyServerURL: ""' in page.scripts[2]
    assert "sendChartToCloud" not in page.scripts[2]
    assert "modeBarButtons: [[" in page.scripts[2]


def test_only_its_own_scripts_may_run(make_run: Maker, key: bytes) -> None:
    page = _page(make_run(), key)
    policy = next(meta["content"] for meta in page.attributes("meta") if "http-equiv" in meta) or ""
    allowed = re.findall(r"sha256-([\w+/=]+)", policy)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts[1:]]
    assert allowed == hashes
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_text_from_outside_stays_text(make_run: Maker, key: bytes) -> None:
    page = _page(make_run(text=EVIL), key)
    assert len(page.scripts) == 3
    assert page.attributes("img") == []
    assert EVIL in page.said


def test_every_hearing_is_there_with_its_debate(make_run: Maker, key: bytes) -> None:
    run = make_run(bars=60)
    page = _page(run, key)
    hearings = [each for each in page.attributes("details") if "data-decision" in each]
    assert [each["data-decision"] for each in hearings] == [kept.decision_id for kept in read_story(run, key).hearings]
    assert {each["data-fate"] for each in hearings} == {"traded", "refused", "rejected"}
    assert page.said.count("Outlook of") == 12
    assert page.said.count("struck out: it does not match the case") == 18
    assert page.said.count("Abstained: no history") == 6
    assert "Voted out: the trend has turned" in page.said
    assert page.said.count("+0.25, 100% of the score, 1 headline, 2.0 h old") == 18
    assert page.said.count("reddit: nothing known (no key)") == 18


def test_every_trade_leads_to_its_hearing(make_run: Maker, key: bytes) -> None:
    page = _page(make_run(bars=60), key)
    asked = [link["data-decision"] for link in page.attributes("a") if "data-decision" in link]
    heard = {each.get("data-decision") for each in page.attributes("details")}
    assert len(asked) == 6
    assert set(asked) <= heard


def test_its_numbers_are_those_of_the_summary(make_run: Maker, key: bytes) -> None:
    run = make_run(bars=55)
    summary, said = summarise(read_story(run, key)), _page(run, key).said
    for shown in (
        signed_percent(summary.growth.total_return),
        money(summary.final_equity),
        f"{summary.identity.end.normalize():,f}",
        summary.journal_hash,
        summary.content_hash,
        f"tribunal replay {summary.run}",
        "Equal to the last digit.",
    ):
        assert shown in said


def test_its_figures_are_figures_and_hold_the_columns(make_run: Maker, key: bytes) -> None:
    run = make_run(bars=60)
    story, figures = read_story(run, key), _page(run, key).figures
    for figure in (figures["account"], figures["exposure"], *figures["candles"].values()):
        go.Figure(figure)
    equity = figures["account"]["data"][0]["y"]
    assert np.frombuffer(base64.b64decode(equity["bdata"])) == pytest.approx(story.columns.equity)
    marks = {trace["name"]: len(trace["x"]) for trace in figures["candles"]["BTC/USDT"]["data"][2:]}
    assert marks == {"entry": 6, "stop": 3, "voted out": 3}


def test_many_bars_become_coarser_candles_that_keep_the_extremes(
    make_run: Maker, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.report.charts.POINTS_SHOWN", 16)
    run = make_run(bars=60, gaps={(bar, "ETH/USDT") for bar in range(8, 12)} | {(13, "ETH/USDT")})
    story, page = read_story(run, key), _page(run, key)
    candles = page.figures["candles"]["ETH/USDT"]["data"][0]
    high, opens = (np.frombuffer(base64.b64decode(candles[name]["bdata"])) for name in ("high", "open"))
    bars = story.columns.symbols["ETH/USDT"]
    assert len(high) == 15
    assert np.nanmax(high) == np.nanmax(bars.high)
    assert np.flatnonzero(np.isnan(high)).tolist() == np.flatnonzero(np.isnan(opens)).tolist() == [2]
    assert opens[3] == bars.open[12]
    assert "put 4 bars together" in page.said


@pytest.mark.parametrize("bars", [1, POINTS_SHOWN, POINTS_SHOWN + 1, 100_003])
def test_no_more_points_are_drawn_than_a_screen_can_show(bars: int) -> None:
    groups = grouping(bars)
    assert len(groups.starts) <= POINTS_SHOWN
    assert groups.last(np.arange(bars))[-1] == bars - 1


def test_a_breaker_that_never_lifts_shades_to_the_end(make_run: Maker, key: bytes) -> None:
    events = read_story(make_run(bars=60), key).breaker_events
    end_ms = 2_000_000_000_000
    spans = breaker_spans(events, end_ms)
    assert len(spans) == 3
    assert [span[1] == end_ms for span in spans] == [False, False, True]


def test_too_many_hearings_leave_the_rejected_ones_out_first(make_hearing: Callable[[str, int], Hearing]) -> None:
    tally = StoryTally()
    for bar, fate in enumerate(("rejected", "traded", "refused", "rejected", "refused", "rejected")):
        tally.hear(make_hearing(fate, bar))
    kept = tally.kept()
    assert [each.fate for each in choose(kept, 4)] == [Fate.TRADED, Fate.REFUSED, Fate.REFUSED, Fate.REJECTED]
    assert choose(kept, 4)[-1] == kept[-1]
    assert choose(kept, 1) == (kept[1],)
    assert choose(kept, 9) == kept
    assert all(isinstance(each, KeptHearing) for each in kept)


def test_hearings_that_are_left_out_are_counted(make_run: Maker, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "HEARINGS_SHOWN", 7)
    page = _page(make_run(bars=60), key)
    assert len([each for each in page.attributes("details") if "data-decision" in each]) == 7
    assert "11 of 18 hearings are left out here" in page.said


@pytest.mark.parametrize(
    ("script", "says"), [({"bars": 0, "ended": False}, "nothing to draw"), ({"trading": False}, "never called")]
)
def test_a_run_with_nothing_to_show_says_so(make_run: Maker, key: bytes, script: dict[str, Any], says: str) -> None:
    assert says in _page(make_run(**script), key).said


def test_it_is_written_whole_or_not_at_all(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    story = read_story(make_run(), key)
    summary = summarise(story)
    write_report(tmp_path / "report.html", story, summary)
    assert (tmp_path / "report.html").read_text().endswith("</html>")
    with pytest.raises(OutputFault):
        write_report(tmp_path / "absent" / "report.html", story, summary)
