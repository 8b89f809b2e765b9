"""Responses of the mean-field equations of a flow on a grid of times, row by row (theory/feature_learning.md 2.6).

With S_k = I - H_k, U = sum_k S_k and V = sum_k lambda_k H_k, all lower triangular in time with their diagonal,

    Phi' = (G + features) R_h R_D,  R_h = I - U/N,  R_D = I - U/P               projected
    Phi' = (R_w + features) R_D,    R_w = [G^-1 + R_D V/N]^-1,  R_D = I - U/P   pure

and H_k = [I + lambda_k Phi']^-1. Row i of Phi' depends on itself: its diagonal is the root of one equation, which has
one root, and given that the rest is linear in itself. A row found that way is on no wrong branch of solutions, and at
N = P, where the multiplier of an iteration would tend to 1, it is as exact as elsewhere.
"""

import numpy as np

from scalefront.models.feature_learning.theory.mode_rows import ModeRows
from scalefront.models.feature_learning.theory.row_solvers import DiagonalResponse, Triangle, add_diagonal

LARGEST_OWN = 0.5  # part of a step of G that the step itself makes; beyond, a poor guess has no solution


class Responses:
    """Responses (n, n) of a Problem at times (n,), columns weighted with dt_j, from correlations filled in by others.

    Attributes
    ----------
    G, R_h, R_D, R_w, V : (n, n); G of the pure network is R_w before the loss to width in its last step
    C_w, C_h, C_g : (n, n) correlations of readouts, features' and modes' forces
    mean : (n, K) sums over the rows of H_k
    minus : rows of H_k - I, which has no cancellation
    width_rows : rows of the sources of the width noise: H_k - I, or lambda_k H_k R_w R_D where the network is pure
    instant : Phi'_ii of the last row
    strength, growth : of its step with sgd noise: z of its kernel zK, and E tr zK/(1 + zK)^2
    limited : whether the last row of G was kept from growing without bound
    learning : (i, i) matrix with U = Phi' learning in the last row but its end
    """

    def __init__(self, problem, time):
        self.problem, self.time, self.step = problem, time, np.diff(time, prepend=0.0)
        size, spectrum = len(time), problem.spectrum
        for name in ("G", "R_h", "R_D", "R_w", "V", "C_w", "C_h", "C_g"):
            setattr(self, name, np.zeros((size, size)))
        self.R_h[0, 0] = self.R_D[0, 0] = 1.0
        self.V[0, 0] = spectrum.trace
        self.mean = np.ones((size, len(spectrum.eigenvalue)))
        self.minus = ModeRows(size, len(spectrum.eigenvalue))
        own_source = problem.pure and problem.inverse_width > 0
        self.width_rows = ModeRows(size, len(spectrum.eigenvalue)) if own_source else self.minus
        self.instant, self.strength, self.growth = np.nan, np.nan, np.nan
        self.learning, self.limited = None, False
        self._diagonal = DiagonalResponse(spectrum, problem.inverse_width, problem.inverse_samples)

    def respond(self, i):
        """Update row i of all responses from C_w and C_h or C_g; return H_k - I and the width's source, (i + 1, K)."""
        problem, row = self.problem, slice(0, i + 1)
        self._readout_response(i)
        features = problem.richness * self.C_w[i, row] * self.step[row]
        features[i] = max(features[i], 0.0)  # what a poor guess may violate
        force = self._pure_force(i, features) if problem.pure else self._projected_force(i, features)
        minus = self._mode_responses(i, force)
        learned = minus @ problem.spectrum.multiplicity
        self.R_D[i, row] = problem.inverse_samples * learned
        self.R_D[i, i] += 1.0
        if problem.pure:
            self._pure_width_response(i, minus)
            return minus, self._pure_source(i, force, minus)
        self.R_h[i, row] = problem.inverse_width * learned
        self.R_h[i, i] += 1.0
        self.R_w[i, row] = self.G[i, row] @ self.R_h[row, row]
        return minus, minus

    def _readout_response(self, i):
        """Row i of G; of the pure network that of R_w without the loss to width in this step."""
        problem, step, before = self.problem, self.step, slice(0, i)
        gain, response = problem.richness * step[i], self.R_w if problem.pure else self.G
        if problem.pure or problem.noise:
            # C_g keeps its width noise: richness C_g dt^2 passes 1, where the implicit rule has no solution. The noise
            # of sgd at equal times does not act on what it multiplies
            kernel, own = (self.C_g if problem.pure else self.C_h)[i, before] * step[1 : i + 1], 0.0
        else:
            kernel, own = self.C_h[i, before] * step[before], gain * self.C_h[i, i] * step[i]
        self.limited, own = own > LARGEST_OWN, min(own, LARGEST_OWN)
        self.G[i, before] = (response[i - 1, before] + gain * (kernel @ response[before, before])) / (1 - own)
        self.G[i, i] = step[i] / (1 - own)

    def _projected_force(self, i, features):
        """Row i of Phi' of the projected network."""
        problem, force = self.problem, self.G[i, : i + 1] + features
        width, samples, gain = problem.inverse_width, problem.inverse_samples, force[i]
        self.instant = self._diagonal.projected(gain)
        if problem.noise:
            self.strength, self.growth = gain, self._diagonal.projected_growth(self.instant, gain)
        force = force[:i] @ self.R_h[:i, :i]
        if samples:
            force = force @ self.R_D[:i, :i]
        if not (width or samples):
            return np.append(force, self.instant)
        learned = self._set_learning(i).sum() * self.instant
        if width and samples:
            lost = width * self.R_D[:i, :i]
            add_diagonal(lost, samples * (1 - width * learned))
            triangle = Triangle(-gain * (self.learning @ lost))
        else:
            triangle = Triangle(-gain * (width + samples) * self.learning)
        return np.append(triangle.solve_left(force), self.instant)

    def _pure_force(self, i, features):
        """Row i of Phi' of the pure network."""
        problem, gain = self.problem, self.step[i]
        width, samples = problem.inverse_width, problem.inverse_samples
        self.instant = self._diagonal.pure(gain, features[i])
        if problem.noise:
            self.strength = gain + features[i]
            self.growth = self._diagonal.pure_growth(self.instant, gain, features[i])
        weight = self._set_learning(i)
        shown = 1 - samples * weight.sum() * self.instant
        lost = width * gain / (1 + width * gain * shown * weight.sum())
        force = self.G[i, :i] * (1 - lost * shown * weight.sum()) + features[:i]
        feedback = lost * shown * self._total(i, weight * problem.spectrum.eigenvalue)
        if samples:
            force = force @ self.R_D[:i, :i]
            feedback += lost * samples * (self.learning @ self.V[:i, :i])
            feedback = feedback @ self.R_w[:i, :i] @ self.R_D[:i, :i]
            feedback -= samples * self.instant / shown * self.learning
        else:
            feedback = feedback @ self.R_w[:i, :i]
        return np.append(Triangle(feedback).solve_left(force), self.instant)

    def _set_learning(self, i):
        """Set the matrix of the rows before i with U = Phi' learning; return its weights (K,)."""
        spectrum = self.problem.spectrum
        weight = spectrum.multiplicity * spectrum.eigenvalue / (1 + spectrum.eigenvalue * self.instant)
        self.learning = self._total(i, weight)
        return weight

    def _total(self, i, weight):
        """sum_k weight[k] H_k of the rows before i."""
        total = self.minus.total(i, weight)
        add_diagonal(total, weight.sum())
        return total

    def _mode_responses(self, i, force):
        """Row i of H_k - I (i + 1, K) from that of Phi'."""
        eigenvalue = self.problem.spectrum.eigenvalue
        own = 1 / (1 + eigenvalue * force[i])
        minus = np.empty((i + 1, len(eigenvalue)))
        minus[:i] = -(eigenvalue * own) * (force[:i, None] + self.minus.left(force[:i]))
        minus[i] = -eigenvalue * force[i] * own
        self.minus.set(i, minus)
        self.mean[i] = 1 + minus.sum(0)
        return minus

    def _pure_width_response(self, i, minus):
        """Row i of R_w and R_h of the pure network.

        R_w = [G^-1 + R_D V/N]^-1 is stepped on its own: G grows as a power of time and would cancel in G R_h.
        """
        problem, row, step = self.problem, slice(0, i + 1), self.step[i]
        self.V[i, row] = minus @ (problem.spectrum.multiplicity * problem.spectrum.eigenvalue)
        self.V[i, i] += problem.spectrum.trace
        seen = self.R_D[i, row] @ self.V[row, row] if problem.inverse_samples else self.V[i, row]
        seen = problem.inverse_width * seen
        self.R_w[i, :i] = (self.G[i, :i] - step * (seen[:i] @ self.R_w[:i, :i])) / (1 + step * seen[i])
        self.R_w[i, i] = step / (1 + step * seen[i])
        self.R_h[i, row] = -(seen @ self.R_w[row, row])
        self.R_h[i, i] += 1.0

    def _pure_source(self, i, force, minus):
        """Row i of lambda_k H_k R_w R_D (i + 1, K); the product itself would cancel as H_k is small."""
        if self.width_rows is self.minus:  # no width noise
            return minus
        readout = self.R_w[i, : i + 1]
        if self.problem.inverse_samples:
            readout = readout @ self.R_D[: i + 1, : i + 1]
        source = np.repeat(readout[:, None], minus.shape[1], axis=1)
        source[:i] -= self.width_rows.left(force[:i])
        source *= self.problem.spectrum.eigenvalue * (1 + minus[i])
        self.width_rows.set(i, source)
        return source
