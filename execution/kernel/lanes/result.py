"""The result of a run of the fast engine."""

from dataclasses import dataclass

from execution.kernel.records import Floats, Records


@dataclass(frozen=True, slots=True, eq=False)
class KernelResult:
    """The result of a run.

    `equity` (n_bars,): at each bar close of the session, in quote units. `fills` (n_fills,), in order: records of
    `execution.kernel.records.FILL`; their bars are counted like those of `equity`. `refused` counts proposals by the first rule
    that refused them; all other proposals among `proposed` were `signed`.
    """

    symbols: tuple[str, ...]
    equity: Floats
    fills: Records
    refused: dict[str, int]
    proposed: int
    signed: int
