"""The lowest values of a sample in their order, and the quantile and the mean of its tail.

Up to FEW of them are inserted one by one among the lowest so far, which beats selecting; longer tails are selected.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.records import Floats, Record


@compiled
def reach_of(tail: float, rows: int) -> float:
    """How many of the smallest values the tail is made of; the last of them in part."""
    return float(min(max((rows + 1) * tail, 1.0), rows - 1.0))


@compiled
def edge_of(ordered: Floats, reach: float) -> float:
    """The quantile: between the last value that is wholly in the tail and the next. `ordered`, shape (n_lowest,) [fraction]."""
    whole = int(reach)
    return float(ordered[whole - 1] + (reach - whole) * (ordered[whole] - ordered[whole - 1]))


@compiled
def mean_below(ordered: Floats, reach: float) -> float:
    """The mean of the tail. `ordered`, shape (n_lowest,), rising, [fraction]."""
    whole, total = int(reach), 0.0
    for i in range(whole):
        total += ordered[i]
    return float((total + (reach - whole) * ordered[whole]) / reach)


@compiled
def rank_above(tail: float, rows: int) -> int:
    """Rank, from 0, of the larger of the two values between which the quantile lies."""
    return min(int(tail * (rows - 1)), rows - 2) + 1


@compiled
def ranked(account: Record, paper: Floats, values: Floats, rank: int) -> float:
    """The value of a rank, from 0; up to FEW, those below it are left in `account.lowest`, rising.

    `values`, shape (n_rows,), [fraction]: not changed. `paper`, shape (4, window): scratch space, of which row 3 is changed.
    """
    if rank >= w.FEW:
        return selected(paper, values, rank)
    few = _candidates(account, paper, values, rank)
    lowest, filled, edge = account.lowest, 0, np.inf
    for i in range(few):
        value = paper[3, i]
        if value >= edge:
            continue
        at = min(filled, rank)
        while at > 0 and lowest[at - 1] > value:
            lowest[at] = lowest[at - 1]
            at -= 1
        lowest[at] = value
        filled += 1
        if filled > rank:
            edge = lowest[rank]
    return float(lowest[rank])


@compiled
def _candidates(account: Record, paper: Floats, values: Floats, rank: int) -> int:
    """Leave in `paper[3]` the values that can be among the `rank` + 1 lowest, and return how many they are.

    Of as many groups of values the largest minimum is not below the one that is searched.
    """
    groups, most, few = rank + 1, -np.inf, 0
    lowest, whole = account.lowest, len(values) // (rank + 1)
    for group in range(groups):
        lowest[group] = values[group]
    for first in range(groups, whole * groups, groups):
        for group in range(groups):
            lowest[group] = min(lowest[group], values[first + group])
    for group in range(groups):
        most = max(most, lowest[group])
    for i in range(len(values)):
        paper[3, few] = values[i]
        few += 1 if values[i] <= most else 0
    return few


@compiled
def selected(paper: Floats, values: Floats, rank: int) -> float:
    """The same by selection (Hoare 1961), for tails that are long. In `paper[3]` all that is lower stands before it.

    `values`, shape (n_rows,), [fraction]; `paper`, shape (4, window).
    """
    work, low, high = paper[3], 0, len(values) - 1
    for i in range(len(values)):
        work[i] = values[i]
    while low < high:
        pivot, left, right = work[(low + high) // 2], low, high
        while left <= right:
            while work[left] < pivot:
                left += 1
            while work[right] > pivot:
                right -= 1
            if left <= right:
                work[left], work[right] = work[right], work[left]
                left += 1
                right -= 1
        if rank <= right:
            high = right
        elif rank >= left:
            low = left
        else:
            break
    return float(work[rank])


@compiled
def put_in_order(values: Floats) -> None:
    """Sort in place, by heaps (Williams 1964). `values`, shape (n_values,), [fraction]."""
    for first in range(len(values) // 2 - 1, -1, -1):
        _sink(values, first, len(values))
    for last in range(len(values) - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        _sink(values, 0, last)


@compiled
def _sink(heap: Floats, at: int, size: int) -> None:
    """Let a value sink until none below it is larger."""
    value = heap[at]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value
