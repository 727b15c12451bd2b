"""Silence is a value (law 3): what could not be known says so, and is never a neutral zero."""

from typing import Literal

from config.frozen import Frozen


class Abstained(Frozen):
    """Nothing is said, and why. Told apart from a spoken value by `kind`."""

    kind: Literal["abstained"] = "abstained"
    why: str
