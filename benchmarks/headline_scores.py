"""The quality of headline scores: VADER alone and VADER with our lexicon, on labelled data.

Run as `python benchmarks/headline_scores.py PATH`, where PATH holds the folders `news/` and `reddit/` of labelled
files. A score within 0.05 of zero counts as neutral, as VADER's authors advise. No word of the lexicon was chosen
from this data.
"""

import argparse
import ast
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from config.silence import Abstained
from sentiment.scoring import HeadlineScorer

_NEUTRAL = 0.05
_CLASSES = ("negative", "neutral", "positive")


class Labelled(NamedTuple):
    """Texts, each with a score in [-1, 1] or a class; `by` names the labellers."""

    name: str
    by: str
    texts: list[str]
    scores: list[float] | None
    classes: list[str] | None


def read(folder: Path) -> list[Labelled]:
    """Return the labelled sets of the folder. Raises FileNotFoundError when one is missing."""
    bank = pd.read_parquet(folder / "news/financial_phrasebank.parquet")
    comments = pd.read_csv(folder / "reddit/crypto_comments_labelled.csv").dropna(subset=["Comment Text", "Sentiment"])
    finbert = pd.read_parquet(folder / "news/bitcoin_headlines_finbert_2021-11_2023-12.parquet").dropna()
    tracker = pd.read_csv(folder / "news/2024-04-05_30d_crypto_news_with_sentiment.csv.gz").dropna()
    news = pd.read_parquet(folder / "news/cryptonews_2021-10_2022-05.parquet").dropna(subset=["title", "text"])
    polarity = [ast.literal_eval(label)["class"] for label in news["sentiment"]]
    kinds = [kind.strip().lower() for kind in comments["Sentiment"]]
    return [
        Labelled("phrasebank", "experts", bank["News"].tolist(), None, bank["class"].tolist()),
        Labelled("comments", "people", comments["Comment Text"].tolist(), None, kinds),
        Labelled(
            "bitcoin lines",
            "FinBERT",
            finbert["Short Description"].tolist(),
            finbert["Sentiment"].tolist(),
            _thirds(finbert["Sentiment"].tolist()),
        ),
        Labelled("news 2022", "word list", (news["title"] + ". " + news["text"]).tolist(), None, polarity),
        Labelled("news 2024", "model", tracker["headline"].tolist(), tracker["sentiment"].tolist(), None),
    ]


def _thirds(scores: Sequence[float]) -> list[str]:
    return ["positive" if s > 1 / 3 else "negative" if s < -1 / 3 else "neutral" for s in scores]


def _class(score: float) -> str:
    return "neutral" if abs(score) < _NEUTRAL else "positive" if score > 0 else "negative"


def _two_way(data: Labelled) -> bool:
    return data.classes is not None and "neutral" not in data.classes


def _neutral_without_words(text: str, scorer: HeadlineScorer = HeadlineScorer()) -> float:  # noqa: B008  one for all texts
    """The score that a class needs: a text without a known word is neutral here, as it is for VADER."""
    score = scorer.score(text)
    return 0.0 if isinstance(score, Abstained) else score


def measures(data: Labelled, scores: list[float]) -> list[str]:
    """Accuracy, macro F1, share of polar texts with the opposite sign, and rank correlation, as far as they apply."""
    accuracy = f1 = opposite = correlation = "-"
    if data.classes is not None:
        given = np.array([_class(score) for score in scores])
        true = np.array(data.classes)
        polar = true != "neutral"
        accuracy = f"{(given == true).mean():.3f}"
        f1 = f"{np.mean([_f1(given == c, true == c) for c in _CLASSES if c != 'neutral' or not _two_way(data)]):.3f}"
        opposite = f"{((given[polar] != true[polar]) & (given[polar] != 'neutral')).mean():.3f}"
    if data.scores is not None:
        frame = pd.DataFrame({"given": scores, "true": data.scores})
        correlation = f"{float(frame.rank()['given'].corr(frame.rank()['true'])):.3f}"
    return [accuracy, f1, opposite, correlation]


def _f1(given: np.ndarray, true: np.ndarray) -> float:
    return float(2 * (given & true).sum() / max(1, given.sum() + true.sum()))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table. Returns 3 when the data is missing. Without a path it measures nothing and says so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?", help="folder with news/ and reddit/")
    folder = parser.parse_args(argv).path
    if folder is None:
        Console().print(
            "Headline scores need labelled headlines: give the folder that holds them. Nothing was measured."
        )
        return 0
    try:
        sets = read(folder)
    except FileNotFoundError as error:
        Console(stderr=True).print(
            f"{error.filename or folder} is not there, so nothing was measured. Give the folder that holds news/ and "
            "reddit/ with their labelled files."
        )
        return 3
    vader = SentimentIntensityAnalyzer()
    scorers: list[tuple[str, Callable[[str], float]]] = [
        ("VADER", lambda text: float(vader.polarity_scores(text)["compound"])),
        ("+ lexicon", _neutral_without_words),
    ]
    table = Table("data", "texts", "scorer", "accuracy", "macro F1", "opposite", "rank corr.")
    for data in track(sets, description="scoring", console=Console(stderr=True)):
        for name, score in scorers:
            row = measures(data, [score(text) for text in data.texts])
            table.add_row(f"{data.name} ({data.by})", f"{len(data.texts):,}", name, *row)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
