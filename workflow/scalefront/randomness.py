"""One rule for random numbers, study seed, then point, then seed: no draw depends on sharding or job order."""

import re

from scalefront.numerics import jax, jnp


def point_key(study_seed, point):
    """JAX key of a point: the key of the study's seed, folded with the two 24-bit halves of ``point``.

    ``fold_in`` takes 32 bits and truncates longer numbers without a word, hence the halves.

    Parameters
    ----------
    study_seed : integer seed of the study
    point : 12 hexadecimal digits, the name of the point

    Raises
    ------
    ValueError : ``point`` is not made of 12 hexadecimal digits.
    """
    if not re.fullmatch("[0-9a-f]{12}", point):
        raise ValueError(f"a point is named by 12 hexadecimal digits, not {point!r}")
    key = jax.random.key(study_seed)
    for half in (point[:6], point[6:]):
        key = jax.random.fold_in(key, int(half, 16))
    return key


def seed_keys(key, seeds):
    """Keys (S,) of the independent draws ``seeds`` (S integers in [0, 2^32)) of the point with this ``key``.

    Raises
    ------
    ValueError : a seed is negative or has more than 32 bits.
    """
    if not all(0 <= seed < 2**32 for seed in seeds):
        raise ValueError(f"seeds lie in [0, 2^32), not {list(seeds)}")
    return jax.vmap(lambda seed: jax.random.fold_in(key, seed))(jnp.asarray(seeds, dtype=jnp.uint32))
