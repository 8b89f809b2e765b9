"""Simulations that the theory file prints, against the project's own: theory/dynamical_model.md 7.2 and 7.3."""

import numpy as np
import pytest
from scalefront.models.random_features import sgd
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.numerics import jax
from scalefront.randomness import seed_keys
from scalefront.spectra import from_columns, power_law

from tests.oracles.printed import floats, load

REFERENCE = load("random_features")


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def sizes_of(row):
    return [float(row[word]) for word in ("width", "samples", "label_noise")]


def spectrum_of(row):
    return power_law(float(row["b"]), (float(row["a"]) - 1) / float(row["b"]), row["modes"], exact=row["modes"])


def mean_and_error(losses):
    return losses.mean(axis=0), losses.std(axis=0, ddof=1) / np.sqrt(len(losses))


@pytest.mark.slow
@pytest.mark.parametrize("row", REFERENCE["finite_size"], ids=lambda row: f"N{row['width']}_P{row['samples']}")
def test_simulations_exceed_the_theory_as_printed(row):
    spectrum, time = spectrum_of(row), floats(row["time"])
    theory = loss_curves(spectrum, *([size] for size in sizes_of(row)), time).test_loss[0]
    mean, error = mean_and_error(full_batch(keys(int(row["seeds"]) // 2), spectrum, *sizes_of(row), time).test_loss)
    excess, printed = 100 * (mean / theory - 1), np.array(floats(row["excess"]))
    # their standard errors are printed as a range: the larger end
    uncertain = np.hypot(100 * error / theory, float(max(row["excess_error"])))
    assert np.all(np.abs(excess - printed) < 4 * uncertain), excess


@pytest.mark.slow
def test_pieces_of_ensembles_equal_the_printed_ones():
    row, members = REFERENCE["ensemble_pieces"], 4
    spectrum, time = spectrum_of(row), floats(row["time"])

    def simulated(ensemble, bags):
        losses = full_batch(keys(60), spectrum, *sizes_of(row), time, ensemble=ensemble, bags=bags).test_loss
        return mean_and_error(losses)

    one, over_a, over_d, both = (simulated(*pair) for pair in ((1, 1), (members, 1), (1, members), (members, members)))
    share = 1 / members
    weights = {  # L(E, Q) = sum of shares of the pieces, solved for them
        "c": {0: 1.0},
        "c_a": {0: -share / (1 - share), 1: 1 / (1 - share)},
        "c_d": {0: -share / (1 - share), 2: 1 / (1 - share)},
        "c_ad": {0: share**2, 1: -share, 2: -share, 3: 1.0},
    }
    weights["c_ad"] = {place: weight / (1 - share) ** 2 for place, weight in weights["c_ad"].items()}
    runs = one, over_a, over_d, both
    for name, shares in weights.items():
        mean = sum(weight * runs[place][0] for place, weight in shares.items())
        error = np.sqrt(sum((weight * runs[place][1]) ** 2 for place, weight in shares.items()))
        printed, printed_error = (np.array(floats(row[f"{name}_{end}"])) for end in ("simulation", "error"))
        assert np.all(np.abs(mean - printed) < 4 * np.hypot(error, printed_error)), name


def test_white_simulations_equal_the_printed_ones():
    row = REFERENCE["white"]
    modes = row["modes"]
    spectrum = from_columns(np.ones(modes), np.full(modes, 1 / modes))
    mean, error = mean_and_error(full_batch(keys(200), spectrum, *sizes_of(row), floats(row["time"])).test_loss)
    printed, printed_error = (np.array(floats(row[f"test_{end}"])) for end in ("simulation", "error"))
    assert np.all(np.abs(mean - printed) < 4 * np.hypot(error, printed_error))


def test_one_pass_simulations_at_infinite_width_equal_the_printed_ones():
    row = REFERENCE["sgd_infinite_width"]
    settings = [float(row[word]) for word in ("width", "label_noise", "learning_rate", "batch")]
    found = sgd.one_pass(keys(400), spectrum_of(row), *settings, np.array(row["steps"]))
    mean, error = mean_and_error(found.test_loss)
    printed, printed_error = (np.array(floats(row[f"test_{end}"])) for end in ("simulation", "error"))
    assert np.all(np.abs(mean - printed) < 4 * np.hypot(error, printed_error))
