"""Table of the sentiment of some markets now, each part apart."""

import sys
from collections.abc import Sequence

from config.silence import Abstained
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH
from sentiment.headline import Component, CrowdComponent, SentimentData


def show_parts(found: Sequence[SentimentData]) -> None:
    """Print the table on stdout."""
    open_console(sys.stdout).print(parts_grid(found).table())


def parts_grid(found: Sequence[SentimentData]) -> Grid:
    """One row for each market as a whole, and one for each of its parts."""
    rows = []
    for data in found:
        flags = f"flags: {', '.join(data.flags)}" if data.flags else ""
        rows.append((data.symbol, "all", *_scored(data.score), DASH, flags))
        rows += [
            ("", name.replace("_", " "), *_scored(part.score), *_told(part)) for name, part in data.components().items()
        ]
    names = ("Market", "Part", "Score", "Share", "What is known")
    ordered = [(market, part, score, share, told or why) for market, part, score, why, share, told in rows]
    return Grid("Sentiment", names, tuple(ordered), left=2, prose=(4,), yields=("Share",))


def _scored(score: float | Abstained) -> tuple[str, str]:
    """The score, and why there is none."""
    return (DASH, score.why) if isinstance(score, Abstained) else (f"{score:+.2f}", "")


def _told(part: Component) -> tuple[str, str]:
    """The share of a part, and in words what it is made of."""
    if isinstance(part.score, Abstained):
        return DASH, ""
    words = [f"{part.value:g}"] if part.value is not None else []
    words += [f"{part.headlines} headlines"] if part.headlines else []
    if isinstance(part, CrowdComponent):
        words.append(f"{part.mentions} mentions in a day")
        words += [] if part.positive_share is None else [f"{part.positive_share:.0%} of them good"]
        words += [] if part.trend is None else [f"{part.trend:+.0%} against the mean day"]
    words += [] if part.age_h is None else [f"{part.age_h:.1f} h old"]
    return f"{part.share:.0%}", ", ".join(words)
