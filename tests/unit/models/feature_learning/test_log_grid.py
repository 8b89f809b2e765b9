import numpy as np
import pytest
from scalefront.late_losses import late_losses
from scalefront.models.feature_learning.theory import log_grid, log_grid_rows
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.feature_learning.theory.log_grid_rows import Problem, Rows
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.feature_learning.theory.recursion import recursion
from scalefront.models.feature_learning.theory.row_solvers import DiagonalResponse
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scipy.interpolate import CubicSpline

from tests.oracles.printed import floats, load

REFERENCE = load("feature_learning_log_grid")
HARD = grouped(1.5, 0.5, 1e8)


def slopes(losses, time):
    return np.diff(np.log(losses)) / np.diff(np.log(time))


def spectrum_of(row):
    return grouped(float(row["capacity"]), float(row["source"]), row["modes"])


@pytest.mark.parametrize(
    ("width", "samples", "noise"),
    [(64, np.inf, 0), (64, 200, 0.5), (200, 64, 0), (np.inf, 64, 0), (64, 64, 0), (64, 60, 0.5), (60, 64, 0)],
)
@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.5), (1.5, 1.25), (2.0, 1.75)])
def test_lazy_curves_equal_the_exact_theory(capacity, source, width, samples, noise):
    spectrum, time = grouped(capacity, source, 1e4), 10 ** np.arange(-1, 4.01, 0.5)
    exact = loss_curves(spectrum, [width], [samples], [noise], time)
    found = flow_curves(spectrum, time, width=width, samples=samples, label_noise=noise)
    assert found.converged.all()
    # the accuracies of the docstring
    early = {0.5: 1.5e-4, 1.25: 7e-4, 1.75: 3e-3}[source]
    allowed = np.where(time < 30, early, 2e-4)
    assert (np.abs(found.test_loss / exact.test_loss[0] - 1) < allowed).all()
    if np.isinf(samples):
        assert np.isnan(found.train_loss).all()
    else:
        start = exact.train_loss[0, 0]
        assert (np.abs(found.train_loss - exact.train_loss[0]) < allowed * start).all()


def test_a_single_grid_is_of_first_order_and_the_extrapolation_of_higher(monkeypatch):
    time, single, errors = np.array([10.0, 100.0, 1000.0]), [], []
    exact = loss_curves(HARD, [64], [np.inf], [0.0], time).test_loss[0]
    for points in (10, 20, 40):
        monkeypatch.setattr(log_grid, "POINTS_PER_DECADE", points)
        errors.append(np.abs(flow_curves(HARD, time, width=64).test_loss / exact - 1))
        grid = log_grid._grid(time)[0]
        rows = Rows(Problem(HARD, 1 / 64, 0.0, 0.0, 0.0, False, 0.0), grid).solve()
        single.append(rows.loss[-1] / exact[-1] - 1)
    assert 1.7 < single[0] / single[1] < 2.3
    assert 1.7 < single[1] / single[2] < 2.3
    assert errors[2].max() < errors[0].max() / 8  # 4 were first order


@pytest.mark.parametrize(
    "row", REFERENCE["infinite_width"], ids=lambda row: "-".join(str(row[w]) for w in ("source", "richness"))
)
def test_infinite_width_equals_the_closed_equation(row):
    time, printed = floats(row["time"]), np.array(floats(row["test_loss"]))
    found = flow_curves(spectrum_of(row), time, richness=float(row["richness"])).test_loss
    # 2e-3 while the first mode is learned and where the last one is, and half a unit of the last digit printed
    assert (np.abs(found - printed) < 2e-3 * printed + 1e-6).all()


@pytest.mark.parametrize("richness", [100.0, 1e4])
def test_great_richness_is_resolved_from_its_earlier_start(richness):
    time = np.geomspace(1.0, 1e5, 6)
    expected = infinite_width(HARD, time, richness)
    found = flow_curves(HARD, time, richness=richness)
    assert found.converged.all()
    np.testing.assert_allclose(found.test_loss, getattr(expected, "test_loss", expected), rtol=2e-3)


