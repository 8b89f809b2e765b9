import numpy as np
import pytest
from scalefront.bottlenecks import kappa0
from scalefront.cut_off import CUT_OFF
from scalefront.late_losses import late_losses
from scalefront.models.random_features.exponents import (
    asymptotic_range,
    frontier_predictions,
    predictions,
)
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import power_law


def of_paper(a, b):
    """Predictions in the paper's letters."""
    return predictions(b, (a - 1) / b)


def slope(y, x):
    return np.diff(np.log(y)) / np.diff(np.log(x))


@pytest.mark.parametrize(("capacity", "source"), [(1.25, 0.4), (2.0, 0.25), (1.5, 0.6)])
def test_time_exponent_equals_source(capacity, source):
    # theory/dynamical_model.md 5, "Time slopes": 4 digits at t ~ 1e2 for M = 1e8
    time = np.array([90.0, 110.0])
    curve = loss_curves(power_law(capacity, source, 1e8), [np.inf], [np.inf], [0], time).test_loss[0]
    assert slope(curve, time)[0] == pytest.approx(predictions(capacity, source)["time_bottleneck"].value, abs=2e-3)


@pytest.mark.parametrize(("capacity", "source"), [(2.0, 0.25), (1.5, 0.6), (1.25, 2.4), (1.5, 1.6)])
def test_width_and_data_exponents_are_those_of_the_theory_at_large_sizes(capacity, source):
    # 0.02: the rule for fit windows of theory/dynamical_model.md 5, with sizes inside 50 .. 1e-3 M
    sizes, infinite, none = np.array([3e3, 1e4]), np.full(2, np.inf), np.zeros(2)
    predicted, spectrum = predictions(capacity, source), power_law(capacity, source, 1e9)
    width = slope(late_losses(spectrum, sizes, infinite, none).test_loss, sizes)[0]
    data = slope(late_losses(spectrum, infinite, sizes, none).test_loss, sizes)[0]
    assert width == pytest.approx(predicted["width_bottleneck"].value, abs=0.02)
    assert data == pytest.approx(predicted["data_bottleneck"].value, abs=0.02)


def test_the_statement_of_the_paper_differs_from_the_theory_beyond_source_one():
    # theory/dynamical_model.md 5, "Model-exponent evidence": a = 4, b = 1.25 has -1.25 and the paper -2.5
    predicted = of_paper(4, 1.25)
    assert predicted["width_bottleneck"].value == pytest.approx(-1.25)
    assert predicted["width_bottleneck_paper"].value == pytest.approx(-2.5)
    below = of_paper(1.5, 1.25)
    assert below["width_bottleneck"].value == below["width_bottleneck_paper"].value == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [  # theory/dynamical_model.md 5, table of local slopes, columns "predicted N, t, L"
        (1.5, 1.25, (0.4444, 0.5556, -0.2222)),
        (1.5, 2, (0.3333, 0.6667, -0.1667)),
        (2, 1.5, (0.4, 0.6, -0.4)),
        (1.25, 1.5, (0.4, 0.6, -0.1)),
        (2, 1.25, (0.4444, 0.5556, -0.4444)),
        (2.5, 1.25, (0.5, 0.5, -0.6)),
        (3, 1.25, (0.583, 0.417, -0.667)),
        (3.5, 1.25, (0.643, 0.357, -0.714)),
    ],
)
def test_frontier_exponents(a, b, expected):
    predicted = of_paper(a, b)
    found = [predicted[f"frontier_{name}"].value for name in ("width", "time", "loss")]
    assert found == pytest.approx(expected, abs=5e-4)
    assert sum(found[:2]) == pytest.approx(1)
    assert all(predicted[f"frontier_{name}"].holds for name in ("width", "time", "loss"))


def test_frontier_exponents_of_the_paper():
    # theory/dynamical_model.md 5: a = 3, b = 1.25 has 0.444/0.556/-0.889; equal to the derived ones for a - 1 < b
    predicted = of_paper(3, 1.25)
    found = [predicted[f"frontier_{name}_paper"].value for name in ("width", "time", "loss")]
    assert found == pytest.approx((0.444, 0.556, -0.889), abs=5e-4)
    for name in ("width", "time", "loss"):
        below = of_paper(1.5, 1.25)
        assert below[f"frontier_{name}_paper"].value == pytest.approx(below[f"frontier_{name}"].value)


