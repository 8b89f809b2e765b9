"""The recursion of the lazy network at infinite width against the march, the closed form and the lazy model."""

import numpy as np
import pytest
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.feature_learning.theory.order_parameters import MOST_GROWTH
from scalefront.models.feature_learning.theory.recursion import BLOCK, recursion
from scalefront.models.random_features.theory.one_pass import one_pass_curves
from scalefront.spectra import power_law

SPECTRUM = power_law(1.5, 0.5, 1e4, exact=10)
FEW = power_law(1.5, 0.5, 12, exact=12)


@pytest.mark.parametrize(("batch", "label_noise"), [(np.inf, 0.0), (32, 0.0), (4, 0.7)])
def test_recursion_equals_the_march(batch, label_noise):
    last = BLOCK + 50
    found = recursion(FEW, np.arange(last + 1), 0.2, batch, label_noise)
    marched = march(FEW, last, 0.2, batch=batch, label_noise=label_noise).test_loss
    np.testing.assert_allclose(found, marched, rtol=1e-12)


def test_blocks_equal_steps_taken_one_by_one():
    rate, batch, noise, last = 0.3, 8, 0.25, 3 * BLOCK + 7
    power, losses = SPECTRUM.task_power, []
    for _ in range(last + 1):
        losses.append(SPECTRUM.multiplicity @ power)
        kick = (rate * SPECTRUM.eigenvalue) ** 2 / batch
        power = (1 - rate * SPECTRUM.eigenvalue) ** 2 * power + kick * (losses[-1] + noise)
    steps = np.array([last, 0, BLOCK, BLOCK - 1, 2 * BLOCK + 1])
    np.testing.assert_allclose(recursion(SPECTRUM, steps, rate, batch, 0.5), np.array(losses)[steps], rtol=1e-12)


def test_a_population_gradient_shrinks_every_mode_by_itself():
    steps = np.array([0, 10, 1000, 100_000])
    shrink = (1 - 0.2 * SPECTRUM.eigenvalue) ** (2.0 * steps[:, None])
    expected = shrink @ (SPECTRUM.multiplicity * SPECTRUM.task_power)
    # the power (1 - 0.2 lambda)^(2 n) is itself known to n rounding errors
    np.testing.assert_allclose(recursion(SPECTRUM, steps, 0.2), expected, rtol=1e-10)


@pytest.mark.parametrize("batch", [1e3, 1e5])
def test_one_pass_sgd_of_the_lazy_model_differs_by_the_rank_one_part_alone(batch):
    """lambda_k^2 v_k^2/B a step, beside lambda_k L/B: relative to the loss at most 2 eta max_n(n u q^n)/B < 1/B."""
    steps = np.array([1, 10, 100, 1000, 10_000])
    lazy = one_pass_curves(SPECTRUM, [np.inf], [0.3], [0.2], [batch], steps).test_loss[0]
    assert np.all(np.abs(recursion(SPECTRUM, steps, 0.2, batch, 0.3) / lazy - 1) < 1 / batch)


def test_a_diverging_loss_is_infinite_from_its_growth_on():
    found = recursion(SPECTRUM, np.arange(1000), 20.0)
    lost = np.isinf(found)
    first = np.argmax(lost)
    assert first > 1 and lost[first:].all()
    assert np.all(found[:first] <= MOST_GROWTH * SPECTRUM.initial_loss)
    # lambda_1 = 1 grows by 19^2 a step, all others by less
    assert first == np.ceil(np.log(MOST_GROWTH * SPECTRUM.initial_loss) / np.log(361))


def test_no_steps_have_no_losses():
    assert recursion(SPECTRUM, [], 0.2).shape == (0,)