@pytest.mark.parametrize("row", REFERENCE["long_time"], ids=lambda row: f"richness {row['richness']}")
def test_long_curves_at_finite_width(row):
    found = flow_curves(
        spectrum_of(row), floats(row["time"]), width=row["width"], richness=float(row["richness"])
    ).test_loss
    first_order, simulation, error = (np.array(floats(row[word])) for word in ("first_order", "simulation", "error"))
    assert (np.abs(found / first_order - 1) < 0.01).all()  # the first-order grid's own error
    assert (found <= first_order).all()
    assert (np.abs(found - simulation) < 4 * error).all()


@pytest.mark.parametrize("richness", [0.0, 1.0])
@pytest.mark.parametrize(("width", "samples"), [(64, np.inf), (np.inf, 32), (np.inf, 128)])
def test_floors_do_not_depend_on_richness(width, samples, richness):
    found = flow_curves(HARD, [1e6], width=width, samples=samples, richness=richness)
    expected = late_losses(HARD, [width], [samples], [0.0]).test_loss
    assert found.converged.all()
    np.testing.assert_allclose(found.test_loss, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("width", "samples", "noise"), [(32, 100, 0.5), (64, 100, 0.0), (64, 60, 0.0), (60, 64, 0.5), (64, 48, 0.5)]
)
def test_floors_of_both_sizes(width, samples, noise):
    found = flow_curves(HARD, [1e6], width=width, samples=samples, richness=1.0, label_noise=noise)
    expected = late_losses(HARD, [width], [samples], [noise])
    assert found.converged.all()
    np.testing.assert_allclose(found.test_loss, expected.test_loss, rtol=1e-4)
    np.testing.assert_allclose(found.train_loss, expected.train_loss, rtol=1e-4, atol=1e-10)


@pytest.mark.parametrize(
    ("width", "samples", "richness", "pure"),
    [
        (64, 64, 1.0, False),
        (64, 64, 10.0, False),
        (64, 60, 10.0, False),
        (8, np.inf, 1.0, True),
        (8, np.inf, 10.0, True),
    ],
)
def test_rows_need_few_sweeps_at_any_size(monkeypatch, width, samples, richness, pure):
    monkeypatch.setattr(log_grid_rows, "SWEEPS", 20)
    time = np.geomspace(1e3, 1e6, 7)
    found = flow_curves(HARD, time, width=width, samples=samples, richness=richness, label_noise=0.5, pure=pure)
    assert found.converged.all()
    # a pure network learns all, a projected one overfits
    assert (found.test_loss[-1] < found.test_loss[0]) == pure


@pytest.mark.parametrize(
    ("width", "samples", "pure"),
    [(64, 64, False), (64, 48, True), (48, 64, True), (np.inf, 48, True), (8, np.inf, True)],
)
def test_curves_equal_the_causal_march(width, samples, pure):
    spectrum, last = grouped(1.5, 0.5, 1e4), 16.0
    size = {"width": width, "samples": samples, "richness": 1.0, "label_noise": 0.3, "pure": pure}
    coarse, middle, fine = (march(spectrum, int(last / rate), rate, **size) for rate in (0.16, 0.08, 0.04))
    found = flow_curves(spectrum, [last], **size)
    for name in ("test_loss", "train_loss")[: 1 + np.isfinite(samples)]:
        first, second, third = (getattr(run, name)[-1] for run in (coarse, middle, fine))
        # extrapolated to no step size; 3e-3 is the grid's own error where the first modes are learned
        assert getattr(found, name)[0] == pytest.approx((8 * third - 6 * second + first) / 3, rel=3e-3)


