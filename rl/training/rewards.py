"""The reward that a user names: `profit`, `profit:drawdown=0.1,turnover=0.0005`, `sharpe:rate=0.02`, `cvar:limit=0.01`."""

from dataclasses import replace

from config.errors import UsageFault
from rl.environment.reward import CvarConstrained, DifferentialSharpe, Profit, Reward

NAMES = ("profit", "sharpe", "cvar")
_NUMBERS = {
    "profit": ("losses", "drawdown", "es", "turnover"),
    "sharpe": ("rate",),
    "cvar": ("limit", "confidence", "rate"),
}


def reward_of(words: str, unit: float) -> Reward:
    """The reward of these words. `unit`: what counts as 1 [fraction of equity], measured on the training part.

    Raises UsageFault for a name or a number that is not known.
    """
    name, _, told = words.partition(":")
    if name not in NAMES:
        raise UsageFault(f"--reward {words!r} is not one of {', '.join(NAMES)}; nothing was started.")
    numbers = dict(_number(name, part) for part in told.split(",") if part)
    profit = Profit(unit=unit)
    match name:
        case "profit":
            return replace(profit, **numbers)
        case "sharpe":
            return replace(DifferentialSharpe(), **numbers)
        case _:
            return CvarConstrained(profit, **{"limit": 3.0 * unit, "unit": unit} | numbers)


def _number(name: str, part: str) -> tuple[str, float]:
    key, _, value = part.partition("=")
    try:
        if key in _NUMBERS[name] and 0.0 <= (found := float(value)) < 1e6:
            return key, found
    except ValueError:
        pass
    raise UsageFault(
        f"--reward {name} does not know {part!r}; nothing was started. It has {', '.join(_NUMBERS[name])}, each a number of 0 or "
        "more, as in profit:drawdown=0.1."
    )
