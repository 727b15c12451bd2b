"""Mean, standard deviation, skewness and kurtosis of every window of a series, for Gaussian and Cornish-Fisher tails.

Each window has its own sum, in blocks of windows. Running sums would be faster, but their rounding errors would accumulate.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, Moments
from risk.measures.tails import finite_windows


def moments_of(windows: npt.ArrayLike) -> Moments[Floats]:
    """Population moments of each window, each of shape (...). For one window they equal `basic.moments`.

    `windows`: shape (..., n), float64 [simple return]. Raises ValueError for bad windows.
    """
    values = finite_windows(windows)
    mean = values.mean(axis=-1)
    deviation = values - mean[..., None]
    squares = deviation * deviation
    variance = squares.mean(axis=-1)
    flat = (values.max(axis=-1) == values.min(axis=-1)) | (variance == 0.0)
    safe = np.where(flat, 1.0, variance)
    third = np.where(flat, 0.0, (squares * deviation).mean(axis=-1) / safe**1.5)
    fourth = np.where(flat, 0.0, (squares * squares).mean(axis=-1) / safe**2 - 3.0)
    return Moments(mean, np.where(flat, 0.0, np.sqrt(variance)), third, fourth)
