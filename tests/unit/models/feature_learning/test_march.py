"""The causal march against printed values, the equations as they are first written, the lazy model and simulation."""

import numpy as np
import pytest
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.theory import epoch_means, epochs
from scalefront.models.random_features.theory.edge import batch_size
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import Spectrum, power_law

from tests.oracles.printed import assert_printed, floats, load

SMALL = power_law(1.5, 0.5, 60, exact=60)
PRINTED = load("feature_learning_march")["march"]
# the table's other rows are of variants that stand here already
LONG = ("D:", "E:", "K:")
NETWORKS = [
    {"width": 12, "batch": 4, "richness": 0.0},
    {"width": 12, "batch": 4, "richness": 1.0, "label_noise": 0.5},
    {"width": 12, "batch": 4, "richness": 1.0, "label_noise": 0.5, "pure": True},
    {"width": 12, "samples": 10, "richness": 1.0, "label_noise": 0.5},
    {"width": 12, "samples": 10, "batch": 3, "richness": 1.0, "label_noise": 0.5},
    {"width": 12, "samples": 10, "batch": 3, "richness": 1.0, "pure": True},
    {"samples": 10, "batch": 3, "richness": 1.0},
]


def name_of(network):
    return "-".join(f"{word}={value}" for word, value in network.items())


