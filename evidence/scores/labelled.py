"""Texts that others have labelled as good, bad or neutral, out of the files in which they were published.

Known files are found in a folder by their names; any other file is read if it has a column of texts and one of labels. A number
as a label is a score: above 1/3 it is positive, below -1/3 negative. What has no text or no label is left out.
"""

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from config.errors import DataFault
from config.frozen import Frozen
from sentiment.sources.tables import Table, read_table

CLASSES = ("negative", "neutral", "positive")
_THIRD = 1 / 3
_TEXTS = ("text", "headline", "title", "news", "sentence", "commenttext", "shortdescription", "body", "comment")
_LABELS = ("label", "class", "sentiment", "polarity", "score")
_SPELLINGS = {"pos": "positive", "neg": "negative", "neu": "neutral", "bullish": "positive", "bearish": "negative"}
_ENDINGS = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson")


class Labelled(Frozen):
    """One data set. `by`: who labelled it. `texts` and `labels` have the same length; a label is one of `CLASSES`."""

    name: str
    by: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]


class _Known(NamedTuple):
    """A file that is known by the beginning of its name. `text` are columns that are joined, `label` its column."""

    begins: str
    name: str
    by: str
    text: tuple[str, ...]
    label: str


_FILES = (
    _Known("financial_phrasebank", "phrasebank", "experts", ("News",), "class"),
    _Known("crypto_comments_labelled", "comments", "people", ("Comment Text",), "Sentiment"),
    _Known("bitcoin_headlines_finbert", "bitcoin lines", "FinBERT", ("Short Description",), "Sentiment"),
    _Known("cryptonews_2021", "news 2022", "a word list", ("title", "text"), "sentiment"),
    _Known("2024-04-05_30d_crypto_news", "news 2024", "a model", ("headline",), "sentiment"),
)


def read_labelled(paths: Sequence[Path]) -> tuple[Labelled, ...]:
    """The labelled sets of these files, and of the known files in these folders. Raises DataFault for none."""
    found = []
    for path in paths:
        if path.is_dir():
            files = [(file, _known(file)) for file in _files(path)]
            found += [_read(file, known) for file, known in files if known is not None]
        elif path.exists():
            found.append(_read(path, _known(path)))
        else:
            raise DataFault(
                f"There is no file or folder {path}; nothing was measured. Give --data a file with a column of texts and one of "
                "labels, or a folder with such files."
            )
    if not found:
        names = ", ".join(each.begins for each in _FILES)
        raise DataFault(
            f"There is no labelled file in {', '.join(map(str, paths))}; nothing was measured. Give a file with a column of "
            f"texts and one of labels, or a folder with one of {names}."
        )
    return tuple(found)


def _known(path: Path) -> _Known | None:
    return next((each for each in _FILES if path.name.startswith(each.begins)), None)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.name.lower().endswith(_ENDINGS))


def _read(path: Path, known: _Known | None) -> Labelled:
    table = read_table(path)
    texts, labels = _columns(table, path, known)
    rows = [(str(text), label) for text, raw in zip(texts, labels, strict=True) if text and (label := label_of(raw))]
    if not rows:
        raise DataFault(f"{path.name} has no row with a text and a label; nothing was measured. Give another file.")
    name, by = (path.name.partition(".")[0], "the file") if known is None else (known.name, known.by)
    return Labelled(name=name, by=by, texts=tuple(text for text, _ in rows), labels=tuple(label for _, label in rows))


def _columns(table: Table, path: Path, known: _Known | None) -> tuple[Iterable[Any], Sequence[Any]]:
    """The texts and the labels of a file. Raises DataFault when it has no such columns."""
    if known is not None and all(name in table for name in (*known.text, known.label)):
        return [_joined(parts) for parts in zip(*(table[name] for name in known.text), strict=True)], table[known.label]
    plain = {"".join(filter(str.isalnum, name.lower())): name for name in table}
    text = next((plain[name] for name in _TEXTS if name in plain), None)
    label = next((plain[name] for name in _LABELS if name in plain), None)
    if text is None or label is None:
        raise DataFault(
            f"{path.name} has the columns {', '.join(table)}, and needs one of texts and one of labels; nothing was measured. "
            "Name them `text` and `label`."
        )
    return [cell if isinstance(cell, str) else None for cell in table[text]], table[label]


def _joined(parts: Sequence[Any]) -> str | None:
    return None if any(not isinstance(part, str) or not part for part in parts) else ". ".join(parts)


def label_of(raw: Any) -> str | None:
    """The class of a label as it is written: a word, a score, or the text of a dictionary with a `class`. None for no label."""
    if isinstance(raw, str) and raw.lstrip().startswith("{"):
        try:
            raw = ast.literal_eval(raw)["class"]
        except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
            return None
    if isinstance(raw, str):
        word = raw.strip().lower()
        word = _SPELLINGS.get(word, word)
        if word in CLASSES:
            return word
    try:
        score = float(raw)
    except (ValueError, TypeError):
        return None
    return None if score != score else "positive" if score > _THIRD else "negative" if score < -_THIRD else "neutral"