@pytest.mark.parametrize(
    ("width", "samples", "pure"),
    [
        (16, np.inf, False),
        (np.inf, 12, False),
        (16, 12, False),
        (16, 16, False),
        (16, np.inf, True),
        (np.inf, 12, True),
        (16, 12, True),
    ],
)
def test_rows_solve_the_equations_of_the_whole_grid(width, samples, pure):
    # theory/feature_learning.md 2.2, 2.3 and 2.6 as products of whole matrices
    spectrum, richness, variance = grouped(1.5, 0.5, 1e4), 1.0, 0.1
    time = 0.1 * np.expm1(0.4 * np.arange(16))
    rows = Rows(Problem(spectrum, 1 / width, 1 / samples, richness, variance, pure, 0.0), time).solve()
    assert rows.solved == len(time)
    one, step = np.eye(len(time)), np.diff(time, prepend=0.0)
    features = richness * np.tril(rows.C_w) * step
    force = (rows.R_w + features if pure else (rows.G + features) @ rows.R_h) @ rows.R_D
    responses = [np.linalg.inv(one + eigenvalue * force) for eigenvalue in spectrum.eigenvalue]
    learned = sum(n * (one - h) for n, h in zip(spectrum.multiplicity, responses, strict=True))
    weights = spectrum.multiplicity * spectrum.eigenvalue
    gradient = sum(weight * h for weight, h in zip(weights, responses, strict=True))
    lost = rows.R_D @ gradient @ rows.R_w if pure else learned
    drive = (rows.C_0 + variance) / samples
    error = forces = 0.0
    for eigenvalue, task, count, h in zip(*spectrum[:3], responses, strict=True):
        s = one - h
        source = eigenvalue * h @ rows.R_w @ rows.R_D if pure else s
        noise = source @ rows.force @ source.T / width
        signal = task * np.outer(h.sum(1), h.sum(1))
        error += count * (signal + s @ drive @ s.T + noise / eigenvalue)
        forces += count * (eigenvalue * (signal + h @ drive @ h.T) + noise)
    close = {"rtol": 1e-6, "atol": 1e-8}
    np.testing.assert_allclose(rows.R_D, one - learned / samples, **close)
    np.testing.assert_allclose(rows.R_h, one - lost / width, **close)
    np.testing.assert_allclose(np.diag(error), rows.loss, **close)
    np.testing.assert_allclose(forces, rows.force, **close)
    np.testing.assert_allclose(rows.R_D @ rows.force @ rows.R_D.T, rows.C_g, **close)
    np.testing.assert_allclose(rows.R_w @ rows.C_g @ rows.R_w.T, rows.C_w, **close)
    if np.isfinite(samples):
        np.testing.assert_allclose(error, rows.C_0, **close)
    if not pure:
        euler = np.tril(np.ones_like(one)) * step
        np.testing.assert_allclose(euler + richness * euler @ (np.tril(rows.C_h) * step) @ rows.G, rows.G, **close)


def test_train_loss_that_has_vanished_is_zero_and_the_test_loss_is_held():
    time = np.geomspace(1e2, 1e6, 9)
    found = flow_curves(grouped(1.5, 0.5, 1e4), time, samples=16, richness=1.0)
    assert found.converged.all()
    assert (found.train_loss[-2:] == 0).all()
    assert (np.diff(found.train_loss) <= 0).all()
    np.testing.assert_allclose(found.test_loss[-1], found.test_loss[-3], rtol=1e-6)


def test_width_transients_of_easy_tasks():
    # theory/feature_learning.md 7.5: L_N - L_inf at N = 2048 between 10, 30, ..., 3000
    spectrum, time = grouped(2.0, 1.25, 1e8), np.array([10.0, 30, 100, 300, 1000, 3000])
    # printed to 3 digits from a grid of first order
    for richness, printed in ((0.0, [0.415, 0.440, 0.456, 0.463, 0.462]), (1.0, [0.455, 0.466, 0.472, 0.470, 0.463])):
        wide, endless = (flow_curves(spectrum, time, width=n, richness=richness).test_loss for n in (2048, np.inf))
        np.testing.assert_allclose(-slopes(wide - endless, time), printed, atol=0.01)


