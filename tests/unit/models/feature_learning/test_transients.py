"""Since when the noise of batches rules, against the exact theory of lazy one-pass sgd."""

import math

import numpy as np
import pytest
from scalefront.models.feature_learning.exponents import predictions
from scalefront.models.feature_learning.transients import noise_onset
from scalefront.models.random_features.theory.one_pass import one_pass_curves
from scalefront.spectra import power_law

INF = np.inf
SILENT = 1e15  # fresh samples a step that leave no noise
FACTOR = 1.5  # of the two parts where they should be equal
# capacity, source, learning rate, batch: those of the shipped studies and of theory/feature_learning.md 7.5, 7.6
CASES = [(2.0, 2.5, 0.4, 32), (2.0, 2.5, 0.4, 256), (1.5, 2.5, 0.2, 8), (2.0, 1.75, 0.4, 8), (1.5, 1.75, 0.4, 8)]
STRONG = [(2.0, 2.5, 0.4, 4), (1.5, 2.5, 0.2, 1)]  # the noise rules at t = 3 and 1, before any power law


def noise_over_bias(capacity, source, learning_rate, batch, time):
    """L(B)/L(inf) - 1 of lazy sgd at infinite width."""
    spectrum, steps = power_law(capacity, source, 1e8), np.rint([time / learning_rate])
    noisy, bias = (
        one_pass_curves(spectrum, [INF], [0.0], [learning_rate], [one], steps).test_loss[0, 0]
        for one in (batch, SILENT)
    )
    return noisy / bias - 1


@pytest.mark.parametrize(("capacity", "source", "learning_rate", "batch"), CASES)
def test_the_noise_equals_the_bias_at_its_onset(capacity, source, learning_rate, batch):
    onset = noise_onset(capacity, source, learning_rate / batch)
    equal = noise_over_bias(capacity, source, learning_rate, batch, onset)
    assert 1 / FACTOR < equal < FACTOR
    assert noise_over_bias(capacity, source, learning_rate, batch, 10 * onset) > 1.5 * equal


@pytest.mark.parametrize(("capacity", "source", "learning_rate", "batch"), STRONG)
def test_the_onset_of_strong_noise_is_late_rather_than_early(capacity, source, learning_rate, batch):
    onset = noise_onset(capacity, source, learning_rate / batch)
    assert noise_over_bias(capacity, source, learning_rate, batch, onset) > 1 and onset < 20


@pytest.mark.parametrize("capacity", [1.5, 2.0, 3.0])
def test_noise_that_does_not_rule_has_no_onset(capacity):
    for source in (0.5, 1.0, 2 - 1 / capacity):
        assert noise_onset(capacity, source, 0.1) == 0
    assert noise_onset(capacity, 2 - 1 / capacity + 1e-3, 1e-3) == INF


def test_less_noise_comes_later_as_a_power_of_it():
    """t ~ (eta/B)^(-1/(source - k)), k = 2 - 1/capacity: equal powers t^-source and (eta/B) t^-k."""
    early, late = (noise_onset(2, 2.5, noise) for noise in (0.1, 0.001))
    assert late / early == pytest.approx(100)


def test_predictions_of_noise_tell_since_when_it_rules():
    told = {"capacity": 2.0, "source": 2.5, "richness": 0.0, "optimizer": "sgd", "learning_rate": 0.4, "batch": 4}
    onset, found = noise_onset(2.0, 2.5, 0.1), predictions(**told)
    assert found["sgd_time_bottleneck"].since == onset > 1
    assert found["sgd_transient"].since == 0  # of what the noise adds, which has no other power before it
    # at t* = N* of the compute C = N t = t^2 eta/B, where N^-1 t^-1/2 of the width and the noise are equal
    assert found["frontier_loss"].since == pytest.approx(onset**2 / 0.1)
    for name in ("time_bottleneck", "width_bottleneck", "crossover_width"):
        assert found[name].since == 0


def test_without_noise_every_prediction_is_for_all_times():
    for changes in (
        {"optimizer": "gradient_flow"},
        {"optimizer": "gradient_descent", "learning_rate": 0.4},
        {"optimizer": "sgd_flow", "learning_rate": 0.4, "batch": 4, "source": 1.2},
    ):
        found = predictions(**{"capacity": 2.0, "source": 2.5} | changes)
        assert {one.since for one in found.values()} == {0.0} and not math.isnan(found["frontier_loss"].value)
