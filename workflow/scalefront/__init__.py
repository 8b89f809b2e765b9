"""Scalefront: solvable models of neural scaling laws, from a study file to verdicts.

Importing the package caps the threads of BLAS and OpenMP at one where the environment leaves them open: Scalefront
runs many jobs of one thread each, and uncapped BLAS makes batched eigendecompositions several times slower.
"""

import os

__version__ = "0.1.0"

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
