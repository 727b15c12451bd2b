"""Whether any size can reach the limits of VaR and ES. What no size can reach is not measured: the result is the same.

For one market without shares, a purchase is the whole book and at most `max_position_fraction` of it. A filtered tail of one
unit is a past step divided by its volatility, times the present one. With a floor, the first is at least the root mean square of
n steps, of which no step is more than sqrt(n) times; the second is at most the largest step times the root of the weight of its
kind. A plain tail is at most the largest step, and that is at most as many of the largest return of a bar as it has bars.
"""

import math

from execution.kernel.lanes.course import Course

_MARGIN = 1.01
"""More than rounding can add."""


def can_bind(course: Course) -> bool:
    """Whether VaR or ES may limit a purchase of this course; True in doubt."""
    limits, columns = course.rules.limits[0], course.grid.columns
    if columns.shape[1] > 1 or course.votes.exposure is not None or (limits["filtered"] and not limits["floored"]):
        return True
    largest = columns.largest * int(limits["step"])
    if limits["filtered"]:
        steps = int(limits["window"]) // int(limits["step"]) + 1
        largest *= math.sqrt(steps * max(float(limits["falls"]), 2.0 - float(limits["falls"])))
    most = largest * _MARGIN * float(limits["day_scale"]) * float(limits["max_position_fraction"])
    return not most < min(float(limits["max_var_1d"]), float(limits["max_es_1d"]))
