"""The networks of a policy, asked in numpy: many observations in one call, or one in a few microseconds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl.training_range import MOST_SD, Scaler

Floats = NDArray[np.float64]

LAYERS = ("w1", "b1", "w2", "b2", "w3", "b3")
_ONE = 40.0
"""A number whose tanh is 1.0 exactly."""
_NEAR = 0.99 * MOST_SD**2
"""A sum of squares below which no number is as large as MOST_SD, or missing."""
_TOGETHER = 4
"""Numbers of eight bytes that a processor reads at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """The weights of S networks F -> H -> H -> 1 with tanh between, as torch has them (out, in). float64, dimensionless.

    Shapes: w1 (S, H, F), b1 (S, H), w2 (S, H, H), b2 (S, H), w3 (S, H), b3 (S,). They read scaled features.
    """

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats
    w3: Floats
    b3: Floats

    def faulty(self, seeds: int, features: int) -> bool:
        """Whether a shape does not fit the others, the number of seeds or that of features."""
        hidden = self.b1.shape[-1] if self.b1.ndim else 0
        shapes = ((features,), (), (hidden,), (), (), ())
        wanted = [(seeds, hidden, *last) for last in shapes[:4]] + [(seeds, hidden), (seeds,)]
        return not hidden or [getattr(self, name).shape for name in LAYERS] != wanted

    def blind_to(self, unread: NDArray[np.bool_]) -> "Networks":
        """The same networks without the weights of some features: bool, shape (F,)."""
        return replace(self, w1=np.where(unread, 0.0, self.w1))


def bounded_actions(net: Networks, scaled: Floats) -> Floats:
    """The action of each network for each observation, cut to [-1, 1]: float64, shape (S, n), dimensionless.

    `scaled`: scaled features, float64, shape (n, F), dimensionless.
    """
    first = np.tanh(np.einsum("shf,nf->snh", net.w1, scaled, optimize=True) + net.b1[:, None, :])
    second = np.tanh(np.matmul(first, net.w2.transpose(0, 2, 1)) + net.b2[:, None, :])
    clipped: Floats = np.clip(np.matmul(second, net.w3[:, :, None])[:, :, 0] + net.b3[:, None], -1.0, 1.0)
    return clipped


def asker_of(net: Networks, scaler: Scaler) -> Callable[[Floats], list[float]]:
    """The function that gives the action of each network for one observation, as `bounded_actions` has it.

    It takes features, float64, shape (F,), NaN where missing [their units].

    Each bias is folded into its matrix: a row more, which meets a unit that is always 1 (tanh of `_ONE` is 1.0). Units that are
    nothing but 0 fill each layer up to a multiple of `_TOGETHER`. All is computed in arrays that are used again.
    """
    seeds, hidden = net.b1.shape
    n, wide = net.w1.shape[2], -(-(hidden + 1) // _TOGETHER) * _TOGETHER
    w1, w2, w3 = np.zeros((n + 1, seeds, wide)), np.zeros((seeds, wide, wide)), np.zeros((seeds, wide))
    w1[:n, :, :hidden], w1[n, :, :hidden] = net.w1.transpose(2, 0, 1), net.b1
    w2[:, :hidden, :hidden], w2[:, hidden, :hidden] = net.w2.transpose(0, 2, 1), net.b2
    w3[:, :hidden], w3[:, hidden] = net.w3, net.b3
    w1[n, :, hidden] = w2[:, hidden, hidden] = _ONE
    columns, given, flat = w1.reshape(n + 1, seeds * wide), np.ones(n + 1), np.empty(seeds * wide)
    first, second, out = flat.reshape(seeds, 1, wide), np.empty((seeds, 1, wide)), np.empty(seeds)
    seen, last, absent = given[:n], second[:, 0, :], np.empty(n, dtype=np.bool_)
    mean, sd, fill = scaler.mean, scaler.sd, scaler.scaled(np.full(n, np.nan))
    subtract, divide, isnan, copyto = np.subtract, np.divide, np.isnan, np.copyto  # a look for a name costs time too
    multiply: Any = np.matmul
    tanh: Any = np.tanh
    vecdot: Any = np.vecdot
    dot, squares, told = given.dot, seen.dot, out.tolist

    def ask(features: Floats) -> list[float]:
        subtract(features, mean, seen)
        divide(seen, sd, seen)
        if not squares(seen) < _NEAR:  # one is missing, or may have to be cut
            isnan(features, absent)
            copyto(seen, fill, where=absent)
            seen.clip(-MOST_SD, MOST_SD, out=seen)
        dot(columns, flat)
        tanh(flat, flat)
        multiply(first, w2, second)
        tanh(second, second)
        vecdot(last, w3, out)
        return [-1.0 if one < -1.0 else 1.0 if one > 1.0 else one for one in told()]

    return ask
