"""How many true citations the court refuses, and how many false ones: the table of docs/honesty.md.

    python benchmarks/citations.py            (make bench)

The corpus is seeded and drawn on a simulated market: see `evidence/rulings/citations.py`.
"""

import argparse

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from evidence.rulings.citations import CitationFigures, measure_citations


def table_of(found: CitationFigures) -> Table:
    """One line a kind of citation."""
    table = Table(box=ROUNDED, title=f"Citations of a simulated market, seed {found.seed}")
    table.add_column("Citation")
    for name in ("is", "cited", "refused", "share"):
        table.add_column(name, justify="right")
    for kind in found.kinds:
        share = f"{kind.refused / kind.cited:.2%}" if kind.cited else "–"
        table.add_row(kind.kind, "true" if kind.is_true else "false", f"{kind.cited:,}", f"{kind.refused:,}", share)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7, help="seed of the market and of the citations")
    parser.add_argument("--cases", type=int, default=200, help="cases whose figures are cited")
    chosen = parser.parse_args()
    found = measure_citations(chosen.seed, chosen.cases)
    console = Console()
    console.print(table_of(found))
    console.print(
        f"Recall {found.recall:.2%} of false citations. False refusals {found.false_refusals:.2%} of true ones as the prompt "
        f"asks for them; {found.other_spellings_refused:.2%} in other spellings."
    )


if __name__ == "__main__":
    main()
