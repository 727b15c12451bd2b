"""Mean, deviation, skewness and kurtosis of every window of a series, and Gaussian and Cornish-Fisher tails with them.

Each window is summed anew, a block of windows at a time: running sums would be faster and would drift.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, Moments
from risk.measures.tails import finite_windows


def moments_of(windows: npt.ArrayLike) -> Moments[Floats]:
    """Population moments of windows, shape (..., n) to (...); what `measures.moments` gives for one of them.

    Raises ValueError for bad windows.
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
