"""Averages over projections and training sets: printed pieces, literal averages, limits."""

from functools import cache

import numpy as np
import pytest
from scalefront.models.random_features.draws import draw_features, draw_samples, mode_chunks
from scalefront.models.random_features.ensembles import split_members
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.kappa import kappa
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.numerics import jax, jnp
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law

from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1000, exact=1000)
SMALL = power_law(1.25, 0.4, 120, exact=120)
INF = np.inf
PIECES = {"c": (1, 1), "c_a": (INF, 1), "c_d": (1, INF), "c_ad": (INF, INF)}  # ensemble, bags
TIME = np.array([1.0, 10.0, 100.0, 1e4])
AVERAGES = pytest.mark.parametrize(("ensemble", "bags"), [(1, 4), (4, 1), (4, 4)])


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def curves(width, samples, label_noise, time, ensemble, bags, method=Method()):  # noqa: B008
    found = loss_curves(SMALL, [width], [samples], [label_noise], time, method, ensemble, bags)
    assert found.converged.all()
    return found.test_loss[0], found.train_loss[0]


@pytest.mark.parametrize("table", ["ensemble", "ensemble_pieces"])
def test_printed_pieces_of_the_loss(table):
    row = REFERENCE[table]
    sizes = ([float(row[word])] for word in ("width", "samples", "label_noise"))
    sizes = list(sizes)
    for name, members in PIECES.items():
        found = loss_curves(SPECTRUM, *sizes, floats(row["time"]), Method(), *members)
        assert_printed(found.test_loss[0], row.get(f"{name}_theory", row.get(name)), name)
        if name == "c" and "train" in row:
            assert_printed(found.train_loss[0], row["train"], "train")


@pytest.mark.parametrize(
    "method", [Method(), Method("gradient_descent", 0.5), Method("momentum", 0.3, 0.9)], ids=lambda m: m.optimizer
)
def test_members_and_bags_mix_the_four_pieces(method):
    # theory/dynamical_model.md 2.6: L = C/(EQ) + (1/Q)(1 - 1/E) C^A + (1/E)(1 - 1/Q) C^D + (1 - 1/E)(1 - 1/Q) C^AD
    counts = np.array([2, 40, 5000, INF])
    c, c_a, c_d, c_ad = (curves(30, 50, 0.3, counts, *members, method)[0] for members in PIECES.values())
    for e, q in ((1, 3), (4, 1), (2, 7)):
        mixed = c / (e * q) + (1 - 1 / e) / q * c_a + (1 - 1 / q) / e * c_d + (1 - 1 / e) * (1 - 1 / q) * c_ad
        np.testing.assert_allclose(curves(30, 50, 0.3, counts, e, q, method)[0], mixed, rtol=1e-11)


@pytest.mark.parametrize(("width", "samples"), [(30, 50), (50, 30), (30, INF), (INF, 30)])
def test_students_that_share_nothing_have_the_bias_of_the_transfer_functions(width, samples):
    # paper Eq. 19: sum_k T_k H_k(t)^2, H_k(t) the single integral of kappa/(kappa + lambda_k)/z
    contour = talbot(24)
    z = contour.node / TIME[:, None]
    at = kappa(SMALL, np.full(len(TIME), width), np.full(len(TIME), samples), z).kappa
    modes = at[:, :, None] / (at[:, :, None] + SMALL.eigenvalue)
    transfer = 2 * np.einsum("h,thk->tk", contour.weight / contour.node, modes).real
    found, _ = curves(width, samples, 0.3, TIME, INF, INF)
    np.testing.assert_allclose(found, transfer**2 @ SMALL.task_power, rtol=1e-9)


@pytest.mark.parametrize("members", [(1, 3), (4, 1), (4, 3), (INF, 1), (1, INF), (INF, INF)])
@pytest.mark.parametrize(("width", "samples"), [(20, 50), (50, 20), (20, INF), (INF, 20)])
def test_limits_are_where_the_curves_end(width, samples, members):
    # the slowest rate is above 1e-4 in all of these
    (test, limit), (train, train_limit) = curves(width, samples, 0.3, [1e12, INF], *members)
    np.testing.assert_allclose(test, limit, rtol=1e-10)
    np.testing.assert_allclose(train, train_limit, rtol=1e-10, atol=1e-12)


