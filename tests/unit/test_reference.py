"""What is written from the declarations: the schema knows every shipped study, the page every word."""

from pathlib import Path

import jsonschema
import pytest
from scalefront import reference
from scalefront.models import REGISTRY, part
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


@pytest.mark.parametrize("model", REGISTRY)
def test_the_page_holds_every_parameter_and_prediction(model):
    page = reference.config_page()
    words = [parameter.word for parameter in part(model, "parameters").PARAMETERS]
    for name in [*words, *Predictions(part(model, "exponents")).names]:
        assert f"| `{name}` |" in page
