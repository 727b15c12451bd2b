"""The trailing stop on a real venue: one stop, raised in place of the one before."""

from trader_support import World, uncovered

from risk.order import Purpose


def trailing(world: World) -> int:
    """Trailing stops that were sent so far."""
    return sum(order.purpose is Purpose.TRAILING_STOP for order in world.events.orders())


def at_target() -> World:
    """A world that has sold half at the target; a trailing stop protects the rest."""
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    world.bar(50_000, 52_500, 49_990, 52_400)
    return world


def test_each_raise_sends_one_stop_and_leaves_one_at_the_venue() -> None:
    world = at_target()
    for number, high in enumerate((53_000, 54_000, 55_000), start=1):
        before = trailing(world)
        world.bar(high - 600, high, high - 700, high - 100)
        assert trailing(world) - before == 1, f"raise {number}"
        assert world.resting() == [(Purpose.TRAILING_STOP, world.held)]
        assert uncovered(world) == 0


def test_a_bar_that_raises_nothing_sends_nothing() -> None:
    world = at_target()
    before = len(world.events.orders())
    world.bar(52_400, 52_450, 51_600, 52_000)
    assert len(world.events.orders()) == before
