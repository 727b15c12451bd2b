"""The only place where chance comes from (law 8): named, independent streams of one seed."""

import hashlib

import numpy as np


def generator(seed: int, *names: str) -> np.random.Generator:
    """A PCG64 generator for one purpose.

    `names` say what it is for ("market", "BTC/USDT"); streams of different names are independent, and adding a
    stream never changes another. Raises ValueError for a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
