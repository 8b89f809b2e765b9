"""What 1/N costs early in training: the mean-field theory, its first-order and spike corrections, and simulations.

Run it: `.venv/bin/python docs/examples/early_corrections.py`
"""

import numpy as np
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.corrections import early_loss
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law

CAPACITY, SOURCE, MODES = 1.25, 0.4, 100
WIDTH, SEEDS = 40, 10_000

time = np.array([0.1, 0.3, 1.0, 3.0])
spectrum = power_law(CAPACITY, SOURCE, MODES, exact=MODES)
finite, infinite = loss_curves(spectrum, [WIDTH, np.inf], [np.inf] * 2, [0.0] * 2, time).test_loss
first = early_loss(spectrum, time)
runs = full_batch(seed_keys(point_key(0, "0" * 12), range(SEEDS)), spectrum, WIDTH, np.inf, 0.0, time).test_loss

print("N [L(t, N) - L(t, inf)]:")
print("  time  theory (DMFT)  first order   + spike   simulation")
for column, t in enumerate(time):
    excess = WIDTH * (runs[:, column] - infinite[column])
    print(
        f"{t:6.2g}  {WIDTH * (finite[column] - infinite[column]):13.4f}  {first.width[column]:11.4f}"
        f"  {first.width[column] + first.spike[column]:8.4f}  {excess.mean():8.4f} ± {excess.std() / SEEDS**0.5:.4f}"
    )
