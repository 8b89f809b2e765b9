import numpy as np
import pytest
from scalefront.numerics import jax
from scalefront.randomness import point_key, seed_keys


def data(keys):
    return np.asarray(jax.random.key_data(keys))


def test_every_digit_of_the_point_and_the_study_seed_moves_the_key():
    points = ["000000000000", *("0" * place + "1" + "0" * (11 - place) for place in range(12)), "ffffffffffff"]
    keys = [tuple(data(point_key(seed, point))) for seed in (0, 1) for point in points]
    assert len(set(keys)) == len(keys)


def test_the_halves_of_a_point_are_not_interchangeable():
    assert np.any(data(point_key(0, "000001000002")) != data(point_key(0, "000002000001")))


def test_point_key_is_the_fold_of_both_halves():
    # the rule of the study: jax.random.key(study seed), folded with the first, then the second 24 bits
    expected = jax.random.fold_in(jax.random.fold_in(jax.random.key(7), 0xABCDEF), 0x012345)
    np.testing.assert_array_equal(data(point_key(7, "abcdef012345")), data(expected))


def test_a_seed_has_its_key_whatever_the_other_seeds():
    key = point_key(0, "0123456789ab")
    np.testing.assert_array_equal(data(seed_keys(key, [4, 9, 2**32 - 1]))[1], data(seed_keys(key, [9]))[0])
    np.testing.assert_array_equal(data(seed_keys(key, range(3)))[2], data(jax.random.fold_in(key, 2)))


def test_distinct_seeds_have_distinct_keys():
    assert len(np.unique(data(seed_keys(point_key(0, "0123456789ab"), range(1000))), axis=0)) == 1000


@pytest.mark.parametrize("point", ["", "0123456789a", "0123456789abc", "0123456789AB", "0123456789ag"])
def test_other_names_of_points_are_refused(point):
    with pytest.raises(ValueError, match="12 hexadecimal digits"):
        point_key(0, point)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_beyond_32_bits_are_refused(seed):
    with pytest.raises(ValueError, match="seeds"):
        seed_keys(point_key(0, "0123456789ab"), [0, seed])
