"""Loss curves of the lazy random-feature model from Python: theory and simulation of one point, without a workflow.

Run it: `.venv/bin/python docs/examples/theory_and_simulation.py`
"""

import numpy as np
from scalefront.models.random_features.exponents import predictions
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law

CAPACITY, SOURCE, MODES = 1.25, 0.4, 1000
WIDTH, SAMPLES, NOISE, SEEDS = 100, 200, 0.5, 32

time = np.geomspace(0.1, 1e5, 7)
spectrum = power_law(CAPACITY, SOURCE, MODES, exact=MODES)  # a simulation wants every mode for itself
theory = loss_curves(spectrum, np.array([WIDTH]), np.array([SAMPLES]), np.array([NOISE]), time)
keys = seed_keys(point_key(0, "0" * 12), range(SEEDS))
simulation = full_batch(keys, spectrum, WIDTH, SAMPLES, NOISE, time)

print("    time  test loss: theory, simulation    train loss: theory, simulation")
for column, t in enumerate(time):
    test, train = simulation.test_loss[:, column], simulation.train_loss[:, column]
    print(
        f"{t:8.3g}  {theory.test_loss[0, column]:10.4f} {test.mean():8.4f} ± {test.std() / SEEDS**0.5:.4f}"
        f"    {theory.train_loss[0, column]:10.4f} {train.mean():8.4f} ± {train.std() / SEEDS**0.5:.4f}"
    )

for name, prediction in predictions(CAPACITY, SOURCE).items():
    print(f"{name:24} {prediction.value:8.4f}  {prediction.range}")
