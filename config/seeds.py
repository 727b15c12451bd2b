"""The only place that makes random generators (law 8): named, independent streams of one seed."""

import hashlib

import numpy as np


def generator(seed: int, *names: str) -> np.random.Generator:
    """A PCG64 generator for one purpose.

    `names` say what it is for ("market", "BTC/USDT"). Streams with different names are independent: a new stream never
    changes an existing one. Raises ValueError for a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
