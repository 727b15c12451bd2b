"""The file of labels: one row for each listed jump and wide bar, with the codes of its evidence and without a price."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from config.errors import DataFault
from evidence.quality.labelling import Label, Labelled

KEPT = Path(__file__).with_name("labels.csv")
"""The labels of the list that came with the recorded bars. They were committed before the detector was written."""

COLUMNS = ("file", "symbol", "opens_utc", "kind", "label", "evidence")


class Key(NamedTuple):
    """Which hit: `opens_utc` is the open of its bar."""

    file: str
    symbol: str
    opens_utc: datetime
    kind: str


def labels_text(labelled: Iterable[Labelled]) -> str:
    """The file, as text."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(COLUMNS)
    for each in labelled:
        hit = each.hit
        write.writerow(
            (hit.file, hit.symbol, f"{hit.at_utc:%Y-%m-%dT%H:%M:%SZ}", hit.kind, each.label, " ".join(each.evidence))
        )
    return text.getvalue()


def read_labels(path: Path = KEPT) -> dict[Key, Label]:
    """The label of each hit. Raises DataFault when the file cannot be read as labels."""
    try:
        with path.open(newline="", encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        return {
            Key(row["file"], row["symbol"], datetime.fromisoformat(row["opens_utc"]), row["kind"]): Label(row["label"])
            for row in rows
        }
    except (OSError, KeyError, ValueError) as why:
        raise DataFault(
            f"{path} cannot be read as labels ({why}): nothing was measured; write them anew with --relabel."
        ) from None
