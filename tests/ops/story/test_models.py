"""What models did is counted exactly, told in sentences with their times, and shown as text that can do no harm."""

import io
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from agents.llm.attempt import AttemptOutcome
from config.reading.load import load_profile
from ops.report.model_charts import models_figure
from ops.report.page import render_report
from ops.report.transcripts import SHOWN_CHARS, capped
from ops.story.models import ModelFigures
from ops.story.spells import Spells
from ops.story.story import Story, read_story
from ops.story.summary import Summary, summarise
from ops.tables.model_tables import SENTENCES_SHOWN, outages, usd
from ops.tables.run import print_tables

Maker = Callable[..., Path]
EVIL = "</pre></details><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
START = datetime(2024, 3, 1, tzinfo=UTC)


def _read(run: Path, key: bytes) -> tuple[Story, Summary, ModelFigures]:
    story = read_story(run, key)
    summary = summarise(story)
    assert summary.models is not None
    return story, summary, summary.models


def _numbers(column: Any) -> Any:
    """A column as plotly hands it out: base64, or decoded."""
    return np.frombuffer(b64decode(column["bdata"])) if isinstance(column, dict) else np.asarray(column)


def test_attempts_words_tokens_and_money_are_counted_to_the_last_digit(make_run: Maker, key: bytes) -> None:
    _, summary, figures = _read(make_run(reply="{}"), key)
    (speaker,) = figures.speakers
    assert summary.hearings == 18
    assert speaker.attempts == {"ok": 36, "overloaded": 36, "malformed": 18, "skipped_budget": 18}
    assert (speaker.requests, speaker.words, figures.requests) == (90, 36, 90)
    assert (speaker.input_tokens, speaker.cached_input_tokens, speaker.output_tokens) == (54_000, 21_600, 2_700)
    assert figures.cost_usd == speaker.cost_usd == Decimal("0.0054")
    assert (speaker.latency_p50_ms, speaker.latency_p95_ms) == (100, 200)
    assert figures.instead == {"rules": {"outage": 18, "budget": 18}}
    assert summary.minds == figures.words == {"anthropic/claude-haiku-5-5": 36, "rules": 36}


def test_the_summary_says_that_models_are_off_exactly_if_none_sat(make_run: Maker, key: bytes) -> None:
    without = summarise(read_story(make_run("without"), key))
    assert (without.minds["models"], without.models) == ("off", None)
    _, summary, _ = _read(make_run("with", reply="{}"), key)
    assert "models" not in summary.minds
    _, summary, figures = _read(make_run("uncalled", reply="{}", trading=False), key)
    assert (summary.minds, figures.words, figures.cost_usd) == ({}, {}, 0)


def test_the_summary_with_models_reads_back(make_run: Maker, key: bytes) -> None:
    _, summary, _ = _read(make_run(reply="{}"), key)
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_the_table_fits_a_pipe_and_says_what_ran_out(make_run: Maker, key: bytes) -> None:
    story, summary, _ = _read(make_run(reply="{}"), key)
    out = io.StringIO()
    print_tables(story, summary, out)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    flat = " ".join(text.replace("│", " ").split())
    for told in (
        "claude-haiku-5-5",
        "rules 36 (outage 18, budget 18)",
        "0.0054 USD for 90 requests",
        "models 36, rules 36",
        "the day budget of 2 USD was used up",
    ):
        assert told in flat
    assert "…" not in text


def test_a_run_without_models_has_no_table_of_them(make_run: Maker, key: bytes) -> None:
    story, out = read_story(make_run(), key), io.StringIO()
    print_tables(story, summarise(story), out)
    assert "Models" not in out.getvalue()
    assert 'id="models"' not in render_report(story, summarise(story))


def test_a_malicious_reply_stays_text(make_run: Maker, key: bytes) -> None:
    story, summary, _ = _read(make_run(reply=EVIL), key)
    page = render_report(story, summary)
    assert EVIL not in page
    assert "<img" not in page.partition("<script>")[0]
    assert page.count("<script") == 3
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") == 54
    assert "{{ 7 * 7 }}" in page


def test_each_role_says_who_spoke_and_keeps_its_transcript(make_run: Maker, key: bytes) -> None:
    story, summary, _ = _read(make_run(reply="said"), key)
    page = render_report(story, summary)
    assert page.count("Spoken by rules: no model: overloaded") == 18
    assert page.count("Transcript: 2 attempts") == 36
    assert page.count("(the same as before) Answer again.") == 36
    assert page.count("the day&#39;s budget of 2 USD has 0 USD left") == 18
    assert page.count("No reply.") == 54


@pytest.mark.parametrize("length", [0, SHOWN_CHARS, SHOWN_CHARS + 1, 5 * SHOWN_CHARS])
def test_long_texts_are_cut_and_say_so(length: int) -> None:
    shown = capped("x" * length)
    assert shown.count("x") == min(length, SHOWN_CHARS)
    assert (f"[{length - SHOWN_CHARS:,} characters more are in the journal]" in shown) is (length > SHOWN_CHARS)


def test_the_chart_holds_every_word_and_ends_at_the_cost(make_run: Maker, key: bytes) -> None:
    story, _, figures = _read(make_run(reply="{}", bars=300), key)
    drawn = go.Figure(models_figure(story))
    words = {trace.name: _numbers(trace.y).sum() for trace in drawn.data if trace.type == "bar"}
    assert words == figures.words
    assert max(len(_numbers(trace.x)) for trace in drawn.data if trace.type == "bar") <= 121
    cost = next(trace for trace in drawn.data if trace.name == "cost so far")
    assert _numbers(cost.y)[-1] == pytest.approx(float(figures.cost_usd))


def test_only_hearings_that_are_kept_keep_their_texts(make_run: Maker, key: bytes) -> None:
    story, _, _ = _read(make_run(reply="{}"), key)
    made = [attempt for kept in story.hearings for attempt in kept.transcripts()]
    assert len(made) == 108
    assert [attempt.outcome for attempt in story.hearings[0].transcripts()][:2] == [
        AttemptOutcome.MALFORMED,
        AttemptOutcome.OK,
    ]
    assert all(attempt.decision_id == kept.decision_id for kept in story.hearings for attempt in kept.transcripts())


def test_a_spell_lasts_from_its_first_failure_to_the_next_success_or_to_the_end() -> None:
    spells = Spells("a/b")
    for hour, works in enumerate((True, False, False, True, False, True, False)):
        at = START + timedelta(hours=hour)
        if works:
            spells.end(at)
        else:
            spells.failed(at, "timeout")
    lasted = [(spell.from_utc.hour, spell.until_utc and spell.until_utc.hour, spell.why) for spell in spells.all()]
    assert lasted == [(1, 3, {"timeout": 2}), (6, None, {"timeout": 1})]


def test_many_spells_are_cut_and_counted(make_run: Maker, key: bytes) -> None:
    _, _, figures = _read(make_run(reply="{}", bars=300), key)
    sentences = outages(figures, load_profile("paper", {}).minds.budget)
    assert len(sentences) == SENTENCES_SHOWN + 1
    assert sentences[-1].endswith("more such spells.")


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "0.0000"), ("0.00001", "0.00001"), ("0.00012", "0.0001"), ("1234.5", "1,234.5000")]
)
def test_money_is_never_shown_as_nothing_when_it_is_something(amount: str, shown: str) -> None:
    assert usd(Decimal(amount)) == shown
