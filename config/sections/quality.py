"""`quality:`: when the data of a symbol is too bad to trade on."""

from pydantic import Field

from config.frozen import Frozen
from config.sections.kinds import Positive


class QualitySettings(Frozen):
    """When a symbol's data is too bad to trade on.

    `max_bar_move` and `max_bar_range` are those of bars of up to an hour; longer bars are allowed the square root of their
    hours times as much, at most twice (4h and 1d: twice).
    """

    max_missing_bars: int = Field(ge=0, le=1000, description="gap that is only noted; a longer one freezes [bars]")
    max_bar_move: Positive = Field(
        description="absolute log return of a bar that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_bar_range: Positive = Field(
        description="high over low less one that freezes the symbol; above 1h twice as much [fraction]"
    )
    max_flat_bars: int = Field(ge=1, le=1000, description="zero-volume bars in a row that freeze the symbol [bars]")
    thaw_bars: int = Field(ge=1, le=1000, description="good bars in a row before a frozen symbol trades again [bars]")
