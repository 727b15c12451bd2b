"""What is known of one market beside its bars, at one moment: figures by name, and why the others are missing."""

from config.frozen import Frozen, UtcTime
from config.silence import Abstained


class MarketContext(Frozen):
    """The context of one symbol at `as_of_utc`. Each name of the catalogue is in `values` or in `missing`."""

    symbol: str
    as_of_utc: UtcTime
    values: dict[str, float]
    missing: dict[str, Abstained]

    def get(self, name: str) -> float | Abstained:
        """The figure of that name, or why there is none. A name that no catalogue has abstains too."""
        if name in self.values:
            return self.values[name]
        return self.missing.get(name, Abstained(why=f"nothing is known by the name {name}"))
