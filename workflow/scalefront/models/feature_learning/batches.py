"""What the steps of the feature-learning model see: gradients of the population, of fresh batches, of a training set.

All of it in white coordinates of the student's F features: x = root z with normals z, y = coefficient . z + rest, so
that no M is left but where the student has the modes themselves (theory/feature_learning.md 1f).
"""

from typing import NamedTuple

from scalefront.models.feature_learning.draws import gaussian_samples
from scalefront.numerics import jax, jnp


class Population(NamedTuple):
    """Joint law of features and target.

    Attributes
    ----------
    root : (F,) standard deviations of the features, in the eigenbasis of their covariance
    coefficient : (F,) covariance of the target with the white features
    unexplained : () loss that no readout removes
    """

    root: jax.Array
    coefficient: jax.Array
    unexplained: jax.Array

    def error(self, predictor):
        """Error (F,) of a predictor (F,) in white coordinates."""
        return self.coefficient - self.root * predictor

    def loss(self, predictor):
        """Test loss, without label noise."""
        return self.unexplained + jnp.sum(self.error(predictor) ** 2)

    def gradient(self, predictor):
        """E[x (y - predictor . x)] (F,)."""
        return self.root * self.error(predictor)


class TrainingSet(NamedTuple):
    """Rows (R, F) of features and targets (R,), both divided by the square root of the number P of samples.

    R = P, or fewer rows with the same inner products.
    """

    features: jax.Array
    target: jax.Array

    def loss(self, predictor):
        """Train loss, label noise included."""
        return jnp.sum((self.target - self.features @ predictor) ** 2)

    def gradient(self, predictor):
        """(1/P) sum of x (y - predictor . x) (F,) over all samples."""
        return (self.target - self.features @ predictor) @ self.features

    def gradient_of(self, chosen, predictor):
        """The same over the samples ``chosen`` (B,) alone."""
        part = TrainingSet(self.features[chosen], self.target[chosen])
        return part.gradient(predictor) * (len(self.target) / len(chosen))


def draw_training_set(key, population, label_noise, samples, reduced):
    """Training set of ``samples`` noisy Gaussian samples; ``reduced``: to F + 1 rows with the same inner products."""
    variance, covariance = population.root**2, population.root * population.coefficient
    drawn = gaussian_samples(key, variance, covariance, population.unexplained, samples, label_noise)
    rows = jnp.concatenate([drawn.features, drawn.target[:, None]], axis=1) / samples**0.5
    if reduced and samples > rows.shape[1]:
        rows = jnp.linalg.qr(rows, mode="r")
    return TrainingSet(rows[:, :-1], rows[:, -1])


class Fresh(NamedTuple):
    """What ``draw_fresh`` draws: normals white (F,) and beyond (), and the mean square of ``batch`` normals."""

    white: jax.Array
    beyond: jax.Array
    square: jax.Array


def draw_fresh(key, features, batch):
    """All that is random in a batch of fresh samples (theory/feature_learning.md 1f)."""
    normals, squares = jax.random.split(key)
    drawn = jax.random.normal(normals, (features + 1,))
    return Fresh(drawn[:-1], drawn[-1], jax.random.chisquare(squares, batch) / batch)


def fresh_gradient(population, label_noise, batch, drawn, predictor):
    """Mean of x e over ``batch`` fresh samples, e = y + label noise - predictor . x, exactly, in one joint draw.

    With k = E[x e] and V = E[e^2], sum of e^2 = V chi^2_B, and the part of x that is independent of e adds up to a
    normal vector of size sqrt(V chi^2_B) (theory/feature_learning.md 1f).
    """
    error, rest = population.error(predictor), population.unexplained + label_noise**2
    power = jnp.sum(error**2) + rest
    residual = error @ drawn.white + jnp.sqrt(rest) * drawn.beyond
    aside = drawn.white - error * (residual / jnp.where(power > 0, power, 1.0))
    return population.root * (drawn.square * error + jnp.sqrt(power * drawn.square / batch) * aside)


def draw_distinct(key, samples, batch):
    """Indices (batch,) of distinct samples, uniformly: the first swaps of a Fisher-Yates shuffle."""
    swaps = jax.random.randint(key, (batch,), jnp.arange(batch), samples)

    def swap(place, order):
        other = swaps[place]
        here, there = order[place], order[other]
        return order.at[place].set(there).at[other].set(here)

    return jax.lax.fori_loop(0, batch, swap, jnp.arange(samples))[:batch]
