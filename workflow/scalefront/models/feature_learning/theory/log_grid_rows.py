"""Backward Euler of the mean-field equations of a flow on a grid of times, row by row (theory/feature_learning.md 2.6).

All matrices are lower triangular in time with their diagonal, columns weighted with dt_j. A row of the responses and
correlations depends on itself; it is the fixed point of one sweep through the equations, found by Anderson's mixing.
Integrals take their right end, but that of richness C in G its left one where C has noise at equal times (pure, sgd).
R_h and R_D are inverted, never multiplied out: the product form jumps between branches of solutions.
"""

from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.theory.mode_rows import ModeRows

TOLERANCE = 1e-9  # of a row: responses absolutely, correlations by sqrt(C_ii C_jj), the loss relatively
SWEEPS = 150
MEMORY = 5
LARGEST = 1e100  # of a residual that can still return
JUMP = 3.0  # growth of the loss in one row that no flow has: another branch of solutions
VANISHED = 1e-14  # train loss over its start, below which C_D is round-off


class Problem(NamedTuple):
    """One flow: spectrum, 1/N, 1/P, richness, sigma^2, whether the network is pure, and eta/B."""

    spectrum: object
    inverse_width: float
    inverse_samples: float
    richness: float
    label_variance: float
    pure: bool
    noise: float


