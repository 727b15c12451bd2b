import dataclasses
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from policy_support import FEATURES, card, model, networks, training_features

from config.errors import DataFault, UsageFault
from rl.model import CARD, WEIGHTS, PolicyModel, load_model
from rl.networks import Networks
from rl.training_range import Scaler, TrainingRange


def test_a_model_read_from_its_folder_gives_the_same_answers(tmp_path: Path) -> None:
    trained = model()
    trained.save(tmp_path)
    served = load_model(tmp_path)
    assert served.card == trained.card
    for seen in training_features(200):
        assert served.answer(seen) == trained.answer(seen)


def test_the_same_numbers_make_the_same_bytes_and_the_hash_covers_both_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        model().save(tmp_path / name)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert files[0] == files[1]
    assert set(files[0]) == {CARD, WEIGHTS}
    assert model().sha256 == load_model(tmp_path / "a").sha256 == hashlib.sha256(files[0][CARD]).hexdigest()
    other = dataclasses.replace(model(), networks=networks(seed=6))
    assert other.sha256 != model().sha256
    assert model(trials=5).sha256 != model().sha256


def test_the_answer_is_the_mean_of_the_seeds_shrunk_by_their_disagreement() -> None:
    trained, net = model(), networks()
    for seen in training_features(50):
        z = (seen - trained.scaler.mean) / trained.scaler.sd
        each = []
        for s in range(3):
            first = np.tanh(net.w1[s] @ z + net.b1[s])
            each.append(np.clip(net.w3[s] @ np.tanh(net.w2[s] @ first + net.b2[s]) + net.b3[s], -1.0, 1.0))
        sd = np.std(each)
        assert trained.answer(seen) == (
            pytest.approx(np.mean(each) * max(0.25, 1 - 2 * sd), abs=1e-6),
            pytest.approx(sd, abs=1e-6),
        )


def test_many_observations_get_the_answers_that_each_alone_gets() -> None:
    trained, seen = model(), training_features(300)
    actions, spreads = trained.answers(seen)
    alone = np.array([trained.answer(row) for row in seen])
    np.testing.assert_allclose(actions, alone[:, 0], atol=1.1e-6)
    np.testing.assert_allclose(spreads, alone[:, 1], atol=1.1e-6)
    assert np.ptp(actions) > 0.05
    assert (np.abs(actions) <= 1.0).all()


def test_one_observation_is_answered_as_many_are_where_features_are_missing_or_far_away() -> None:
    trained, seen = model(), training_features(200)
    seen[::2, 0] = np.nan
    seen[1::3, 1] *= 1e6
    seen[5::7, 2] = -1e12
    near = (np.abs((seen - trained.scaler.mean) / trained.scaler.sd) < 9.0).all(axis=1)
    assert 20 < near.sum() < 180
    alone = np.array([trained.answer(row) for row in seen])
    np.testing.assert_allclose(trained.answers(seen)[0], alone[:, 0], atol=1.1e-6)


def test_seeds_that_agree_are_not_shrunk_and_seeds_that_differ_keep_a_quarter_at_least() -> None:
    one = networks(1)
    same = Networks(*(np.repeat(getattr(one, name), 2, axis=0) for name in ("w1", "b1", "w2", "b2", "w3", "b3")))
    seen = training_features()
    scaler = Scaler.of(seen)
    known = TrainingRange.of(seen, scaler)
    alone = PolicyModel(card(seeds=(1,)), scaler, known, one)
    twice = PolicyModel(card(seeds=(1, 2)), scaler, known, same)
    assert twice.answer(seen[0]) == alone.answer(seen[0])
    torn = dataclasses.replace(same, w3=np.zeros((2, 8)), b3=np.array([1.0, -0.5]))
    assert PolicyModel(card(seeds=(1, 2)), scaler, known, torn).answer(seen[0]) == (0.25 * 0.25, 0.75)


def test_an_observation_within_the_training_range_is_usual() -> None:
    trained = model()
    usual = [trained.unusual(seen) for seen in training_features(2000, seed=9)]
    assert sum(why is not None for why in usual) <= 10


@pytest.mark.parametrize(("column", "value"), [(0, 50.0), (1, -50.0), (2, 1e300), (0, float("nan")), (2, float("inf"))])
def test_a_feature_beyond_its_training_range_is_named(column: int, value: float) -> None:
    seen = training_features(1)[0]
    seen[column] = value
    why = model().unusual(seen)
    assert why is not None
    assert why.startswith(FEATURES[column])


def _with_gaps(*, never: int, sometimes: int) -> PolicyModel:
    """A policy in whose training one feature was never known, and one in half of the observations."""
    seen = training_features()
    seen[:, never] = np.nan
    seen[::2, sometimes] = np.nan
    scaler = Scaler.of(seen)
    return PolicyModel(card(), scaler, TrainingRange.of(seen, scaler), networks())


def test_a_feature_that_training_never_knew_is_not_read() -> None:
    trained = _with_gaps(never=2, sometimes=1)
    seen = training_features(1)[0]
    for value in (float("nan"), 0.0, 7.0, 1e9):
        other = np.array([*seen[:2], value])
        assert trained.unusual(other) is None
        assert trained.answer(other) == trained.answer(seen)
        assert trained.answers(other[None, :])[0] == trained.answers(seen[None, :])[0]


