"""What is written from the declarations: the schema knows every shipped study, the page every word."""

from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from scalefront import reference
from scalefront.models import REGISTRY, part
from scalefront.parameter import Parameter
from scalefront.study.predictions import Predictions
from scalefront.study.yaml import read_yaml

STUDIES = sorted((Path(__file__).parents[2] / "config" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_fits_the_schema(path):
    jsonschema.validate(read_yaml(path), reference.schema())


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"model": "perceptron"}, {"figures": ["portrait"]}, {"title": 1}]
)
def test_the_schema_refuses_what_the_reader_refuses(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read_yaml(STUDIES[0]) | change, reference.schema())


def test_the_schema_allows_what_some_model_allows(monkeypatch):
    """Two models share the words batch and optimizer; one of them takes momentum for a text."""
    first = [Parameter("optimizer", choices=("flow", "sgd"), block="dynamics"), Parameter("batch", high=9)]
    second = [Parameter("optimizer", choices=("sgd", "adam")), Parameter("batch", high=99, block="dynamics")]
    declared = {"one": [*first, Parameter("momentum")], "two": [*second, Parameter("momentum", choices=("heavy",))]}
    monkeypatch.setattr(reference, "REGISTRY", declared)
    monkeypatch.setattr(reference, "part", lambda model, _: SimpleNamespace(PARAMETERS=declared[model]))
    schema = reference.schema()
    dynamics = schema["properties"]["dynamics"]["properties"]
    assert schema["properties"]["model"]["enum"] == ["one", "two"]
    assert dynamics["optimizer"]["enum"] == ["flow", "sgd", "adam"]
    assert "one: a number <= 9; two: a number <= 99" in dynamics["batch"]["description"]
    study = {"title": "t", "model": "two", "spectrum": {"kind": "white"}, "time": {}}
    for momentum in (0.5, "heavy"):
        jsonschema.validate(study | {"sweep": {"momentum": [momentum], "optimizer": "adam", "batch": 50}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(study | {"sweep": {"momentum": "light"}}, schema)


def test_the_schema_allows_groups():
    where = {"source": 0.5}
    claim = {"id": "c", "statement": "s", "quantity": "chi.exponent", "relation": "equals", "relative_tolerance": 0.05}
    change = {"fits": {"chi": {"of": "test_loss", "by": ["source"]}}, "claims": [claim | {"where": where}]}
    change["frontier"] = {"size": "width", "compute": ["width", "time"], "by": ["source"]}
    jsonschema.validate(read_yaml(STUDIES[0]) | change, reference.schema())


@pytest.mark.parametrize("model", REGISTRY)
def test_the_page_holds_every_parameter_and_prediction(model):
    page = reference.config_page()
    words = [parameter.word for parameter in part(model, "parameters").PARAMETERS]
    for name in [*words, *Predictions(part(model, "exponents")).names]:
        assert f"| `{name}` |" in page
