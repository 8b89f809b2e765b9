"""`python -m tests.bench.bench_feature_learning`: steps of the feature-learning model, as ratios within one run."""

from tests.bench.__main__ import measured

NUMPY = """
import time, scalefront, numpy as np
rng, modes, width, batch, steps = np.random.default_rng(0), 1000, 256, 32, 300
k = np.arange(1.0, modes + 1)
root, target = k**-0.75, k**-0.125
projection, layer, readout = rng.standard_normal((width, modes)), np.eye(width), np.zeros(width)
start = time.perf_counter()
for _ in range(steps):
    error = target - projection.T @ (layer.T @ readout) / width
    loss = k**-1.5 @ error**2
    features = rng.standard_normal((batch, modes)) * root
    seen = projection @ (features.T @ (features @ error)) / batch
    readout, layer = readout + 0.1 * layer @ seen, layer + 0.1 / width * np.outer(readout, seen)
print((time.perf_counter() - start) / steps)
"""
STEPS = """
import time, jax, numpy as np
from scalefront.models.feature_learning import network
from scalefront.numerics import jnp
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law
seeds, steps = {seeds}, 1000
spectrum, keys = power_law(1.5, 0.5, {modes}, exact={modes}), seed_keys(point_key(0, "0" * 12), range(seeds))
drawn = network._populations(keys, spectrum, 256)
settings = network._Settings(*(jnp.asarray(value) for value in (0.0, 0.1, {richness}, {batch}.0)))
shape = network._Shape(None, 1 if {richness} else 0, None, None, True)
together = network._together(shape, 256, seeds)
def run(last):
    start = time.perf_counter()
    jax.block_until_ready(network._runs(keys, drawn, settings, jnp.asarray([last]), shape, together))
    return time.perf_counter() - start
run(10)
print(sorted(run(steps) for _ in range(3))[1] / steps / seeds)
"""


def simulation():
    """A step of one seed of the projected model, 8 seeds together, against a numpy loop over M modes.

    The draw of the projection, which takes longer the more modes there are, is left out.
    """

    def step(modes=1000, batch=32, richness=1.0, seeds=8):
        return measured(STEPS.format(modes=modes, batch=batch, richness=richness, seeds=seeds))[0]

    literal, here = measured(NUMPY)[0], step()
    print(f"rich sgd, a step, N = 256, B = 32, M = 1000      {here * 1e6:9.2f} us  a seed, 8 seeds together")
    print(f"  of a numpy loop over 1000 modes to it          {literal / here:9.1f}     wanted > 5")
    print(f"  of B = 1024 to B = 32                          {step(batch=1024) / here:9.2f}     wanted 1")
    print(f"  of M = 100,000 to M = 1000                     {step(100_000) / step():9.2f}     wanted 1")
    print(f"  of a lazy step to it                           {step(richness=0.0) / here:9.2f}")


if __name__ == "__main__":
    simulation()