def test_what_is_missing_is_the_mean_of_training_if_it_was_sometimes_missing_there() -> None:
    trained = _with_gaps(never=2, sometimes=1)
    seen = training_features(1)[0]
    assert trained.answer(np.array([seen[0], np.nan, 0.0])) == trained.answer(
        np.array([seen[0], trained.scaler.fill[1], 0.0])
    )
    assert trained.unusual(np.array([seen[0], np.nan, 0.0])) is None
    why = trained.unusual(np.array([np.nan, seen[1], 0.0]))
    assert why == "first is missing, and in training it was known"


def test_a_combination_that_never_occurred_is_unusual_though_each_feature_is_common() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=2000)
    seen = np.column_stack([common, common + rng.normal(size=2000) * 0.01])
    scaler = Scaler.of(seen)
    known = TrainingRange.of(seen, scaler)
    assert known.unusual(np.array([1.0, 1.0]), scaler, ("a", "b")) is None
    why = known.unusual(np.array([1.0, -1.0]), scaler, ("a", "b"))
    assert why is not None
    assert "combination" in why


def test_a_feature_that_never_moved_may_not_move() -> None:
    seen = np.column_stack([training_features(500, 1)[:, 0], np.ones(500)])
    scaler = Scaler.of(seen)
    known = TrainingRange.of(seen, scaler)
    assert known.unusual(seen[0], scaler, ("a", "b")) is None
    assert "b is 0" in str(known.unusual(np.array([seen[0, 0], 0.0]), scaler, ("a", "b")))


@pytest.mark.parametrize("name", ["w1", "b3"])
def test_weights_that_are_not_finite_are_never_written(tmp_path: Path, name: str) -> None:
    broken = getattr(networks(), name).copy()
    broken.flat[0] = np.nan
    with pytest.raises(DataFault, match="not finite"):
        dataclasses.replace(model(), networks=dataclasses.replace(networks(), **{name: broken})).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_weights_of_other_shapes_are_refused() -> None:
    with pytest.raises(DataFault, match="do not fit its 3 features and 3 seeds"):
        dataclasses.replace(model(), networks=networks(seeds=2))
    with pytest.raises(DataFault, match="do not fit"):
        dataclasses.replace(model(), networks=networks(features=4))


def _edit(folder: Path, **changed: object) -> None:
    tree = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(tree | changed))


def _card_edited_by_hand(folder: Path) -> None:
    tree = json.loads((folder / CARD).read_text())
    tree["card"]["trials"] = 1
    (folder / CARD).write_text(json.dumps(tree))


def _weights(folder: Path, content: bytes) -> None:
    (folder / WEIGHTS).write_bytes(content)
    _edit(folder, weights_sha256=hashlib.sha256(content).hexdigest())


def _archive(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _bad_checksum(folder: Path) -> None:
    """A member whose bytes do not fit the checksum of the archive."""
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[300] ^= 1
    _weights(folder, bytes(content))


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda folder: (folder / CARD).unlink(), "has no model.json"),
        (lambda folder: (folder / WEIGHTS).unlink(), "has no weights.npz"),
        (lambda folder: (folder / CARD).write_text("{"), "model.json that cannot be read"),
        (lambda folder: (folder / CARD).write_bytes(b"\xff\xfe"), "model.json that cannot be read"),
        (lambda folder: _edit(folder, format=2), "of another format than 1"),
        (lambda folder: _edit(folder, weights_sha256="00" * 32), "another weights.npz than its model.json names"),
        (lambda folder: _edit(folder, more=1), "model.json that cannot be read"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"PK"), "another weights.npz than"),
        (lambda folder: _weights(folder, b"no zip"), "weights.npz that cannot be read"),
        (lambda folder: _weights(folder, b""), "weights.npz that cannot be read"),
        (_bad_checksum, "weights.npz that cannot be read"),
        (lambda folder: _weights(folder, _archive(mean=np.zeros(3))), "weights.npz that cannot be read"),
        (lambda folder: _weights(folder, _archive(mean=np.array([object()]))), "weights.npz that cannot be read"),
        (_card_edited_by_hand, "edited by hand"),
    ],
)
def test_a_folder_that_is_damaged_is_refused_in_words(tmp_path: Path, break_it: object, says: str) -> None:
    model().save(tmp_path)
    assert callable(break_it)
    break_it(tmp_path)
    with pytest.raises(UsageFault, match=says) as refusal:
        load_model(tmp_path)
    assert "Nothing was started." in str(refusal.value)


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"has no model\.json that can be read \(No such file"):
        load_model(tmp_path / "nowhere")


def test_weights_that_do_not_fit_the_card_are_refused_when_they_are_read(tmp_path: Path) -> None:
    model().save(tmp_path)
    with zipfile.ZipFile(tmp_path / WEIGHTS) as packed:
        arrays = {name.removesuffix(".npy"): np.load(io.BytesIO(packed.read(name))) for name in packed.namelist()}
    _weights(tmp_path, _archive(**(arrays | {"b3": np.zeros(2)})))
    with pytest.raises(UsageFault, match="do not fit each other"):
        load_model(tmp_path)


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    assert load_model(tmp_path, schemas=("ab" * 32,)).name == "drawn"
    with pytest.raises(UsageFault, match="reads other features"):
        load_model(tmp_path, schemas=("ac" * 32,))


def test_a_model_is_read_without_a_training_library_and_quickly(tmp_path: Path) -> None:
    model(seeds=tuple(range(10))).save(tmp_path)
    code = (
        "import sys; from pathlib import Path; from rl.model import load_model; load_model(Path(sys.argv[1]));"
        "print(sorted({'torch', 'stable_baselines3', 'gymnasium', 'numba'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
    costs = []
    for _ in range(5):
        began = time.process_time()
        load_model(tmp_path)
        costs.append(time.process_time() - began)
    assert min(costs) < 0.030
