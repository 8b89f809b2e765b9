"""The table of order parameters: its columns, times and statuses, printed values, and the march behind it."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from scalefront.contracts import table_schema
from scalefront.models.feature_learning import correlate as adapter
from scalefront.models.feature_learning.theory.march import march
from scalefront.spectra import power_law

from tests.oracles.printed import load
from tests.unit.models.feature_learning.settings import DESCENT, INF, SGD, UNSTABLE, point

QUANTITIES = ["C_w", "C_h", "C_g", "R_h", "R_w"]
PRINTED = {case["name"][0]: case for case in load("feature_learning_march")["march"]}
HALF_A_SPACING = 10 ** (1 / 40)  # of 20 times a decade


def correlated(time, *points):
    entries = [[name * 12, one] for name, one in zip("abcdef", points, strict=False)]
    return adapter.correlate({"study": "s", "model": "feature_learning", "time": list(time), "points": entries}, {})


def matrix(table, quantity):
    """(n, n) values over time and other_time; NaN where there is no row."""
    return table[table["quantity"] == quantity].pivot(index="time", columns="other_time", values="value")


def test_the_table_has_the_columns_of_the_contract():
    table = correlated([0.2, 1.0, INF], point(**SGD), point())
    schema = table_schema(SimpleNamespace(model="feature_learning"), "order_parameters")
    assert pa.Schema.from_pandas(table, preserve_index=False).names == schema.names
    for name in ("richness", "width", "batch", "time", "other_time", "rate", "value"):
        assert table[name].dtype == "float64"
    assert set(table["study"]) == {"s"} and table["point"].drop_duplicates().tolist() == ["a" * 12, "b" * 12]
    assert list(dict.fromkeys(table["quantity"])) == QUANTITIES
    assert table["index"].isna().all() and table["rate"].isna().all() and (table["status"] == "ok").all()


@pytest.mark.parametrize(
    "changes", [SGD, SGD | {"samples": 24.0, "label_noise": 0.5}, DESCENT | {"architecture": "pure"}]
)
def test_steps_have_the_order_parameters_of_the_march(changes):
    told = point(**changes)
    table = correlated([0.2, 1.0, 4.0], told)
    steps, batch = np.array([1, 5, 20]), told["batch"] or INF
    network = {word: told[word] for word in ("width", "samples", "richness", "label_noise")}
    exact = march(power_law(1.5, 0.5, 40, exact=40), 20, 0.2, batch=batch, pure="architecture" in changes, **network)
    for quantity in QUANTITIES:
        found = matrix(table, quantity)
        np.testing.assert_allclose(found.index, 0.2 * steps)
        expected = getattr(exact, quantity.lower())[np.ix_(steps, steps)]
        if quantity.startswith("R"):
            expected = np.where(np.tri(3, dtype=bool), expected, np.nan)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("case", ["A", "B", "C"])
def test_the_printed_correlation_of_the_readout(case):
    """theory/feature_learning.md 7.1, of 400 modes one by one; here in groups, good to 6e-4 (2.6.4)."""
    network = {word: float(value) for word, value in PRINTED[case]["network"].items()}
    dynamics = SGD if "batch" in network else DESCENT
    table = correlated([40.0], point(modes=400.0, **dynamics | network))
    (found,) = table.loc[table["quantity"] == "C_w", "value"]
    assert found == pytest.approx(float(PRINTED[case]["last_c_w"]), rel=6e-4)


def test_responses_are_causal_and_correlations_symmetric():
    for one in (point(**SGD), point(), point(samples=24.0, label_noise=0.5)):
        table = correlated([0.2, 1.0, 4.0, 20.0], one)
        for quantity in ("C_w", "C_h", "C_g"):
            found = matrix(table, quantity).to_numpy()
            np.testing.assert_allclose(found, found.T)
            assert np.all(np.diag(found) > 0) and np.all(np.linalg.eigvalsh(found) > -1e-9 * found.max())
        responses = table[table["quantity"].str.startswith("R")]
        assert np.all(responses["other_time"] <= responses["time"]) and len(responses) == 2 * 10
        assert not responses.duplicated(["quantity", "time", "other_time"]).any()
    unit = matrix(correlated([0.2, 1.0], point(**SGD)), "R_h").to_numpy()
    np.testing.assert_allclose(np.diag(unit), 1.0)


def test_a_flow_has_the_times_of_its_grid_nearest_to_the_asked_ones():
    asked = np.array([0.5, 3.0, 40.0, 1e3])
    times = correlated([*asked, INF], point())["time"].unique()
    assert len(times) == 4 and times[-1] == pytest.approx(1e3)
    assert np.all(np.abs(np.log(times / asked)) <= np.log(HALF_A_SPACING))


def test_asked_times_on_the_same_point_of_the_grid_are_one():
    assert len(correlated([1.0, 1.0001, 100.0], point())["time"].unique()) == 2


def test_the_readout_of_a_flow_is_that_of_small_steps():
    """One hidden layer of width 16 at t = 4: steps of 0.05 and the grid's have a percent each."""
    small = matrix(correlated([4.0], point(**DESCENT | {"learning_rate": 0.05})), "C_w").iloc[0, 0]
    flow = matrix(correlated([0.5, 4.0], point()), "C_w").iloc[-1, -1]
    assert flow == pytest.approx(small, rel=0.03)


def test_what_a_flow_did_not_reach_is_unconverged_at_the_asked_times(monkeypatch):
    asked, original = [0.5, 3.0, 40.0, 1e3], adapter.flow_curves
    whole = correlated(asked, point())

    def stuck(spectrum, time, **sizes):
        found = original(spectrum, time, **sizes)
        lost = found.grid_time > 10
        either = lost | lost[:, None]
        names = (*adapter.CORRELATIONS, *adapter.RESPONSES)
        matrices = {name: np.where(either, np.nan, getattr(found, name)) for name in names}
        return found._replace(grid_time=np.where(lost, np.nan, found.grid_time), **matrices)

    monkeypatch.setattr(adapter, "flow_curves", stuck)
    table = correlated(asked, point())
    late = np.maximum(table["time"], table["other_time"]) > 10
    assert table["time"].unique()[2:].tolist() == asked[2:]
    assert (table["status"] == np.where(late, "unconverged", "ok")).all()
    assert (table["value"].isna() == late).all()
    same = whole[np.maximum(whole["time"], whole["other_time"]) < 10]
    np.testing.assert_array_equal(table.loc[~late, "value"], same["value"])


def test_what_has_diverged_has_no_order_parameters():
    table = correlated([3.0, 600.0, 1500.0], point(**UNSTABLE))
    late = np.maximum(table["time"], table["other_time"]) > 3
    assert (table["status"] == np.where(late, "diverged", "ok")).all()
    assert (table["value"].isna() == late).all()
