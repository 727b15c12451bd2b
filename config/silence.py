"""The value for "not known" (law 3): it carries its reason, and a neutral zero never replaces it."""

from typing import Literal

from config.frozen import Frozen


class Abstained(Frozen):
    """No answer, and the reason why there is none. The field `kind` distinguishes it from an answer."""

    kind: Literal["abstained"] = "abstained"
    why: str
