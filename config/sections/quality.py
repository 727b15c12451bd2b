"""`quality:`: when the data of a symbol is too unreliable to trade on."""

import re
from typing import Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from config.frozen import Frozen
from config.sections.clashes import begins, contradiction
from config.sections.kinds import Positive

_MARKET = re.compile(r"[^\s/:]+/[^\s/]+")
"""A market as it is named here: BASE/QUOTE, or BASE/QUOTE:SETTLE."""


class QualitySettings(Frozen):
    """When the data of a symbol is too unreliable to trade on.

    `max_bar_move` and `max_bar_range` apply to bars of up to one hour. For longer bars they are multiplied by the square
    root of the bar's hours, at most by two (4h and 1d: two).
    """

    max_missing_bars: int = Field(
        ge=0, le=1000, description="longest gap that is only noted; a longer one freezes the symbol [bars]"
    )
    max_bar_move: Positive = Field(
        description="absolute log return of a bar that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_bar_range: Positive = Field(
        description="high divided by low, minus one, that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_flat_bars: int = Field(ge=1, le=1000, description="zero-volume bars in a row that freeze the symbol [bars]")
    thaw_bars: int = Field(ge=1, le=1000, description="good bars in a row before a frozen symbol trades again [bars]")
    judgement: Literal["limits", "evidence"] = Field(
        default="limits",
        description="limits: a bar beyond max_bar_move or max_bar_range is refused; evidence: it is judged by its volume, the "
        "other markets and the bars before, and bars that repeat and coins that change under one name are noticed too",
    )
    max_depeg: Positive | None = Field(
        default=None,
        description="how far a coin that was worth 1 for a week may be from 1 before it is frozen; null is off [fraction]",
    )
    accepted_units: dict[str, Positive] = Field(
        default_factory=dict,
        description="by symbol, how many times larger its prices become where their unit changes: they are read in the unit "
        "before; 1 says that such a jump was a real one",
    )

    @model_validator(mode="after")
    def _are_markets(self, info: ValidationInfo) -> Self:
        strange = [name for name in self.accepted_units if not _MARKET.fullmatch(name)]
        if begins(info) and strange:
            named = ", ".join(strange)
            raise contradiction(
                [(("accepted_units",), f"{named} is no market, so it would do nothing; write it as BASE/QUOTE")]
            )
        return self