def printed_cases():
    for case in PRINTED:
        slow = case["name"].startswith(LONG)
        yield pytest.param(case, id=case["name"], marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("case", printed_cases())
def test_losses_and_correlations_are_the_printed_ones(case):
    shape = {word: float(value) for word, value in case["spectrum"].items()}
    network = {word: value if isinstance(value, bool) else float(value) for word, value in case["network"].items()}
    steps = case["steps"]
    found = march(power_law(**shape, exact=shape["modes"]), steps[-1], float(case["learning_rate"]), **network)
    if "compressed" in case:
        np.testing.assert_allclose(found.test_loss[steps], floats(case["test_loss"]), rtol=float(case["compressed"]))
        return
    assert_printed(found.test_loss[steps], case["test_loss"], "test loss")
    if "train_loss" in case:
        assert_printed(found.train_loss[steps], case["train_loss"], "train loss")
    if "last_c_w" in case:
        assert_printed([found.c_w[-1, -1]], [case["last_c_w"]], "C_w")


def strict(matrix):
    return np.tril(matrix, -1)


@pytest.mark.parametrize("network", NETWORKS, ids=name_of)
def test_the_march_solves_the_equations_as_first_written(network):
    """theory/feature_learning.md 2.1 to 2.3: dense inverses, C_D instead of C_0, R_h of 2.3."""
    rate, steps, spectrum = 0.2, 30, power_law(1.5, 0.5, 20, exact=20)
    found = march(spectrum, steps, rate, **network)
    width, samples = network.get("width", np.inf), network.get("samples", np.inf)
    pure, power = network.get("pure", False), network.get("label_noise", 0.0) ** 2
    unit, gain = np.eye(steps + 1), network["richness"] * rate
    start = rate * strict(np.ones_like(unit))
    g = np.linalg.solve(unit - gain * start @ strict(found.c_g if pure else found.c_h), start)
    fed_back = gain * strict(found.c_w)
    phi = found.r_w + fed_back if pure else (g + fed_back) @ found.r_h
    transfer = [np.linalg.inv(unit + value * phi @ found.r_d) for value in spectrum.eigenvalue]
    seen = sum(value * h for value, h in zip(spectrum.eigenvalue, transfer, strict=True))
    r_d = np.linalg.inv(unit + seen @ phi / samples)
    r_h = np.linalg.inv(unit + found.r_d @ seen @ (g if pure else g + fed_back) / width)
    kept = found.r_d - unit
    if np.isinf(samples):
        drive = np.diag(found.test_loss + power) / network["batch"]
    else:
        noise = np.diag(found.train_loss) * samples / batch_size(network.get("batch", samples), samples)
        drive = (found.c_d - kept @ noise @ kept.T + found.r_d @ noise @ found.r_d.T) / samples
    hidden = (found.r_w if pure else phi) @ found.c_g @ (found.r_w if pure else phi).T / width
    c_0, c_g = np.zeros_like(unit), np.zeros_like(unit)
    for value, task, h in zip(spectrum.eigenvalue, spectrum.task_power, transfer, strict=True):
        mean, reach, back = h.sum(1), h @ phi, value * found.r_d @ h
        c_0 += task * np.outer(mean, mean) + value * (value * reach @ drive @ reach.T + h @ hidden @ h.T)
        mean, near = found.r_d @ mean, unit - back @ phi
        c_g += value * task * np.outer(mean, mean) + value * near @ drive @ near.T + back @ hidden @ back.T
    same = {"rtol": 1e-11, "atol": 1e-12}
    for name, value in {"g": g, "r_d": r_d, "r_h": r_h, "r_w": g @ found.r_h, "c_g": c_g}.items():
        np.testing.assert_allclose(getattr(found, name), value, **same, err_msg=name)
    np.testing.assert_allclose(found.c_h, found.r_h @ found.c_g @ found.r_h.T, **same)
    np.testing.assert_allclose(found.c_w, found.r_w @ found.c_g @ found.r_w.T, **same)
    np.testing.assert_allclose(found.test_loss, np.diag(c_0), **same)
    np.testing.assert_allclose(found.transfer, np.stack([h.sum(1) for h in transfer], axis=1), **same)
    if np.isfinite(samples):
        c_d = found.r_d @ (c_0 + power) @ found.r_d.T + kept @ noise @ kept.T
        np.testing.assert_allclose(found.c_d, c_d, **same)
        np.testing.assert_allclose(found.train_loss, np.diag(c_d), **same)


@pytest.mark.parametrize(
    ("width", "samples", "label_noise"),
    [(40, 60, 0.5), (60, 40, 0.5), (40, 40, 0.0), (40, np.inf, 0.0), (np.inf, 40, 0.5)],
)
def test_lazy_full_batches_equal_the_theory_of_the_lazy_model(width, samples, label_noise):
    steps = np.array([0, 1, 4, 16, 64, 200])
    found = march(SMALL, 200, 0.2, width=width, samples=samples, label_noise=label_noise)
    lazy = loss_curves(SMALL, [width], [samples], [label_noise], steps, Method("gradient_descent", 0.2))
    assert lazy.converged.all()
    np.testing.assert_allclose(found.test_loss[steps], lazy.test_loss[0], rtol=1e-10)
    if np.isfinite(samples):
        np.testing.assert_allclose(found.train_loss[steps], lazy.train_loss[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("width", "samples", "batch"), [(40, 60, 4), (60, 40, 1), (np.inf, 50, 5), (40, np.inf, 4), (40, 60, 60)]
)
def test_lazy_batches_solve_the_volterra_equation_of_the_lazy_model(width, samples, batch):
    """Its means and gains at vanishing noise have no rank-one part, which the march neglects; both are off by it."""
    last, rate, label_noise, vanishing = 100, 0.2, 0.5, 1e-9
    problem = epoch_means.Problem(SMALL, float(width), float(samples), label_noise, rate, vanishing)
    mean, every = epoch_means.means(problem, np.arange(last + 1.0)), np.arange(1, last + 1.0)
    strength = 1 / batch_size(batch, samples) / vanishing
    gains = [np.append(0, gain) * strength for gain in epochs._feedback_at(problem, every)[:2]]
    test, train = np.array(mean.test_loss), np.array(mean.train_loss)
    for n in range(1, last + 1):
        test[n] += gains[0][n:0:-1] @ train[:n]
        train[n] += gains[1][n:0:-1] @ train[:n]
    found = march(SMALL, last, rate, width=width, samples=samples, batch=batch, label_noise=label_noise)
    np.testing.assert_allclose(found.test_loss, test, rtol=1e-8)
    if np.isfinite(samples):
        np.testing.assert_allclose(found.train_loss, train, rtol=1e-8)


def test_infinite_width_and_batch_is_descent_of_a_network_with_orthogonal_features():
    """theory/feature_learning.md 1d: width = modes and A0 = sqrt(M) I have no disorder left."""
    rate, richness, last, spectrum = 0.2, 2.0, 150, power_law(1.5, 0.5, 30, exact=30)
    modes, target = 30, np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    readout, layer = np.zeros(modes), np.sqrt(modes) * np.eye(modes)
    losses, powers = [], []
    for _ in range(last + 1):
        left = target - layer.T @ readout / modes
        losses.append(spectrum.eigenvalue @ left**2)
        powers.append(readout @ readout / modes)
        gradient = spectrum.eigenvalue * left
        readout, layer = (
            readout + rate * layer @ gradient,
            layer + rate * richness * np.outer(readout, gradient),
        )
    for pure in (False, True):
        found = march(spectrum, last, rate, richness=richness, pure=pure)
        np.testing.assert_allclose(found.test_loss, losses, rtol=1e-10)
        np.testing.assert_allclose(np.diag(found.c_w), powers, rtol=1e-10)


def simulate(rng, width, samples, batches, rate, label_noise, steps, runs):
    """Test and train loss (2, runs, T) of rich projected networks for each of ``batches``, on the same data."""
    target = np.sqrt(SMALL.task_power / SMALL.eigenvalue)
    projection = rng.standard_normal((runs, width, len(target)))
    inputs = rng.standard_normal((runs, samples, len(target))) * np.sqrt(SMALL.eigenvalue)
    labels = inputs @ target + label_noise * rng.standard_normal((runs, samples))
    features = inputs @ projection.transpose(0, 2, 1)
    for batch in batches:
        readout, layer, losses = np.zeros((runs, width)), np.tile(np.eye(width), (runs, 1, 1)), []
        for step in range(steps[-1] + 1):
            predictor = np.einsum("rn,rnm->rm", readout, layer) / width
            error = labels - np.einsum("rpn,rn->rp", features, predictor)
            if step in steps:
                left = target - np.einsum("rn,rnm->rm", predictor, projection)
                losses.append((left**2 @ SMALL.eigenvalue, (error**2).mean(1)))
            chosen = rng.random((runs, samples)).argsort(1) < batch
            force = np.einsum("rpn,rp->rn", features, error * chosen) / batch
            readout, layer = (
                readout + rate * np.einsum("rnm,rm->rn", layer, force),
                layer + rate / width * readout[:, :, None] * force[:, None],
            )
        yield np.array(losses).transpose(1, 2, 0)


def test_rich_batches_of_a_training_set_lose_what_theory_says():
    """Within 4 standard errors, and so the loss that the batches add to the same runs with full batches."""
    width, samples, batch, rate, label_noise, steps = 60, 96, 4, 0.15, 0.5, [1, 4, 16, 64, 150]
    network = {"width": width, "samples": samples, "richness": 1.0, "label_noise": label_noise}
    sizes, rng = (samples, batch), np.random.default_rng(0)
    full, batched = simulate(rng, width, samples, sizes, rate, label_noise, steps, runs=200)
    expected = [march(SMALL, steps[-1], rate, batch=size, **network) for size in sizes]
    expected = [np.stack([found.test_loss, found.train_loss])[:, None, steps] for found in expected]
    for runs, mean in ((full, expected[0]), (batched, expected[1]), (batched - full, expected[1] - expected[0])):
        error = runs.std(axis=1, ddof=1) / np.sqrt(200)
        assert np.all(np.abs((runs - mean).mean(axis=1)) < 4 * error)


def test_groups_of_equal_modes_are_as_good_as_single_ones():
    grouped = Spectrum(np.array([1.0, 0.3, 0.1]), np.array([0.5, 0.1, 0.05]), np.array([1.0, 2.0, 5.0]), 8.0)
    count = grouped.multiplicity.astype(int)
    single = Spectrum(np.repeat(grouped.eigenvalue, count), np.repeat(grouped.task_power, count), np.ones(8), 8.0)
    for network in NETWORKS:
        one, other = (march(spectrum, 40, 0.2, **network) for spectrum in (grouped, single))
        for name in ("test_loss", "train_loss", "c_w", "c_h", "c_g", "c_d", "r_h", "r_d"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("pure", [False, True])
def test_large_sizes_are_infinite_ones(pure):
    size = 1e9  # corrections are its inverse, times df1 < 60
    network = {"width": 20, "richness": 1.0, "label_noise": 0.5, "pure": pure}
    pairs = [
        ({**network, "width": size, "batch": 4}, {**network, "width": np.inf, "batch": 4}),
        ({**network, "samples": size, "batch": 4}, {**network, "batch": 4}),
        ({**network, "batch": size}, network),
        ({**network, "samples": size}, network),
    ]
    for large, infinite in pairs:
        found, expected = (march(SMALL, 60, 0.2, **asked).test_loss for asked in (large, infinite))
        np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_a_batch_of_the_whole_training_set_is_a_full_batch():
    network = {"width": 20, "samples": 15, "richness": 1.0}
    whole, full = (march(SMALL, 40, 0.2, batch=batch, **network) for batch in (15, np.inf))
    for one, other in zip(whole, full, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pure_and_projected_networks_of_infinite_width_are_the_same():
    network = {"samples": 15, "batch": 3, "richness": 1.0, "label_noise": 0.5}
    for one, other in zip(march(SMALL, 40, 0.2, **network), march(SMALL, 40, 0.2, pure=True, **network), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_nothing_has_moved_at_step_zero():
    found = march(SMALL, 0, 0.2, width=20, samples=15, batch=3, label_noise=0.5)
    np.testing.assert_allclose(found.test_loss, [SMALL.initial_loss])
    np.testing.assert_allclose(found.train_loss, [SMALL.initial_loss + 0.25])
    np.testing.assert_array_equal(found.transfer, np.ones((1, 60)))
    assert np.isnan(march(SMALL, 0, 0.2).train_loss).all()


@pytest.mark.parametrize("samples", [20, np.inf])
def test_a_diverging_run_ends_in_infinite_losses(samples):
    found = march(SMALL, 60, 0.2, width=20, richness=100.0, samples=samples)
    lost = np.isinf(found.test_loss)
    assert lost[-1] and not lost[0] and np.all(np.diff(lost.astype(int)) >= 0)
    for name in ("c_w", "c_h", "c_g", "g", "r_h", "r_w", "r_d", "transfer"):
        assert np.isfinite(getattr(found, name)).all(), name
        assert not getattr(found, name)[lost].any(), name


def test_a_train_loss_that_ends_in_rounding_is_not_negative():
    found = march(SMALL, 60, 0.2, samples=1, richness=1.0)
    assert np.all(found.train_loss >= 0) and np.all(found.train_loss[-20:] < 1e-14)
    assert np.diag(found.c_d).min() < 0
