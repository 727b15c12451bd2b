"""One word, one meaning."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FIGURES = ("evidence", "ops/tables", "ops/story", "ops/exports", "benchmarks")
"""Where results are computed and shown."""
ON_NEWS = {
    "benchmarks/live_sentiment.py",
    "evidence/policy/docket.py",
    "evidence/rulings/citations.py",
    "evidence/rulings/mirror.py",
    "evidence/scores/labelled.py",
    "evidence/scores/__init__.py",
    "evidence/sentiment.py",
    "evidence/strategies/foresight.py",
    "ops/tables/sentiment/parts.py",
    "ops/tables/trial/said.py",
}
"""Files there that read news."""


def headlines(folders: tuple[str, ...]) -> set[str]:
    """The files whose name or text has the word."""
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return {
        str(file.relative_to(ROOT))
        for file in files
        if re.search("headline", file.name + file.read_text(encoding="utf-8"), re.IGNORECASE)
    }


def test_a_headline_is_news_and_a_key_figure_is_none() -> None:
    assert headlines(FIGURES) == ON_NEWS


def test_the_word_would_be_found() -> None:
    assert "sentiment/headline.py" in headlines(("sentiment",))