def best_of(spectrum, compute, width, samples=np.inf):
    """log N* and log L* at C = N t, by a parabola through the seven widths around the best."""
    losses = []
    for block in np.split(width, len(width) // 8):
        curves = loss_curves(spectrum, block, np.full(8, samples), np.zeros(8), compute / block)
        losses.extend(np.diag(curves.test_loss))
    near = slice(np.argmin(losses) - 3, np.argmin(losses) + 4)
    parabola = np.polyfit(np.log(width[near]), np.log(losses[near]), 2)
    best = -parabola[1] / (2 * parabola[0])
    return np.array([best, np.polyval(parabola, best)])


TOLERANCE = 0.02  # of every claim about an exponent in config/studies


@pytest.mark.parametrize(("a", "b"), [(1.5, 1.25), (1.5, 2), (2, 1.5), (3, 1.25), (3.5, 1.25)])
def test_the_envelope_of_the_curves_approaches_the_frontier(a, b):
    # modes without end, so that only the approach from small computes is left: nearer with every four decades
    spectrum, width = power_law(b, (a - 1) / b, 1e14), np.geomspace(2, 1e7, 120)
    predicted = of_paper(a, b)
    expected = np.array([predicted["frontier_width"].value, predicted["frontier_loss"].value])
    misses = []
    for compute in (1e3, 1e7):
        low, high = (best_of(spectrum, total, width) for total in (compute, 10 * compute))
        misses.append(np.abs((high - low) / np.log(10) - expected))
    assert np.all((misses[1] < misses[0]) | (misses[1] < 1e-3))
    assert np.all(misses[1] < TOLERANCE)


@pytest.mark.parametrize(("a", "b"), [(1.5, 1.25), (2, 1.5), (3, 1.25)])
def test_samples_bind_from_the_predicted_compute(a, b):
    spectrum, predicted, samples = power_law(b, (a - 1) / b, 1e12), of_paper(a, b), np.array([1e5, 1e6])
    crossings = []
    for size in samples:
        compute = size ** predicted["binding_compute"].value * np.array([1e-3, 1e-1, 1e1])
        rises = []
        for total in compute:
            width = total ** predicted["frontier_width"].value * np.geomspace(1e-2, 1e2, 40)
            rises.append(best_of(spectrum, total, width, size)[1] - best_of(spectrum, total, width)[1])
        crossings.append(np.exp(np.interp(np.log(1.5), rises, np.log(compute))))
    assert slope(np.array(crossings), samples)[0] == pytest.approx(predicted["binding_compute"].value, abs=TOLERANCE)


POINT = {
    "capacity": 1.25,
    "source": 0.4,
    "samples": np.inf,
    "ensemble": 1.0,
    "optimizer": "gradient_flow",
    "label_noise": 0.0,
}


def test_a_frontier_keeps_its_exponents_where_a_budget_of_samples_does_not_bind():
    limited, compute = POINT | {"samples": 100.0}, ("width", "time")
    endless = frontier_predictions("width", compute, POINT)
    assert endless["size_exponent"] == "frontier_width"
    assert frontier_predictions("width", compute, limited) == {}
    assert frontier_predictions("width", compute, limited, budget=True) == endless
    assert frontier_predictions("samples", compute, limited, budget=True) == {}


@pytest.mark.parametrize(
    ("change", "predicted"),
    [
        ({"ensemble": 4.0}, True),
        ({"ensemble": np.inf}, False),  # no variance of a projection is left: another balance
        ({"optimizer": "sgd"}, True),
        ({"optimizer": "sgd", "label_noise": 0.5}, False),  # a floor
        ({"optimizer": "sgd", "source": 1.6}, False),  # beyond 2 - 1/capacity = 1.2
        ({"capacity": None, "source": None}, False),
    ],
)
def test_a_frontier_is_predicted_for_what_it_is_derived_for(change, predicted):
    assert bool(frontier_predictions("width", ("time", "width"), POINT | change)) == predicted


@pytest.mark.parametrize(("capacity", "source"), [(2.0, 0.25), (1.5, 0.6), (1.25, 1.6), (1.25, 2.4)])
def test_bias_exponent_is_that_of_the_samples(capacity, source):
    # theory/dynamical_model.md 2.6, paper Eq. 19: B = sum T H_k^2, and H_k(inf) = kappa0/(kappa0 + lambda_k)
    spectrum, sizes = power_law(capacity, source, 1e9), np.array([3e3, 1e4])
    at = kappa0(spectrum, sizes)[:, None]
    bias = (at / (at + spectrum.eigenvalue)) ** 2 @ (spectrum.multiplicity * spectrum.task_power)
    assert slope(bias, sizes)[0] == pytest.approx(predictions(capacity, source)["bias_bottleneck"].value, abs=0.02)


@pytest.mark.parametrize(("capacity", "source", "label_noise"), [(1.25, 0.4, 0.0), (1.5, 1.6, 0.0), (2.0, 0.25, 0.5)])
def test_loss_grows_without_end_where_width_equals_samples(capacity, source, label_noise):
    # corrections to t^(1/2) fall as (t/N^capacity)^-(1/2), 1e-3 here
    time = 100.0**capacity * np.array([1e6, 1e7])
    curve = loss_curves(power_law(capacity, source, 1e8), [100.0], [100.0], [label_noise], time).test_loss[0]
    assert slope(curve, time)[0] == pytest.approx(
        predictions(capacity, source)["double_descent_growth"].value, abs=0.01
    )


@pytest.mark.parametrize(("capacity", "source"), [(1.25, 0.4), (2.0, 1.2), (1.5, 2.6), (1.25, 3.0)])
def test_the_noise_of_batches_limits_the_exponent_of_sgd(capacity, source):
    # the exact mean at infinite width, theory/dynamical_model.md 2.6
    spectrum, learning_rate, batch = power_law(capacity, source, 1e8), 0.1, 4
    step = learning_rate * spectrum.eigenvalue
    keep, kick = (1 - step) ** 2 + step**2 / batch, spectrum.multiplicity * step**2 / batch
    error, losses = spectrum.multiplicity * spectrum.task_power, []
    for _ in range(20000):
        error = keep * error + kick * error.sum()
        losses.append(error.sum())
    found = np.log2(losses[-1] / losses[len(losses) // 2 - 1])
    assert found == pytest.approx(predictions(capacity, source)["sgd_time_bottleneck"].value, abs=0.02)


def test_logarithms_are_said_not_to_hold():
    assert not predictions(1.25, 1.0)["frontier_width"].holds
    assert not predictions(1.25, 1.0)["width_bottleneck"].holds
    assert not predictions(1.25, 2.0)["data_bottleneck"].holds
    assert predictions(1.25, 0.9)["joint_bottleneck"].holds
    assert not predictions(1.25, 1.1)["joint_bottleneck"].holds


def test_every_prediction_says_what_it_states_where_and_by_whom():
    for prediction in predictions(1.25, 0.4).values():
        assert np.isfinite(prediction.value)
        assert prediction.statement
        assert prediction.range
        assert "arXiv:2402.01092" in prediction.source or "theory/dynamical_model.md" in prediction.source


def _point(modes, capacity, source):
    return {"modes": modes, "capacity": capacity, "source": source}


def test_asymptotic_range_is_that_of_the_notes_where_nothing_else_is_stricter():
    # theory/dynamical_model.md 5, "Finite M and fit windows": t >= 10, N >= 50, t^(1/b) and N <= 1e-3 M
    assert asymptotic_range("time", _point(1e8, 2.0, 3.0)) == pytest.approx((10, 1e5**2.0))
    assert (
        asymptotic_range("width", _point(1e8, 3.0, 2.0))
        == asymptotic_range("samples", _point(1e8, 3.0, 2.0))
        == (50, 1e5)
    )
    with pytest.raises(KeyError):
        asymptotic_range("batch", _point(1e8, 1.25, 0.4))


@pytest.mark.parametrize("capacity", [1.01, 1.1, 1.25, 2.0])
@pytest.mark.parametrize("source", [0.05, 0.1, 0.4, 0.9, 1.6])
@pytest.mark.parametrize("modes", [1e6, 1e8, 1e10])
def test_at_the_end_of_its_range_the_cut_off_bends_an_exponent_by_little(capacity, source, modes):
    # against the same law with so many more modes that its own cut-off is out of sight
    spectrum, more = (power_law(capacity, source, count) for count in (modes, 1e5 * modes))
    low, high = asymptotic_range("time", _point(modes, capacity, source))
    if low < high:
        ends = np.array([high / 1.1, high])
        bent, straight = (loss_curves(one, [np.inf], [np.inf], [0], ends).test_loss[0] for one in (spectrum, more))
        assert slope(bent, ends)[0] == pytest.approx(slope(straight, ends)[0], rel=2 * CUT_OFF)
    low, high = asymptotic_range("width", _point(modes, capacity, source))
    if low < high:
        sizes, many = np.array([high / 1.1, high]), np.full(2, np.inf)
        for width, samples in ((sizes, many), (many, sizes)):
            losses = (late_losses(one, width, samples, np.zeros(2)).test_loss for one in (spectrum, more))
            bent, straight = (slope(loss, sizes)[0] for loss in losses)
            # the two missing parts, power and eigenvalues, may both be at their bounds
            assert bent == pytest.approx(straight, rel=3 * CUT_OFF)


def test_a_range_is_empty_where_the_modes_are_too_few():
    for word, capacity, source in (("time", 1.25, 0.1), ("width", 1.25, 0.1), ("width", 1.01, 0.4)):
        low, high = asymptotic_range(word, _point(1e8, capacity, source))
        assert low >= high
