"""Mean-field losses of gradient flow out to t = 1e6 on logarithmic grids of times (theory/feature_learning.md 2.6)."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from scalefront.models.feature_learning.theory.log_grid_rows import Problem, Rows

POINTS_PER_DECADE = 20
START = 0.1  # of the logarithmic part, t_j = START (e^(h j) - 1)
EARLY = 0.1  # largest richness C_g START^2, else the start is earlier
COARSENINGS = (1, 2, 4)  # nested grids, whose errors in powers of the spacing cancel


class LogGrid(NamedTuple):
    """Losses at the asked times, and the order parameters of the finest grid.

    Attributes
    ----------
    test_loss, train_loss : (T,); nan where unsolved, the train loss also where samples are infinite
    converged : (T,) whether all grids were solved up to this time
    grid_time : (n,) times of the rows below, first order in their spacing; nan where unsolved
    C_w, C_h, C_g : (n, n) correlations of readouts, features' and modes' forces; the diagonal of C_w lacks the noise of
        sgd in its own step
    R_h, R_w : (n, n) responses, columns weighted with the grid's spacing
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    converged: np.ndarray
    grid_time: np.ndarray
    C_w: np.ndarray
    C_h: np.ndarray
    C_g: np.ndarray
    R_h: np.ndarray
    R_w: np.ndarray


def flow_curves(
    spectrum,
    time,
    *,
    width=np.inf,
    samples=np.inf,
    richness=0.0,
    label_noise=0.0,
    pure=False,
    noise=0.0,
):
    """Test and train loss of a flow from zero readout, by backward Euler on three nested grids and extrapolation.

    The grids t_j = 0.1 (e^(hj) - 1) have 20, 10 and 5 points a decade; for a richness above about 10 they start
    earlier. Without sgd noise the extrapolated loss is good to 1e-4 from t = 30 on, where 20 points alone have 1e-2
    (source 0.5) to 4e-2 (source 1.25); at t = 1 .. 10, where the first mode is learned, to 1e-4 (source 0.5), 7e-4
    (1.25) and 3e-3 (1.75). A row of the grid is a fixed point to 1e-8, which leaves about 1e-8 of the loss; where none
    is reached in 150 sweeps, or one on another branch of solutions, all later times are unconverged and nan. As many
    samples as the width, where the loss grows without end, are no harder than other numbers. Where noiseless training
    on fixed samples leaves the train loss below 1e-14 of its start, the test loss is held and the train loss 0. A train
    loss that falls exponentially is good to 1e-4 of its start, not of itself.
    The noise of sgd is that of small steps at fixed eta/B: white, of power (eta/B)(L + sigma^2), without the part of a
    batch's covariance along its mean gradient. Exponents and prefactors hold at any spacing: lazy losses of infinite
    width are good to 3e-3 from t = 100 on at noise 0.2 (1e-3 at 0.1), their local slopes to 1e-3; those of a width to
    1 % and 5e-3, its floor to 1e-4. Rich losses are within 1.5 % of the march (t up to 40) while the gain, noise Gamma
    tr Lambda/2 with Gamma = 1 + richness C_w, is below about a half. As the gain nears 1 the loss grows, and where one
    of the grids has no row that continues it the rest is unconverged: at noise 0.05, capacity 2, source 0.5, richness 1
    and widths above 500 from t = 1e4 on. The march has losses there, high and slowly falling.

    Parameters
    ----------
    spectrum : Spectrum; the work is proportional to its groups
    time : (T,) increasing finite times >= 0
    width, samples : N and P >= 1, inf allowed
    richness : gamma >= 0
    label_noise : standard deviation sigma >= 0
    pure : whether the network is the two-layer one without projection
    noise : eta/B >= 0 of sgd on fresh samples; samples = inf only

    Raises ValueError for noise with finite samples.
    """
    if noise and np.isfinite(samples):
        raise ValueError("the noise of sgd is that of fresh samples")
    time = np.asarray(time, float)
    # plain numbers, whatever numpy's scalars the caller has
    sizes = [float(size) for size in (1 / width, 1 / samples, richness, label_noise**2)]
    problem = Problem(spectrum, *sizes, bool(pure), float(noise))
    force = problem.spectrum.multiplicity @ (problem.spectrum.eigenvalue * problem.spectrum.task_power)
    # later than this, features learned within the first step would leave it without a solution
    grid, place = _grid(time, min(START, np.sqrt(EARLY / max(problem.richness * force, EARLY))))
    runs = [Rows(problem, grid[::coarsening]).solve() for coarsening in COARSENINGS]
    test, train, known = _losses(problem, runs, place)
    fine = runs[0]
    solved = np.arange(len(grid)) < fine.solved
    order = [np.where(np.outer(solved, solved), getattr(fine, name), np.nan) for name in LogGrid._fields[4:]]
    return LogGrid(test, train, known, np.where(solved, grid, np.nan), *order)


def _grid(time, start=START):
    """Times of the finest grid, a multiple of the coarsest spacing, and the places (T,) of the asked ones in it."""
    last = np.log1p(max(time.max(initial=0.0), start) / start)
    coarsest = COARSENINGS[-1]
    count = coarsest * max(int(np.ceil(last * POINTS_PER_DECADE / np.log(10) / coarsest)), 2)
    spacing = last / count
    return start * np.expm1(spacing * np.arange(count + 1)), np.minimum(np.log1p(time / start) / spacing, count)


def _losses(problem, runs, place):
    """Extrapolated losses and whether they are known, at the places (T,) counted in points of the finest grid."""
    last = min((run.solved - 1) * coarsening for run, coarsening in zip(runs, COARSENINGS, strict=True))
    last -= last % COARSENINGS[-1]
    points = last // COARSENINGS[-1] + 1
    held = all(run.vanished or run.solved == len(run.time) for run in runs)
    inside = np.minimum(place, last)
    known = (place <= last) | held
    if points < 2:
        return np.full(len(place), np.nan), np.full(len(place), np.nan), known & False
    test = np.where(known, np.exp(_extrapolated([run.loss for run in runs], points)(inside)), np.nan)
    if problem.inverse_samples == 0:
        return test, np.full(len(place), np.nan), known
    train = np.exp(_extrapolated([run.train for run in runs], points)(inside))
    return test, np.where(known, np.where(place <= last, train, 0.0), np.nan), known


def _extrapolated(losses, points):
    """Interpolant of log loss over the place in the finest grid: that grid's, corrected by those of the coarser."""
    values = [np.log(loss[: (points - 1) * top + 1 : top]) for loss, top in zip(losses, COARSENINGS[::-1], strict=True)]
    finest, order = values[0], 1
    while len(values) > 1:
        values = [(2**order * a - b) / (2**order - 1) for a, b in pairwise(values)]
        order += 1
    every = COARSENINGS[-1]
    fine = np.log(losses[0][: (points - 1) * every + 1])
    spline = CubicSpline(np.arange(len(fine)), fine)
    correction = PchipInterpolator(every * np.arange(points), values[0] - finest)
    return lambda place: spline(place) + correction(place)
