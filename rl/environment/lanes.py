"""Which accounts trade a course: compiled ones on spot, those of a session on perpetuals. Nobody else asks which it is."""

from collections.abc import Sequence
from typing import TypeAlias, cast

from config.errors import DataFault
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from rl.environment.contracts.course import ContractCourse
from rl.environment.contracts.lanes import ContractLanes

AnyCourse: TypeAlias = Course | ContractCourse
AnyLanes: TypeAlias = Lanes | ContractLanes


def starting_cash(course: AnyCourse) -> float:
    """Equity of an account on a course before its first bar [quote]."""
    if isinstance(course, ContractCourse):
        return course.rules.starting_cash
    return float(course.rules.limits[0]["starting_cash"])


def lanes_of(courses: Sequence[AnyCourse], *, reviews: bool = False, also: Sequence[AnyCourse] = ()) -> AnyLanes:
    """Accounts on these courses. `reviews`: they also stop at positions by shares. `also`: courses that a lane may begin later.

    Raises DataFault for no course, for spot and perpetuals together, and for courses that do not fit together.
    """
    kinds = {type(course) for course in (*courses, *also)}
    if len(kinds) > 1:
        raise DataFault("Spot and perpetuals lie on one tape. Nothing was run: give tapes of one kind.")
    if kinds == {ContractCourse}:
        return ContractLanes(cast(Sequence[ContractCourse], courses), reviews=reviews)
    return Lanes(cast(Sequence[Course], courses), reviews=reviews, also=cast(Sequence[Course], also))
