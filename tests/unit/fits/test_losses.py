"""What a fit is of: losses, and the generalization gap that is made of two of them."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table
from scalefront.fits.losses import usable


def losses(test, train, **more):
    return pd.DataFrame({"test_loss": test, "train_loss": train, "status": "ok"} | more)


def test_the_gap_is_test_loss_and_label_noise_squared_less_train_loss():
    good, left_out = usable(losses([1.0, 2.0], [0.5, 1.0], label_noise=0.5), "gap")
    assert good["gap"].tolist() == [0.75, 1.25]
    assert left_out == {}


def test_a_gap_of_rounding_is_left_out_and_one_of_either_sign_is_kept():
    good, left_out = usable(losses([1.0, 1.0, 1.0, 1.0], [1 - 1e-10, 1 - 1e-8, 1.5, np.nan]), "gap")
    assert good["gap"].tolist() == pytest.approx([1e-8, -0.5])
    assert left_out == {"without a gap beyond rounding": 2}


def test_the_gap_of_a_curve_has_the_exponent_it_was_made_with(curve_rows, fitted):
    """test = P^-1 t^0.3 + t^-0.4, train = t^-0.4 + sigma^2: the gap is P^-1 t^0.3."""
    table = curve_rows(
        lambda _, p, t: np.minimum(t, 1e7) ** 0.3 / p + np.minimum(t, 1e7) ** -0.4,
        samples=16.0 * 2.0 ** np.arange(8),
        train=lambda _, p, t: np.minimum(t, 1e7) ** -0.4 + 0.09 + 0 * p,
        label_noise=0.3,
    )
    fits = {
        "growth": {"of": "gap", "against": "time", "where": {"samples": 64}, "law": "power", "window": [0.1, 1e6]},
        "size": {"of": "gap", "against": "samples", "where": {"time": 1.0}, "law": "power"},
    }
    found, _ = fit_table(table, fits)
    assert fitted(found, "growth")["value"] == pytest.approx(0.3, abs=1e-9)
    assert fitted(found, "size")["value"] == pytest.approx(-1.0, abs=1e-9)
    assert (found["of"] == "gap").all()


def test_a_gap_that_seeds_do_not_tell_from_zero_is_left_out(curve_rows, fitted):
    """At small times the gap 0.1 t is far below the scatter of the seeds, which differ in the train loss alone."""
    times = np.geomspace(1e-3, 10, 41)
    runs = [
        curve_rows(lambda _n, _p, t: 2 + 0.1 * t, times=times, train=lambda _n, _p, t: 2 + 0 * t, seeds=1).assign(
            seed=i
        )
        for i in range(16)
    ]
    noise = np.random.default_rng(0).normal(size=16) * 0.01
    for rows, shift in zip(runs, noise - noise.mean(), strict=True):
        rows["train_loss"] += shift
    spec = {"of": "gap", "against": "time", "where": {}, "law": "power", "window": [1e-3, 10]}
    found = fitted(fit_table(pd.concat(runs), {"gap": spec})[0], "gap", kind="simulation")
    left_out = int(found["left_out_because"].split(" not told from zero by the seeds")[0])
    assert 15 < left_out < 30  # the standard error 0.0025 is 0.1 t at t = 0.025, the 14th of the times
    assert found["low"] < 1.0 < found["high"]
