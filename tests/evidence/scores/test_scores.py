"""Scores against labels: what is read, what is measured, and what the command prints."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import DataFault
from config.silence import Abstained
from evidence.scores.labelled import CLASSES, Labelled, label_of, read_labelled
from evidence.scores.quality import MAJORITY, class_of, macro_f1, quality_of
from evidence.sentiment import main

LABELS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        (" Positive ", "positive"), ("neg", "negative"), ("bearish", "negative"), ("neutral", "neutral"),
        (0.9, "positive"), ("-0.5", "negative"), (1 / 3, "neutral"), (0, "neutral"),
        ("{'class': 'negative', 'polarity': -0.1}", "negative"),
        ("{'polarity': 1}", None), ("{", None), ("", None), (None, None), (float("nan"), None), ("yes", None),
    ],
)  # fmt: skip
def test_a_label_is_a_word_a_score_or_the_class_of_a_dictionary(raw: object, label: str | None) -> None:
    assert label_of(raw) == label


def test_macro_f1_is_the_mean_over_the_labels_that_there_are() -> None:
    true = ["positive", "positive", "negative", "neutral"]
    assert macro_f1(true, ["positive", "negative", "negative", "neutral"]) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert macro_f1(["positive", "negative"], ["positive", "neutral"]) == pytest.approx(0.5)


@given(pairs=LABELS)
def test_what_is_right_everywhere_has_the_best_figures_and_the_figures_are_shares(pairs: list[tuple[str, str]]) -> None:
    true, given_ = [one for one, _ in pairs], [other for _, other in pairs]
    assert macro_f1(true, true) == 1.0
    assert 0.0 <= macro_f1(true, given_) <= 1.0


def test_a_score_near_zero_and_a_text_without_a_known_word_are_neutral() -> None:
    assert [class_of(score) for score in (0.06, 0.04, -0.04, -0.06, Abstained(why="no word"))] == [
        "positive", "neutral", "neutral", "negative", "neutral",
    ]  # fmt: skip


def test_a_scorer_is_held_against_the_labels_beside_the_most_frequent_one() -> None:
    data = Labelled(
        name="a",
        by="b",
        texts=("1", "1", "-1", "0", "x"),
        labels=("positive", "negative", "negative", "negative", "neutral"),
    )
    steps: list[int] = []
    found = quality_of(
        data, {"own": lambda text: Abstained(why="no") if text == "x" else float(text)}, lambda: steps.append(1)
    )
    most, own = found.found
    assert (most.scorer, most.accuracy, most.opposite, most.silent) == (MAJORITY, 0.6, 0.25, 0.0)
    assert (own.accuracy, own.opposite, own.silent) == (0.6, 0.25, 0.2)
    assert found.shares == {"negative": 0.6, "neutral": 0.2, "positive": 0.2}
    assert steps == [1]


def put(folder: Path, name: str = "labelled.csv") -> Path:
    path = folder / name
    rows = [
        ("Bitcoin rallies", "positive"),
        ("Bitcoin crashes", "negative"),
        ("Report is out", "neutral"),
        ("", "positive"),
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    return path


def test_one_command_prints_the_table_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "scores.md"
    assert main(["--data", str(put(tmp_path)), "--markdown", str(table), "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "VADER and lexicon" in out
    assert "| labelled (the file) | 3 |" in table.read_text()


def test_the_json_holds_the_figures_of_every_scorer_and_one_of_your_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = "sentiment.scoring:HeadlineScorer"
    assert main(["--data", str(put(tmp_path)), "--scorer", own, "--json", "--quiet"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["sets"]
    assert [one["scorer"] for one in found["found"]] == [MAJORITY, "VADER", "VADER and lexicon", own]
    assert found["found"][2]["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["--data", "FOLDER"], 3, "There is no labelled file"),
        (["--data", "FOLDER/none.csv"], 3, "none.csv; nothing was measured. Give --data a file"),
        (["--data", "FOLDER/nofolder"], 3, "nofolder; nothing was measured. Give --data a file"),
        (["--data", "FOLDER/odd.csv"], 3, "needs one of texts and one of labels"),
        (["--data", "FOLDER/odd.csv", "--scorer", "vader"], 2, "is no `module:name`"),
        (["--data", "FOLDER/odd.csv", "--scorer", "no.such:Thing"], 2, "is no scorer"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence_and_an_exit_code(
    arguments: list[str], code: int, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    assert main([word.replace("FOLDER", str(tmp_path)) for word in arguments]) == code
    assert why in capsys.readouterr().err


def test_the_recorded_sets_are_read_whole_and_a_folder_without_labels_is_refused(shared: Path) -> None:
    sets = read_labelled([shared / "news", shared / "reddit"])
    assert {data.name: len(data.texts) for data in sets} == {
        "phrasebank": 2946, "bitcoin lines": 9961, "news 2022": 6041, "news 2024": 217, "comments": 322,
    }  # fmt: skip
    with pytest.raises(DataFault):
        read_labelled([shared / "feeds"])
