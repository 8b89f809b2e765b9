"""Backward Euler of the mean-field equations of a flow on a grid of times, row by row (theory/feature_learning.md 2.6).

All matrices are lower triangular in time with their diagonal, columns weighted with dt_j. Given row i of C_w and C_h
(C_g where the network is pure), that of all responses and of the correlations of forces and errors is solved for. What
is left is a fixed point in C_w and C_h, found by Anderson's mixing; the lazy model needs none. Integrals take their
right end, but that of richness C in G its left one where C has noise at equal times (pure, sgd).

**Noise of sgd.** Backward Euler forgets the noise q dt of a step by (1 + x)^-2 a step, x = lambda_k Phi'_jj, where its
variance in a mode at rest has to be that of the Ornstein-Uhlenbeck process, (q/2)(lambda_k dt/x). The noise (eta/B)
(L + sigma^2)/dt_j with the weight 1 + x/2 has it at any x: x^2 (1 + x/2)/[(1 + x)^2 - 1] = x/2. As it is one noise of
each mode, C_g' = lambda H Q H^T has the same weight: it stays positive, and the gradient is the mean over a step. At
finite width the mean responses saturate and the kernel's small rates are in C_g'/N; so the loss takes the noise of its
own step from the whole kernel, ``_with_own_noise``, whose gain is noise tr Lambda/2 for steps of any length.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import comb

from scalefront.models.feature_learning.theory.log_grid_responses import Responses
from scalefront.models.feature_learning.theory.row_solvers import BlockTriangle, Triangle, add_diagonal

TOLERANCE = 1e-8  # of a row: correlations by sqrt(C_ii C_jj), the loss relatively
SWEEPS = 150
MEMORY = 10
LARGEST = 1e100  # of a residual that can still return
JUMP = 3.0  # growth of the loss in one row that no flow has: another branch of solutions
VANISHED = 1e-14  # train loss over its start, below which C_D is round-off
ORDERS = range(1, 7)
# weights of the rows before, last first, in the polynomials through 1, 2, ... of them
EXTRAPOLATION = np.array([[-comb(order, row) * (-1.0) ** row for row in ORDERS] for order in ORDERS])


class Problem(NamedTuple):
    """One flow: spectrum, 1/N, 1/P, richness, sigma^2, whether the network is pure, and eta/B."""

    spectrum: object
    inverse_width: float
    inverse_samples: float
    richness: float
    label_variance: float
    pure: bool
    noise: float


class Rows(Responses):
    """Responses and correlations (n, n) of a Problem at times (n,); ``solved`` rows hold values."""

    def __init__(self, problem, time):
        super().__init__(problem, time)
        size, spectrum = len(time), problem.spectrum
        for name in ("C_0", "force", "Q"):
            setattr(self, name, np.zeros((size, size)))
        self.loss, self.train = np.full(size, np.nan), np.full(size, np.nan)
        self.C_0[0, 0] = self.loss[0] = spectrum.initial_loss
        self.train[0] = spectrum.initial_loss + problem.label_variance
        self.Q[0, 0] = self.train[0] * problem.inverse_samples
        force = spectrum.multiplicity @ (spectrum.eigenvalue * spectrum.task_power)
        self.C_g[0, 0] = self.C_h[0, 0] = self.force[0, 0] = force + spectrum.trace * self.Q[0, 0]
        self.stiffness = np.zeros((size, len(spectrum.eigenvalue))) if problem.noise else None
        self.solved, self.vanished = 1, False

    def solve(self):
        """Solve rows until one does not converge or the train loss has vanished; ``solved`` says how many stand."""
        while self.solved < len(self.time):
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what leaves doubles is unconverged
                if not self._solve_row(self.solved):
                    break
            if self.train[self.solved] < VANISHED * self.train[0]:
                self.vanished = True
                break
            self.solved += 1
        self.loss[self.solved :] = self.train[self.solved :] = np.nan
        return self

    def _solve_row(self, i):
        names = ("C_g" if self.problem.pure else "C_h", "C_w") if self.problem.richness else ()
        for name in names:
            _guess(getattr(self, name), i)
        self._set_noise(i, self.loss[i - 1])
        scale = self._scale(names, i)
        value, before, mixing = self._read(names, i) / scale, np.inf, Mixing()
        for _ in range(SWEEPS):
            self._sweep(i)
            image = self._read(names, i) / scale
            change = np.abs(image - value).max(initial=0.0)
            if not change + abs(self.loss[i]) < LARGEST:
                return False
            settled = abs(self.loss[i] - before) < TOLERANCE * self.loss[i] or not (names or self.problem.noise)
            if change < TOLERANCE and settled and not self.limited:
                self._train(i)
                return 0 < self.loss[i] < JUMP * self.loss[i - 1]
            before, value = self.loss[i], mixing.next(value, image)
            self._write(names, i, value * scale)
        return False

    def _scale(self, names, i):
        """Sizes of the entries of rows i: sqrt(C_ii C_jj), or what acts no longer where that is larger.

        Forces act as richness C(t, s) t s, readouts as richness C.
        """
        time, scale = 1 + self.time[: i + 1], []
        for name in names:
            size = np.sqrt(np.maximum(getattr(self, name).diagonal()[: i + 1], 0.0))
            least = 1.0 if name == "C_w" else 1 / (time[i] * time)
            scale.append(np.maximum(size * size[-1], least / self.problem.richness))
        return np.concatenate([np.empty(0), *scale])

    def _read(self, names, i):
        return np.concatenate([np.empty(0), *(getattr(self, name)[i, : i + 1] for name in names)])

    def _write(self, names, i, value):
        for name, row in zip(names, value.reshape(len(names), i + 1), strict=True):
            matrix = getattr(self, name)
            matrix[i, : i + 1] = matrix[: i + 1, i] = row

    def _sweep(self, i):
        self._correlations(i, *self.respond(i))

    def _correlations(self, i, minus, source):
        """Update row i of all correlations, the loss and the noise from the responses and the rows before."""
        problem, row = self.problem, slice(0, i + 1)
        eigenvalue, task, count, _ = problem.spectrum
        force = self.mean[row] @ (count * eigenvalue * task * self.mean[i])
        error = self.mean[row] @ (count * task * self.mean[i])
        if problem.inverse_width:
            seen = problem.inverse_width * count * (self.force[row, row] @ source)
            force += self.width_rows.right(seen)
            if problem.inverse_samples:
                error += self.width_rows.right(seen / eigenvalue)
            else:
                error[i] += (source * seen).sum(0) @ (1 / eigenvalue)
        if problem.inverse_samples or problem.noise:
            noise, own = self._seen_noise(i, minus)
            seen = count * noise
            error += self.minus.right(seen)
            seen = eigenvalue * (seen + count * own)
            force += seen.sum(1) + self.minus.right(seen)
        self._own_feedback(i, minus, source, force, error)
        if problem.noise:
            error[i] = self._with_own_noise(i, error[i], 1 + minus[i], source[i])
        self.force[i, row] = self.force[row, i] = force
        self.C_0[i, row] = self.C_0[row, i] = error
        self.loss[i] = error[i]
        self._set_noise(i, error[i])
        _transform(self.C_g, i, self.force, self.R_D if problem.inverse_samples else None)
        _transform(self.C_h, i, self.C_g, self.R_h if problem.inverse_width else None)
        _transform(self.C_w, i, self.C_g, self.R_w)
        if problem.noise:
            # a stiff mode forgets the noise of its step within it: as features that noise does not act there
            self.C_w[i, i] -= self.own_force * self.R_w[i, i] ** 2

    def _seen_noise(self, i, minus):
        """Q (H_k - I)^T and Q of row i, as of times and modes (i + 1, K); Q is diagonal for fresh samples."""
        row = slice(0, i + 1)
        if self.problem.inverse_samples:
            noise = self.Q[row, row]
            return noise @ minus, noise[:, i][:, None]
        self.stiffness[i] = self.problem.spectrum.eigenvalue * self.instant
        noise = self.Q.diagonal()[row, None] * (1 + self.stiffness[row] / 2)
        own = np.zeros_like(minus)
        own[i] = noise[i]
        return noise * minus, own

    def _with_own_noise(self, i, error, own, source):
        """Loss of row i with its own step's noise, for ``error`` with what row i makes of Q_ii and own, source (K,).

        The step's kernel zK makes of it Q_ii tr (zK)^2 (1 + zK/2)/(1 + zK)^2 = Q_ii tr [zK - zK/(1 + zK)^2]/2, known
        from the mean response, E tr zK/(1 + c zK). As Q_ii contains the loss, the latter is solved for.
        """
        eigenvalue, _, count, _ = self.problem.spectrum
        weight = count * (1 + self.stiffness[i] / 2)
        by_width = self.problem.inverse_width * count * source**2
        force = weight @ (eigenvalue * own**2) / (1 - by_width.sum())
        found = weight @ (1 - own) ** 2 + force * (by_width @ (1 / eigenvalue))
        self.own_force = self.Q[i, i] * force
        share = self.problem.noise / self.step[i] * (self.problem.spectrum.trace * self.strength - self.growth) / 2
        return (error - self.Q[i, i] * found + share * self.problem.label_variance) / (1 - share)

    def _own_feedback(self, i, minus, source, force, error):
        """Turn the images of row i of force and C_0 into the row that is its own image, as both are linear in it.

        At N = P the multiplier of an iteration would tend to 1.
        """
        width, samples = self.problem.inverse_width, self.problem.inverse_samples
        if not (width or samples):
            return
        eigenvalue, _, count, _ = self.problem.spectrum
        row, own = slice(0, i + 1), 1 + minus[i]
        force -= self.force[i, row]
        error -= self.C_0[i, row]
        by_width = width * count * source[i] / [np.ones_like(eigenvalue), eigenvalue]
        by_samples = samples * count * [eigenvalue * own, minus[i]]
        change = self._changes(i, by_width, -count @ minus[i], force[:i], error[:i])
        last = np.array([force[i], error[i]])
        last += 2 * (by_width @ (change[0] @ source[:i]) + by_samples @ (change[1] @ minus[:i]))
        feedback = np.column_stack([by_width @ source[i], (by_samples * [own, minus[i]]).sum(1)])
        last = np.linalg.solve(np.eye(2) - feedback, last)
        force[:], error[:] = np.column_stack([change, last]) + [self.force[i, row], self.C_0[i, row]]

    def _changes(self, i, by_width, learned, force, error):
        """Changes (2, i) of row i but its end which the residuals force and error, (i,) each, call for.

        At equal times lambda_k H_k instant = I - H_k, so that sums over modes with any of these weights are sums
        ``learning`` and U.
        """
        width, samples, instant = self.problem.inverse_width, self.problem.inverse_samples, self.instant
        mixing = -instant * self.learning
        add_diagonal(mixing, learned)
        if not width:
            errors = Triangle(samples * mixing).solve(error)
            return np.array([force + samples * (self.learning @ errors), errors])
        own_source = self.width_rows is not self.minus
        forcing = self.width_rows.total(i, by_width[0]) if own_source else width * mixing
        if not samples:
            return np.array([Triangle(forcing).solve(force), error])
        if own_source:
            erring = self.width_rows.total(i, by_width[1])
        else:
            erring = -instant * (self.R_h[:i, :i] + width * mixing)
            add_diagonal(erring, instant)
        blocks = np.array([[forcing, samples * self.learning], [erring, samples * mixing]])
        return BlockTriangle(blocks).solve(np.array([force, error]))

    def _set_noise(self, i, loss):
        problem, row = self.problem, slice(0, i + 1)
        if problem.inverse_samples:
            noise = (self.C_0[i, row] + problem.label_variance) * problem.inverse_samples
            self.Q[i, row] = self.Q[row, i] = noise
        elif problem.noise:
            self.Q[i, i] = problem.noise * (loss + problem.label_variance) / self.step[i]

    def _train(self, i):
        row = slice(0, i + 1)
        if self.problem.inverse_samples:
            response = self.R_D[i, row]
            self.train[i] = response @ (self.C_0[row, row] + self.problem.label_variance) @ response


class Mixing:
    """Anderson's mixing with the last few images of a fixed-point map."""

    def __init__(self):
        self._values, self._images = [], []

    def next(self, value, image):
        """Next argument of the map, from the last argument and its image, both of shape (m,)."""
        self._values = [*self._values, value][-MEMORY:]
        self._images = [*self._images, image][-MEMORY:]
        if len(self._values) < 2:
            return image
        residual = np.subtract(self._images, self._values)
        weight = np.linalg.lstsq(np.diff(residual, axis=0).T, residual[-1], rcond=1e-10)[0]
        return image - weight @ np.diff(self._images, axis=0)


def _guess(correlation, i):
    """Fill row and column i with the polynomial through rows before that would have served best for the last row."""
    last = i - 1
    size = np.sqrt(np.abs(correlation.diagonal()[:i])) + np.finfo(float).tiny
    past = correlation[max(last - len(EXTRAPOLATION), 0) : last, :i][::-1]
    missed = EXTRAPOLATION[: len(past), : len(past)] @ past - correlation[last, :i]
    order = np.abs(missed / size).max(axis=1).argmin() + 1 if last else 1
    weights = EXTRAPOLATION[order - 1, :order]
    correlation[i, :i] = weights @ correlation[i - order : i, :i][::-1]
    correlation[i, i] = weights @ correlation[i, i - order : i][::-1]
    if correlation[i, i] < 0:
        correlation[i, i] = correlation[last, last]
    correlation[:i, i] = correlation[i, :i]


def _transform(out, i, correlation, response):
    """Row and column i of R C R^T; of C where R is None."""
    row = slice(0, i + 1)
    value = correlation[i, row]
    if response is not None:
        value = (response[i, row] @ correlation[row, row]) @ response[row, row].T
    out[i, row] = out[row, i] = value
