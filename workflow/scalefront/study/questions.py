"""What a study asks of its curves: fits, a frontier, claims."""

from scalefront.study.claims import RELATIONS, read_claims
from scalefront.study.fits import FIT_KEYS, LAWS, QUANTITIES, read_fits
from scalefront.study.frontier import METHODS, read_frontier
from scalefront.study.predictions import Predictions

__all__ = ["FIT_KEYS", "LAWS", "METHODS", "QUANTITIES", "RELATIONS", "Predictions"]
__all__ += ["read_claims", "read_fits", "read_frontier"]