def test_sgd_noise_leaves_the_tail_of_long_memory():
    # theory/feature_learning.md 7.5: 1.500 at B = 4 and 1.502 at B = 32 for eta = 0.5; predicted 2 - 1/capacity
    time = np.array([1e4, 1e5])
    for batch, printed in ((4, 1.500), (32, 1.502)):
        losses = flow_curves(grouped(2.0, 2.5, 1e8), time, noise=0.5 / batch).test_loss
        np.testing.assert_allclose(-slopes(losses, time), printed, atol=0.005)


@pytest.mark.parametrize(("capacity", "source", "noise"), [(1.5, 2.5, 0.2), (2.0, 2.5, 0.1), (2.0, 1.75, 0.05)])
def test_sgd_noise_has_exponent_and_prefactor_of_small_steps(capacity, source, noise):
    spectrum, time = grouped(capacity, source, 1e6), np.array([1e2, 1e3, 1e4])
    first, second = (recursion(spectrum, np.rint(time / eta), eta, eta / noise) for eta in (0.04, 0.02))
    exact = 2 * second - first
    found = flow_curves(spectrum, time, noise=noise)
    assert found.converged.all()
    # the accuracies of the docstring
    np.testing.assert_allclose(found.test_loss, exact, rtol=3e-3)
    np.testing.assert_allclose(slopes(found.test_loss, time), slopes(exact, time), atol=1e-3)


@pytest.mark.parametrize(("capacity", "source", "noise", "sigma"), [(1.5, 2.5, 0.2, 0.0), (2.0, 1.75, 0.2, 0.1)])
def test_sgd_noise_of_a_width_has_the_gain_of_its_kernel(capacity, source, noise, sigma):
    # the trace of the kernel is tr Lambda in the mean; modes at rest have half of it times the noise
    spectrum = grouped(capacity, source, 1e6)
    gain = noise * spectrum.trace / 2
    floor = (late_losses(spectrum, [64], [np.inf], [0.0]).test_loss + sigma**2 * gain) / (1 - gain)
    found = flow_curves(spectrum, [1e6, 1e7], width=64, noise=noise, label_noise=sigma)
    assert found.converged.all()
    np.testing.assert_allclose(found.test_loss, [floor[0]] * 2, rtol=1e-4)


@pytest.mark.parametrize(
    ("source", "width", "noise", "pure"),
    [(2.5, np.inf, 0.1, False), (2.5, 16, 0.1, False), (2.5, 16, 0.1, True), (0.5, np.inf, 0.2, False)],
)
def test_rich_sgd_noise_equals_that_of_the_march(source, width, noise, pure):
    spectrum, time = grouped(2.0, source, 1e3), np.array([4.0, 10.0])
    runs = []
    for rate in (0.1, 0.05, 0.025):
        size = {"width": width, "batch": rate / noise, "richness": 1.0, "pure": pure}
        runs.append(march(spectrum, round(10 / rate), rate, **size).test_loss[np.rint(time / rate).astype(int)])
    exact = (8 * runs[2] - 6 * runs[1] + runs[0]) / 3  # extrapolated to no step size
    found = flow_curves(spectrum, time, width=width, richness=1.0, noise=noise, pure=pure)
    np.testing.assert_allclose(found.test_loss, exact, rtol=0.01)


