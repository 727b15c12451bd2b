"""What only bars decide at a close, kept for all lanes that ask again: records of FACT, one for each market and bar.

A table that has fewer rows than there are bars keeps the latest of those that share a row.
"""

from execution.kernel.compiled import compiled
from execution.kernel.records import Record


@compiled
def refresh(fact: Record, t: int) -> None:
    """Forget what is known of another bar than `t`."""
    if fact.bar != t + 1:
        fact.bar = t + 1
        fact.value = 0.0
        fact.loss = 0.0
        fact.short_loss = 0.0
        fact.ratio = 0.0
        fact.daily = 0.0
        fact.volume = 0.0
        fact.shown = 0
