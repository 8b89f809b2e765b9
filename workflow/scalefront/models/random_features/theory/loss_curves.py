"""Test and train loss of the full-batch methods over time, by contour integrals over kappa(z) (theory 2.5).

Late times lie on a Talbot contour of their own each; early steps of methods that overshoot or oscillate share an
ellipse.
"""

from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.late_losses import LateLosses, late_losses
from scalefront.models.random_features.filters import GRADIENT_FLOW, remaining_and_learned
from scalefront.models.random_features.theory.early_steps import early_rows
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.late_times import Rows, Shares, late_rows, shares
from scalefront.models.random_features.theory.transforms import earliest

# a time (in units of 1/Tr Lambda) at which nothing has moved by one unit of rounding
EARLIEST = 1e-17


class LossCurves(NamedTuple):
    """Losses of n problems at T times; all of shape (n, T).

    Attributes
    ----------
    test_loss : population loss without the label noise
    train_loss : loss on the training set, label noise included; test_loss + label_noise^2 where samples are infinite;
        NaN where several training sets are averaged over
    residual : worst relative residual of kappa(z) on the nodes of that time; 0 where a closed form is used
    converged : every node within 1e-10 and on its sheet, and no loss below zero by more than rounding
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def loss_curves(spectrum, width, samples, label_noise, time, method=GRADIENT_FLOW, ensemble=1.0, bags=1.0):
    """Mean-field losses of a full-batch method from zero weights, for n problems at T times.

    The test loss is good to 1e-11 relative at any time, width and number of samples; where source > 1 to 1e-9, where
    source > 2 to 1e-7, as there it falls far below the terms of its integral. A train loss that falls exponentially
    (samples < width) ends in rounding, below 1e-13 of its start; what comes out negative within that rounding is set
    to 0. At time = inf the closed limits are returned: +inf where width = samples < modes.

    What oscillates for longer than the ellipse reaches is unconverged from there to the end of its oscillation: heavy
    ball of (1 - momentum)^2 < 0.004 learning_rate u_max, and a flow of inertia > 270/u_max.

    Parameters
    ----------
    spectrum : Spectrum
    width, samples : (n,) numbers >= 1; inf allowed
    label_noise : (n,) standard deviations >= 0
    time : (T,) times >= 0, in units of 1/lambda_1 for lambda_1 = 1, or whole steps of a method that takes them; 0 and
        inf allowed
    method : Method, any but sgd. It is unstable beyond rates of ``method.largest_stable_rate()``: losses of +inf once
        the train loss lies above its start
    ensemble, bags : (n,) or one number >= 1, inf allowed: the mean prediction over so many projections and training
        sets, all crossed. Both inf leave the bias, one of them C^A (ensemble) or C^D (bags)

    Source: arXiv:2402.01092, solved by theory/dynamical_model.md 2.3 to 2.6 and 4.
    """
    time = np.asarray(time, float)
    columns = [np.asarray(column, float) for column in (width, samples, label_noise)]
    ensemble, bags = (np.broadcast_to(np.asarray(column, float), len(columns[0])) for column in (ensemble, bags))
    problems = _Problems(spectrum, *columns, shares(ensemble, bags), method)
    curves = LossCurves(
        *(np.zeros((len(columns[0]), len(time))) for _ in range(3)), np.ones((len(columns[0]), len(time)), bool)
    )
    noise = problems.label_noise[:, None] ** 2
    early, late = time * spectrum.trace < EARLIEST, np.isinf(time)
    running = np.flatnonzero(~early & ~late)
    curves.test_loss[:, early] = spectrum.initial_loss
    curves.train_loss[:, early] = spectrum.initial_loss + noise
    for column, limit in zip(curves, problems.limits(), strict=False):
        column[:, late] = limit[:, None]
    if len(running):
        problems.fill(curves, running, time[running])
    curves.train_loss[bags > 1] = np.nan
    return curves


class _Problems(NamedTuple):
    spectrum: object
    width: np.ndarray
    samples: np.ndarray
    label_noise: np.ndarray
    weights: Shares
    method: object

    def fill(self, curves, columns, counts):
        """Write the losses at finite ``counts`` (T,) > 0 into ``columns`` (T,) of the LossCurves."""
        free = np.isinf(self.samples) & np.isinf(self.width)
        if free.any():
            curves.test_loss[np.ix_(free, columns)] = self._unbounded(counts)
            curves.train_loss[np.ix_(free, columns)] = self._unbounded(counts) + self.label_noise[free, None] ** 2
        bounds = np.array([0.0 if alone else self._first_late(place) for place, alone in enumerate(free)])
        late = ~free[:, None] & (counts[None, :] >= bounds[:, None])
        alone = self.weights.both_shared == 1
        endless = np.isinf(self.samples)
        for some in (endless & alone, ~endless & alone, ~alone):
            self._fill_late(curves, np.nonzero(late & some[:, None]), columns, counts)
        for place in np.flatnonzero((~free[:, None] & ~late).any(1)):
            early = ~late[place]
            rows = self._early(place, counts[early])
            if self._largest_rate(place) >= self.method.largest_stable_rate():
                rows = _grown(rows, counts[early], self.spectrum.initial_loss + self.label_noise[place] ** 2)
            for column, values in zip(curves, rows, strict=True):
                column[place, columns[early]] = values

    def limits(self):
        """LateLosses (n,), +inf for a method that is unstable."""
        found = late_losses(self.spectrum, self.width, self.samples, self.label_noise, self.weights)
        if not self.method.stepped:
            return found
        slowest = np.array([self._largest_rate(place) for place in range(len(self.width))])
        unstable = slowest >= self.method.largest_stable_rate()
        return LateLosses(*(np.where(unstable, np.inf, limit) for limit in found))

    def _fill_late(self, curves, chosen, columns, counts):
        place, when = chosen
        if not len(place):
            return
        neck = bottleneck(self.spectrum, self.width[place], self.samples[place])
        weights = Shares(*(column[place] for column in self.weights))
        rows = late_rows(self.spectrum, neck, self.label_noise[place], weights, counts[when], self.method)
        for column, values in zip(curves, rows, strict=True):
            column[place, columns[when]] = values

    def _early(self, place, counts):
        weights = Shares(*(column[[place]] for column in self.weights))
        sizes = self.width[place], self.samples[place], self.label_noise[place]
        return early_rows(self.spectrum, *sizes, weights, counts, self.method, self._largest_rate(place))

    def _first_late(self, place):
        if self.method.optimizer == "gradient_flow":
            return 0.0
        return earliest(self.method, self._largest_rate(place))

    def _largest_rate(self, place):
        return largest_rate(self.spectrum, self.width[place], self.samples[place])

    def _unbounded(self, counts):
        """Loss (T,) of infinite width and samples: sum T phi(lambda)^2."""
        spectrum = self.spectrum
        phi, _ = remaining_and_learned(self.method.optimizer, self.method.settings, spectrum.eigenvalue, counts)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = (spectrum.multiplicity * spectrum.task_power * np.asarray(phi) ** 2).sum(1)
            grown = ~(loss <= spectrum.initial_loss)
        unstable = spectrum.eigenvalue[0] >= self.method.largest_stable_rate()
        return np.where(grown & unstable, np.inf, loss)


def _grown(rows, counts, start):
    """Rows of an unstable method: +inf from the count on at which the train loss lies above its start, or is lost."""
    sound = rows.converged & (rows.train_loss <= start)
    sound &= counts < counts[~sound].min(initial=np.inf)
    test, train = (np.where(sound, loss, np.inf) for loss in rows[:2])
    return Rows(test, train, np.where(sound, rows.residual, 0.0), np.ones_like(sound))