def test_students_that_share_not_all_have_a_limit_at_width_equal_to_samples():
    # C alone diverges there as t^1/2 (theory/dynamical_model.md 4); the others end as t^-1/2
    for members in ((INF, 1), (1, INF), (INF, INF)):
        test, limit = curves(30, 30, 0.3, [1e12, INF], *members)[0]
        assert test == pytest.approx(limit, rel=1e-5)
    assert curves(30, 30, 0.3, [INF], 4, 3)[0] == INF


@cache
def simulated(width, samples, ensemble, bags):
    return full_batch(keys(100), SMALL, width, samples, 0.3, TIME, ensemble=ensemble, bags=bags)


@AVERAGES
def test_simulated_averages_equal_theory(ensemble, bags):
    # leading order in 1/N: 1 to 2 % are left at N = 30, P = 50 (theory/dynamical_model.md 7.3)
    found = simulated(30, 50, ensemble, bags)
    test, train = curves(30, 50, 0.3, TIME, ensemble, bags)
    assert np.all(near(found.test_loss, test))
    assert np.isnan(found.train_loss).all() if bags > 1 else np.all(near(found.train_loss, train))


def near(found, expected):
    """Within four standard errors of the mean over draws (S, T), and 2 %."""
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    return np.abs(found.mean(axis=0) - expected) < 4 * error + 0.02 * expected


@pytest.mark.parametrize(("width", "samples", "ensemble", "bags"), [(30, INF, 4, 1), (INF, 50, 1, 4)])
def test_simulated_averages_with_one_bottleneck_equal_theory(width, samples, ensemble, bags):
    found = simulated(width, samples, ensemble, bags)
    assert np.all(near(found.test_loss, curves(width, samples, 0.3, TIME, ensemble, bags)[0]))


def literal_student(features, target, time):
    """Weights (T, N) of gradient flow, w(t) = sum_i v_i (1 - e^{-e_i t})/e_i v_i . X^T y."""
    rate, right = np.linalg.eigh(features.T @ features)
    safe = np.where(rate > 1e-12 * rate[-1], rate, 1.0)
    gain = np.where(rate > 1e-12 * rate[-1], -np.expm1(-np.outer(time, safe)) / safe, np.asarray(time)[:, None])
    return (gain * (right.T @ (features.T @ target))) @ right.T


def draw_of(key, width, samples, ensemble, bags):
    """Population of ``ensemble`` members and training sets of all their features, as ``full_batch`` draws them."""
    projection, data = jax.random.split(key)
    whole = draw_features(projection, *map(jnp.asarray, mode_chunks(SMALL)), width * ensemble)
    members = split_members(whole, ensemble)
    seen = whole._replace(root=members.root.reshape(-1, members.root.shape[2]))
    sets = [draw_samples(jax.random.fold_in(data, bag), seen, 0.3, samples) for bag in range(bags)]
    return jax.tree.map(np.asarray, (members, sets))


@AVERAGES
def test_an_average_is_that_of_students_trained_one_by_one(ensemble, bags):
    width, samples = 30, 50
    members, sets = draw_of(keys(1)[0], width, samples, ensemble, bags)
    errors, predictions = [], []
    for features, target in sets:
        for number, root in enumerate(members.root):
            seen = features[:, number * width : (number + 1) * width]
            weights = literal_student(seen, target, TIME)
            errors.append(members.coefficient - weights @ root)
            predictions.append(weights @ seen.T)
    test = (np.mean(errors, axis=0) ** 2).sum(1) + members.unexplained
    found = simulated(width, samples, ensemble, bags)
    np.testing.assert_allclose(found.test_loss[0], test, rtol=1e-9)
    if bags == 1:
        train = ((sets[0].target - np.mean(predictions, axis=0)) ** 2).sum(1)
        np.testing.assert_allclose(found.train_loss[0], train, rtol=1e-9)
