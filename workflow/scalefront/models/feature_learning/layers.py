"""The network that learns features: readout . V .. Q x, by gradient descent on all of its factors at once.

With readout u = w / sqrt(N), first layer Q = A / sqrt(N) and deeper layers V = W / sqrt(N) of the theory, the steps of
theory/feature_learning.md 1b, 1c and 1e have no width in them: rate eta for u, eta gamma for each layer. The projected
model takes them on features x = A0 psi / sqrt(N), with Q = 1 at the start.
"""

from typing import NamedTuple

from scalefront.numerics import jax, jnp


class Network(NamedTuple):
    """Layers from first to last, (N, F) and then (N, N), and readout (N,); without layers, N = F."""

    layers: tuple
    readout: jax.Array


def start(key, features, units, depth):
    """Network of ``depth`` layers with readout 0; the first is drawn, with ``units`` outputs, or is 1 (units None)."""
    if units is None:
        return Network((jnp.eye(features),) * depth, jnp.zeros(features))
    first = jax.random.normal(key, (units, features)) / units**0.5
    return Network((first, *(jnp.eye(units),) * (depth - 1)), jnp.zeros(units))


def signals(network):
    """The predictor (F,), and the signals (N,) that come back to the outputs of the first to the last layer."""
    back = [network.readout]
    for layer in reversed(network.layers):
        back.insert(0, back[0] @ layer)
    return back


def step(network, gradient_of, learning_rate, richness):
    """The network after one step; ``gradient_of`` turns a predictor into the mean (F,) of x times its error."""
    predictor, *back = signals(network)
    activity = gradient_of(predictor)
    layers = []
    for layer, signal in zip(network.layers, back, strict=True):
        layers.append(layer + (learning_rate * richness * signal)[:, None] * activity[None, :])
        activity = layer @ activity
    return Network(tuple(layers), network.readout + learning_rate * activity)