@pytest.mark.parametrize("inverse_width", [0.0, 1 / 16])
def test_growth_is_the_derivative_of_what_is_learned(inverse_width):
    gain, features, step = 30.0, 7.0, 1e-4
    response = DiagonalResponse(HARD, inverse_width, 0.0)

    def learned(x):
        return HARD.multiplicity @ (HARD.eigenvalue * x / (1 + HARD.eigenvalue * x))

    at = [c * np.array([gain, features]) for c in (1 + step, 1 - step)]
    projected = np.subtract(*(learned(response.projected(g)) for g, _ in at)) / (2 * step)
    pure = np.subtract(*(learned(response.pure(g, f)) for g, f in at)) / (2 * step)
    assert response.projected_growth(response.projected(gain), gain) == pytest.approx(projected, rel=1e-6)
    assert response.pure_growth(response.pure(gain, features), gain, features) == pytest.approx(pure, rel=1e-6)


def test_label_noise_adds_to_the_noise_of_sgd():
    spectrum = grouped(2.0, 2.5, 1e4)
    still, noisy = (flow_curves(spectrum, [1e3], noise=0.02, label_noise=s).test_loss[0] for s in (0.0, 0.1))
    assert noisy > 10 * still


def test_asked_times_need_not_be_those_of_the_grid():
    time = np.array([0.0, 1e-3, 0.37, 12.0, 3210.0])
    found = flow_curves(HARD, time, width=64, richness=1.0)
    alone = [flow_curves(HARD, [one], width=64, richness=1.0).test_loss[0] for one in time[2:]]
    np.testing.assert_allclose(found.test_loss[2:], alone, rtol=3e-4)
    np.testing.assert_allclose(found.test_loss[0], HARD.initial_loss, rtol=1e-12)
    assert (np.diff(found.test_loss) < 0).all()
    solved = np.isfinite(found.grid_time)
    assert found.C_w.shape == (len(solved), len(solved))
    assert (np.diag(found.C_w)[1:] > 0).all()


def test_a_row_without_fixed_point_ends_the_curve(monkeypatch):
    monkeypatch.setattr(log_grid_rows, "SWEEPS", 4)
    found = flow_curves(HARD, np.geomspace(0.1, 1e4, 12), width=64, richness=1.0)
    assert not found.converged.all()
    assert (np.diff(found.converged.astype(int)) <= 0).all()
    assert (np.isnan(found.test_loss) == ~found.converged).all()


def test_noise_that_grows_with_the_rate_is_reported():
    found = flow_curves(grouped(1.1, 0.1, 1e6), [1.0, 1e2, 1e4], width=2048, richness=1.0, noise=0.2)
    assert not found.converged[-1]
    assert np.isnan(found.test_loss[-1])


def test_sgd_noise_on_fixed_samples_is_refused():
    with pytest.raises(ValueError, match="fresh"):
        flow_curves(HARD, [1.0], samples=10, noise=0.1)


def test_a_pure_network_has_no_width_floor():
    spectrum, time = grouped(1.5, 0.5, 1e4), np.array([10.0, 1000.0])
    projected, pure = (flow_curves(spectrum, time, width=8, richness=1.0, pure=p) for p in (False, True))
    assert pure.converged.all()
    floor = late_losses(spectrum, [8], [np.inf], [0.0]).test_loss[0]
    assert projected.test_loss[1] > 0.99 * floor
    assert pure.test_loss[1] < floor / 10


@pytest.mark.parametrize(("richness", "least", "printed"), [(0.0, 8e6, 0.300), (1.0, 1e6, 0.350)])
def test_compute_optimal_losses_of_hard_tasks(richness, least, printed):
    # theory/feature_learning.md 7.6: nine widths, optimum over a spline, slope over the second half of the budgets
    width, budget = 2.0 ** np.arange(3, 12), np.geomspace(1e2, least, 40)
    losses = [flow_curves(HARD, budget / n, width=n, richness=richness).test_loss for n in width]
    fine = np.linspace(*np.log(width[[0, -1]]), 2000)
    best = CubicSpline(np.log(width), np.log(losses))(fine).min(axis=0)
    slope = np.polyfit(np.log(budget[20:]), best[20:], 1)[0]
    np.testing.assert_allclose(-slope, printed, atol=0.002)
