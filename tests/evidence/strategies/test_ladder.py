"""The rungs of the ladder: a policy stands on its own rung alone, and only if the profile lets it act."""

from agents.desk.world import World
from config.reading.load import load_profile
from evidence.strategies.ladder import NAMES, steps


def _world(mode: str) -> World:
    settings = load_profile("paper", {})
    policy = settings.rl.model_copy(update={"mode": mode, "model": "models/hourly"})
    return World(settings=settings.model_copy(update={"rl": policy}))


def test_without_a_policy_the_ladder_ends_at_the_gate() -> None:
    for mode in ("off", "advisory"):
        rungs = steps(_world(mode))
        assert [rung.name for rung in rungs] == list(NAMES[:-1])
        assert {rung.world.settings.rl.mode for rung in rungs} == {"off"}


def test_a_policy_that_may_act_is_the_last_rung_and_acts_on_no_other() -> None:
    rungs = steps(_world("active"))
    assert [rung.name for rung in rungs] == list(NAMES)
    assert [rung.world.settings.rl.mode for rung in rungs] == ["off"] * (len(NAMES) - 1) + ["active"]
    assert rungs[-1].world.settings.limits == rungs[-2].world.settings.limits
    assert rungs[-1].world.settings.court == rungs[-2].world.settings.court
