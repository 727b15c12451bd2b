"""Splits of the bars into train and test, without information that reaches from one into the other.

One rule for all splits: **no train bar lies within horizon + embargo bars of a test bar, on either side.** The horizon is the
number of bars that a label looks ahead (purging, Lopez de Prado 2018, ch. 7). The embargo covers dependence beyond it, such as
the window of an indicator. The book applies the embargo only after a test; here it applies on both sides, which costs a few bars
and is safer.

A split that leaves nothing to train on or to test on raises ValueError. No split is shortened without an error.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import comb

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen

Indices = npt.NDArray[np.int64]


class Span(Frozen):
    """The bars from `start` (inclusive) to `stop` (exclusive)."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def bars(self) -> Indices:
        """Their row numbers, shape (stop - start,), int64 [row number]."""
        return np.arange(self.start, self.stop, dtype=np.int64)


class Split(Frozen):
    """The train bars and the test bars, each as spans in order of time."""

    train: tuple[Span, ...]
    test: tuple[Span, ...]

    def train_bars(self) -> Indices:
        """The train bars, shape (n_train,), int64 [row number], ascending."""
        return _joined(self.train)

    def test_bars(self) -> Indices:
        """The test bars, shape (n_test,), int64 [row number], ascending."""
        return _joined(self.test)


class Combinatorial(Frozen):
    """All splits of combinatorial purged cross-validation, and the paths that their tests form (ch. 12).

    `groups`: the spans into which the bars are cut. `tested[i]`: the groups that split i tests. `paths[p][g]`: the split whose
    test of group g is part of path p. Each path tests every bar once, and no test is part of two paths.
    """

    groups: tuple[Span, ...]
    splits: tuple[Split, ...]
    tested: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]

    def path_values(self, tests: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Join the values of the tests to paths, shape (n_paths, n_bars), float64 [unit of the values].

        `tests[i]`: the value at each test bar of split i, in their order, float64. Raises ValueError when they do not fit.
        """
        if len(tests) != len(self.splits):
            raise ValueError(f"{len(self.splits)} splits were to be tested, there are values of {len(tests)}")
        whole = np.empty((len(self.paths), self.groups[-1].stop))
        by_split = [self._by_group(number, np.asarray(values)) for number, values in enumerate(tests)]
        for row, path in enumerate(self.paths):
            for group, split in enumerate(path):
                whole[row, self.groups[group].start : self.groups[group].stop] = by_split[split][group]
        return whole

    def _by_group(self, number: int, values: npt.NDArray[np.float64]) -> dict[int, npt.NDArray[np.float64]]:
        lengths = [len(self.groups[group]) for group in self.tested[number]]
        if values.shape != (sum(lengths),):
            raise ValueError(f"split {number} tests {sum(lengths)} bars, its values have shape {values.shape}")
        return dict(zip(self.tested[number], np.split(values, np.cumsum(lengths)[:-1]), strict=True))


def walk_forward(
    n_bars: int, *, train: int, test: int, horizon: int, embargo: int, anchored: bool = False
) -> tuple[Split, ...]:
    """Walk-forward splits: train on the past, test on the next bars, then move forward by one test. All lengths are in bars.

    Rolling: the last `train` bars before the gap of horizon + embargo. Anchored: all bars from the first, at least `train`.
    Tests follow each other without a gap; an incomplete last test is left out. Raises ValueError when not even one split
    fits, or a length is not positive.
    """
    gap = _gap(horizon, embargo)
    if train < 1 or test < 1:
        raise ValueError(f"train and test need a bar at least, got {train} and {test}")
    first = train + gap
    if first + test > n_bars:
        raise ValueError(
            f"one walk needs {train} bars to train, a gap of {gap} and {test} to test, {first + test} in all; there are {n_bars}"
        )
    return tuple(
        Split(
            train=(Span(start=0 if anchored else at - first, stop=at - gap),),
            test=(Span(start=at, stop=at + test),),
        )
        for at in range(first, n_bars - test + 1, test)
    )


def combinatorial_purged(n_bars: int, *, groups: int, tested: int, horizon: int, embargo: int) -> Combinatorial:
    """Every way to test `tested` of `groups` near-equal spans and to train on the rest of the bars (ch. 12).

    comb(groups, tested) splits; each bar is tested `number_of_paths(groups, tested)` times. Raises ValueError when a split
    would have nothing to train on.
    """
    gap = _gap(horizon, embargo)
    number_of_paths(groups, tested)
    if n_bars < groups:
        raise ValueError(f"{n_bars} bars cannot be cut into {groups} groups")
    edges = np.linspace(0, n_bars, groups + 1).round().astype(int)
    spans = tuple(Span(start=a, stop=b) for a, b in pairwise(edges.tolist()))
    chosen = tuple(combinations(range(groups), tested))
    splits = tuple(_purged(n_bars, tuple(spans[group] for group in test), gap) for test in chosen)
    by_group = [[number for number, test in enumerate(chosen) if group in test] for group in range(groups)]
    return Combinatorial(groups=spans, splits=splits, tested=chosen, paths=tuple(zip(*by_group, strict=True)))


def number_of_paths(groups: int, tested: int) -> int:
    """The number of complete paths that the tests form: phi = tested / groups * comb(groups, tested) (ch. 12).

    Raises ValueError unless 1 <= tested < groups.
    """
    if not 1 <= tested < groups:
        raise ValueError(f"from 1 to {groups - 1} of {groups} groups can be tested, got {tested}")
    return comb(groups - 1, tested - 1)


def _purged(n_bars: int, test: tuple[Span, ...], gap: int) -> Split:
    """The train bars that are more than `gap` bars away from every test bar."""
    free = np.ones(n_bars, dtype=bool)
    for span in test:
        free[max(0, span.start - gap) : span.stop + gap] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
    train = tuple(Span(start=int(a), stop=int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))
    if not train:
        raise ValueError(
            f"a gap of {gap} bars round the tests leaves nothing of {n_bars} bars to train on; take fewer groups or more bars"
        )
    return Split(train=train, test=test)


def _gap(horizon: int, embargo: int) -> int:
    if horizon < 0 or embargo < 0:
        raise ValueError(f"horizon and embargo cannot be negative, got {horizon} and {embargo}")
    return horizon + embargo


def _joined(spans: tuple[Span, ...]) -> Indices:
    return np.concatenate([span.bars() for span in spans])
