"""The whole measurement of the quality monitor: the listed hits of real files, faults put into clean ones, and real crashes."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from config.clock import from_ms
from config.sections.quality import QualitySettings
from evidence.quality.faults import FAULTS
from evidence.quality.figures import QualityReport
from evidence.quality.hits import Feeds, Hit, read_feeds, read_hits
from evidence.quality.labelling import LABELLED, Label, label
from evidence.quality.labels import Key, read_labels
from evidence.quality.listening import listen
from evidence.quality.on_hits import Session, crashes, gap_score, refused_scores, sessions_of, zero_volume_score
from evidence.quality.put_in import put_in_scores
from market.candles import RawCandles
from market.files.rows import joined

_NEVER = {"staleness": ("stale",), "non-finite": ("non_finite",), "inconsistent": ("inconsistent",)}
"""What the real files do not have, so that it is a false alarm there."""


STEPS = 3 + len(FAULTS)
"""Parts of the measurement: reading, the real files, copies of rows, and each kind of fault."""


def session_markets(feeds: Feeds, files: Iterable[str]) -> dict[str, RawCandles]:
    """The markets of several files, each joined over them."""
    parts: dict[str, list[RawCandles]] = {}
    for file in files:
        for symbol, candles in feeds[file].items():
            parts.setdefault(symbol, []).append(candles)
    return {symbol: joined(each, each[0].timeframe) for symbol, each in parts.items()}


def _labels(hits: Sequence[Hit], feeds: Feeds) -> dict[Key, Label]:
    """The kept labels of these hits; those of a list that nobody labelled yet follow from the procedure."""
    known, found = read_labels(), {}
    for hit in hits:
        if hit.kind in LABELLED:
            key = Key(hit.file, hit.symbol, hit.at_utc, hit.kind)
            found[key] = known[key] if key in known else label(hit, feeds).label
    return found


def measure(folder: Path, settings: QualitySettings, seed: int, advance: Callable[[], object] = int) -> QualityReport:
    """Measure on the recorded bars of a folder; `advance` hears of each of the parts.

    Raises DataFault when the bars, the list or the labels cannot be read.
    """
    hits = read_hits(folder)
    feeds = read_feeds(folder, sorted({hit.file for hit in hits}))
    labels = _labels(hits, feeds)
    markets = {name: session_markets(feeds, files) for name, files in sessions_of(feeds).items()}
    advance()
    sessions: list[Session] = [(name, each, list(listen(settings, each))) for name, each in markets.items()]
    advance()
    put_in = []
    for each in put_in_scores(settings, list(markets.items()), hits, seed):
        never = sum(said.kind in _NEVER.get(each.kind, ()) for _, _, spoken in sessions for said in spoken)
        put_in.append(each.model_copy(update={"false": each.false + never}))
        advance()
    bad, tuning, test = refused_scores(sessions, labels)
    return QualityReport(
        seed=seed,
        bars=sum(len(candles) for each in markets.values() for candles in each.values()),
        hits=(gap_score(sessions, hits), zero_volume_score(sessions, hits), bad),
        tuning=tuning,
        test=test,
        put_in=tuple(put_in),
        depegs=tuple(
            f"{each.symbol} at {from_ms(each.open_ms):%Y-%m-%d %H:%M}"
            for _, _, said in sessions
            for each in said
            if each.kind == "depeg"
        ),
        crashes=crashes(sessions),
    )
