"""What `tribunal sentiment` does: read labelled texts, score them with every scorer, show how good that was."""

import argparse
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from config.errors import UsageFault
from config.progress import short_work
from evidence.scores.labelled import read_labelled
from evidence.scores.quality import Score, ScoreReport, quality_of
from ops.files import write_tables
from ops.tables.sentiment.scores import scores_markdown, show_scores
from sentiment.scoring import scorer_of


def sentiment_command(arguments: argparse.Namespace) -> int:
    """Measure; returns the exit code. Raises TribunalError."""
    scorers = _scorers(arguments.scorer)
    sets = read_labelled([Path(path) for path in arguments.data])
    with short_work(quiet=arguments.quiet)(len(sets) * len(scorers), "scorers on data sets") as shown:
        report = ScoreReport(sets=tuple(quality_of(data, scorers, shown.advance) for data in sets))
    write_tables(arguments.markdown, scores_markdown(report))
    show_scores(report, as_json=arguments.json)
    return 0


def _scorers(own: str | None) -> dict[str, Score]:
    plain = SentimentIntensityAnalyzer()
    scorers: dict[str, Score] = {
        "VADER": lambda text: float(plain.polarity_scores(text)["compound"]),
        "VADER and lexicon": scorer_of("vader").score,
    }
    if own is not None:
        if ":" not in own:
            raise UsageFault(f"--scorer {own!r} is no `module:name`; nothing was measured.")
        scorers[own] = scorer_of(own).score
    return scorers