class Rows:
    """Responses and correlations (n, n) of a Problem at times (n,); ``solved`` rows hold values."""

    def __init__(self, problem, time):
        self.problem, self.time, self.step = problem, time, np.diff(time, prepend=0.0)
        size, spectrum = len(time), problem.spectrum
        for name in ("G", "R_h", "R_D", "R_w", "C_w", "C_h", "C_g", "C_0", "force", "Q", "Phi", "Ghat", "sum_H"):
            setattr(self, name, np.zeros((size, size)))
        self.mean = np.ones((size, len(spectrum.eigenvalue)))
        self.minus = ModeRows(size, len(spectrum.eigenvalue))  # H_k - I, which has no cancellation
        # sources of the width noise: I - H_k, or lambda_k H_k R_w R_D where the network is pure
        pure = problem.pure and problem.inverse_width > 0
        self.width_rows = ModeRows(size, len(spectrum.eigenvalue)) if pure else self.minus
        self.loss, self.train = np.full(size, np.nan), np.full(size, np.nan)
        force = spectrum.multiplicity @ (spectrum.eigenvalue * spectrum.task_power)
        self.C_g[0, 0] = self.C_h[0, 0] = self.force[0, 0] = force
        self.C_0[0, 0] = self.loss[0] = spectrum.initial_loss
        self.train[0] = spectrum.initial_loss + problem.label_variance
        self.Q[0, 0] = self.train[0] * problem.inverse_samples
        self.R_h[0, 0] = self.R_D[0, 0] = 1.0
        self.sum_H[0, 0] = spectrum.trace
        self.solved, self.vanished = 1, False

    def unknown(self):
        """Matrices whose row a sweep maps to itself; the rest follow from them."""
        problem = self.problem
        names = ["R_h", "force"] * (problem.inverse_width > 0) + ["R_D", "force", "C_0"] * (problem.inverse_samples > 0)
        names += ["C_g" if problem.pure else "C_h", "C_w"] * (problem.richness > 0)
        return list(dict.fromkeys(names))

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
        names, scale = self.unknown(), []
        for name in names:
            matrix = getattr(self, name)
            if name.startswith("R"):
                matrix[i, 1 : i + 1] = matrix[i - 1, :i]
                scale.append(np.ones(i + 1))
            else:
                matrix[i, :i], matrix[i, i] = matrix[i - 1, :i], matrix[i - 1, i - 1]
                matrix[: i + 1, i] = matrix[i, : i + 1]
                size = np.sqrt(np.maximum(matrix.diagonal()[: i + 1], 0.0))
                scale.append(np.maximum(size * size[-1], self._least(name, i)))
        self._set_noise(i, self.loss[i - 1])
        scale = np.concatenate(scale) if scale else np.ones(0)
        mixing, before = Mixing(steady=not (self.problem.pure or self.problem.noise)), np.inf
        value = self._read(names, i) / scale
        for _ in range(SWEEPS):
            self._sweep(i)
            image = self._read(names, i) / scale
            change = np.abs(image - value).max(initial=0.0)
            if not change + abs(self.loss[i]) < LARGEST:
                return False
            if change < TOLERANCE and abs(self.loss[i] - before) < TOLERANCE * abs(self.loss[i]):
                self._train(i)
                return 0 < self.loss[i] < JUMP * self.loss[i - 1]
            before, value = self.loss[i], mixing.next(value, image)
            self._write(names, i, value * scale)
        return False

    def _least(self, name, i):
        """Sizes of correlations that matter no longer: forces act as richness C(t, s) t s, readouts as richness C."""
        if name in ("C_h", "C_g"):
            return 1 / (self.problem.richness * (1 + self.time[i]) * (1 + self.time[: i + 1]))
        return 1 / self.problem.richness if name == "C_w" else 1e-14 * getattr(self, name).diagonal().max()

    def _read(self, names, i):
        return np.concatenate([getattr(self, name)[i, : i + 1] for name in names]) if names else np.ones(0)

    def _write(self, names, i, value):
        for name, row in zip(names, value.reshape(len(names), i + 1), strict=True):
            matrix = getattr(self, name)
            matrix[i, : i + 1] = row
            if not name.startswith("R"):
                matrix[: i + 1, i] = row

    def _sweep(self, i):
        self._correlations(i, self._responses(i))

    def _responses(self, i):
        """Update row i of all responses from R_h, R_D, C_w and C_h or C_g; return H_k - I (i + 1, K)."""
        problem, step, row = self.problem, self.step, slice(0, i + 1)
        spectrum, richness = problem.spectrum, problem.richness
        if problem.inverse_samples == 0:
            self.R_D[i, i] = 1.0
        if problem.inverse_width == 0:
            self.R_h[i, i] = 1.0
        self._readout_response(i)
        features = richness * self.C_w[i, row] * step[row]
        self.R_w[i, row] = self.G[i, row] @ self.R_h[row, row]
        self.Ghat[i, row] = self.G[i, row] if problem.pure else self.G[i, row] + features
        phi = self.R_w[i, row] + features if problem.pure else self.Ghat[i, row] @ self.R_h[row, row]
        self.Phi[i, row] = phi
        phi = phi @ self.R_D[row, row] if problem.inverse_samples else phi

        eigenvalue = spectrum.eigenvalue
        own = 1 / (1 + eigenvalue * phi[i])
        minus = np.empty((i + 1, len(eigenvalue)))
        minus[:i] = -(eigenvalue * own) * (phi[:i, None] + self.minus.left(phi[:i]))
        minus[i] = -eigenvalue * phi[i] * own
        self.minus.set(i, minus)
        self.mean[i] = 1 + minus.sum(0)
        self.sum_H[i, row] = minus @ (spectrum.multiplicity * eigenvalue)
        self.sum_H[i, i] += spectrum.trace
        if problem.inverse_samples:
            _invert(self.R_D, i, problem.inverse_samples * (self.sum_H[i, row] @ self.Phi[row, row]))
        if problem.inverse_width:
            through = self.R_D[i, row] @ self.sum_H[row, row] if problem.inverse_samples else self.sum_H[i, row]
            _invert(self.R_h, i, problem.inverse_width * (through @ self.Ghat[row, row]))
        return minus

    def _readout_response(self, i):
        problem, step, row = self.problem, self.step, slice(0, i + 1)
        gain = problem.richness * step[i]
        if problem.pure or problem.noise:
            # C_g keeps its width noise: richness C_g dt^2 passes 1, where the implicit rule has no solution. The noise
            # of sgd at equal times does not act on what it multiplies
            kernel = (self.C_g if problem.pure else self.C_h)[i, :i] * step[1 : i + 1]
            self.G[i, row] = self.G[i - 1, row] + gain * (kernel @ self.G[:i, row])
            self.G[i, i] += step[i]
            return
        kernel = self.C_h[i, row] * step[row]
        self.G[i, row] = self.G[i - 1, row] + gain * (kernel[:i] @ self.G[:i, row])
        self.G[i, i] += step[i]
        self.G[i, row] /= 1 - gain * kernel[i]

    def _correlations(self, i, minus):
        """Update row i of all correlations, the loss and the noise from the responses and the rows before."""
        problem, row = self.problem, slice(0, i + 1)
        eigenvalue, task, count, _ = problem.spectrum
        force = self.mean[row] @ (count * eigenvalue * task * self.mean[i])
        error = self.mean[row] @ (count * task * self.mean[i])
        if problem.inverse_width:
            source = self._width_source(i, minus)
            seen = problem.inverse_width * count * (self.force[row, row] @ source)
            force += self.width_rows.right(seen)
            if problem.inverse_samples:
                error += self.width_rows.right(seen / eigenvalue)
            else:
                error[i] += (source * seen).sum(0) @ (1 / eigenvalue)
        if problem.inverse_samples or problem.noise:
            noise = self.Q[row, row]
            seen = count * (noise @ minus)
            error += self.minus.right(seen)
            seen = eigenvalue * (seen + count * noise[:, i][:, None])
            force += seen.sum(1) + self.minus.right(seen)
        self.force[i, row] = self.force[row, i] = force
        self.C_0[i, row] = self.C_0[row, i] = error
        self.loss[i] = error[i]
        self._set_noise(i, error[i])
        _transform(self.C_g, i, self.force, self.R_D if problem.inverse_samples else None)
        _transform(self.C_h, i, self.C_g, self.R_h if problem.inverse_width else None)
        self.R_w[i, row] = self.G[i, row] @ self.R_h[row, row]
        _transform(self.C_w, i, self.C_g, self.R_w)

    def _width_source(self, i, minus):
        if self.width_rows is self.minus:
            return minus
        row = slice(0, i + 1)
        readout = self.R_w[row, row] @ self.R_D[row, row] if self.problem.inverse_samples else self.R_w[row, row]
        source = self.problem.spectrum.eigenvalue * (readout.T @ minus + readout[i][:, None])
        self.width_rows.set(i, source)
        return source

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
    """Anderson's mixing with the last few images of a fixed-point map.

    ``steady`` is for maps that contract: it starts anew from the plain image wherever the residual has grown.
    """

    def __init__(self, steady):
        self._steady, self._values, self._images, self._residual = steady, [], [], np.inf

    def next(self, value, image):
        """Next argument of the map, from the last argument and its image, both of shape (m,)."""
        before, self._residual = self._residual, np.abs(image - value).max(initial=0.0)
        if self._steady and self._residual > before:
            self._values, self._images = [], []
        memory = MEMORY if self._steady else 2 * MEMORY
        self._values = [*self._values, value][-memory:]
        self._images = [*self._images, image][-memory:]
        if len(self._values) < 2:
            return image
        residual = np.subtract(self._images, self._values)
        weight = np.linalg.lstsq(np.diff(residual, axis=0).T, residual[-1], rcond=1e-10)[0]
        return image - weight @ np.diff(self._images, axis=0)


def _invert(response, i, operator):
    """Row i of [I + X]^-1 from row i of X (i + 1,) and the rows before."""
    response[i, :i] = -(operator[:i] @ response[:i, :i]) / (1 + operator[i])
    response[i, i] = 1 / (1 + operator[i])


def _transform(out, i, correlation, response):
    """Row and column i of R C R^T; of C where R is None."""
    row = slice(0, i + 1)
    value = correlation[i, row]
    if response is not None:
        value = (response[i, row] @ correlation[row, row]) @ response[row, row].T
    out[i, row] = out[row, i] = value
