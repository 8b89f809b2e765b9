"""Values that have broken readers before, and those that a study could hold."""

import math
import sys

from hypothesis import strategies as st
from scalefront.figures import FIGURES
from scalefront.models import REGISTRY, part
from scalefront.study import claims, fits, frontier, order_parameters, spectrum, study, timegrid
from scalefront.study.predictions import Predictions
from scalefront.study.spectrum import BUNDLED_SETS
from scalefront.study.sweep import GRID_KEYS, KINDS
from scalefront.words import WORDS

from tests.fuzz.plain import Raw

EXTREMES = (
    0, -1, 1, 2, 3, 2.5, 0.0, -0.0, 1e-300, 5e-324, sys.float_info.max, -sys.float_info.max, math.inf, -math.inf,
    math.nan,
    1e15, 1e16, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 10**308, 10**309, 10**400, -(10**400), True, False, None,
    math.nextafter(1, 2), 1 / 3,
)  # fmt: skip
NAMES = (
    "", " ", "../x", "a/b", "/etc/passwd", "..", ".", "CON", "nul.yaml", "x" * 300, "x" * 5000, "a b", "a=b", "{study}",
    "$(id)", "`id`", "; id", "%s%n", "{0.__class__}", "__import__('os').system('id')", "lambda: 0", "a\x00b", "a\nb",
    "a\tb", "\x1b[31m", "\u202eabc", "\ufeff", "\ud800", "é", "ß", "İ", "𝔘", "日本", "null", "~", "yes", "on", "1e5",
    ".inf",
    "-", "all", "theory", "simulation", "a:b", "a:b:c", "#", "&a", "*a", "!x", "<<",
)  # fmt: skip
RAW = tuple(
    map(
        Raw,
        (
            "1e999999", "-1e999999", "0x" + "f" * 2000, "0x1F", "0o17", "0b101", "1_000", "012", "1:30", "+.inf",
            ".NaN",
            "9" * 400, "9" * 5000, "1e5", ".5", "5.", "_", "-_", "0x_", "._", "2024-01-01", "2024-99-99T99:99:99Z", "~",
            "Null", "True", "on", "=", "!!python/object/apply:os.system [id]", "!!python/name:os.system",
            "!!binary aGk=",
            "!!set {a, b}", "!x y", "&a [1]", "*a", "&a {b: *a}", "{<<: {width: 8}}", "{[1]: 2}", "{? {a: b} : c}",
            "[" * 50 + "]" * 50, "'a", '"\\x00"', '"\\ud800"', '"\\U0011FFFF"', "|\n  x", "a: b", "- a", "@x", "%x", "",
        ),
    )
)  # fmt: skip
INF = math.inf
PARAMETERS = {model: {p.word: p for p in part(model, "parameters").PARAMETERS} for model in REGISTRY}
OPTIMIZERS = {model: part(model, "parameters").OPTIMIZERS for model in REGISTRY}
CHOICES = [choice for model in REGISTRY for p in part(model, "parameters").PARAMETERS for choice in p.choices]
PREDICTIONS = tuple(name for model in REGISTRY for name in Predictions(part(model, "exponents")).names)
VOCABULARY = tuple(
    dict.fromkeys(
        [
            *WORDS, *study.KEYS, *GRID_KEYS, *KINDS, *timegrid.MEANING, *fits.LAWS, *fits.QUANTITIES, *REGISTRY,
            *FIGURES,
            *order_parameters.MEANING, *claims.RELATIONS, *spectrum.KEYS, *frontier.METHODS, *PREDICTIONS, fits.LOWEST,
            *(key for keys in (*spectrum.KEYS.values(), *fits.FIT_KEYS.values()) for key in sorted(keys)), "log",
            "linear",
            *CHOICES, *claims.KEYS, "auto", "spectrum.capacity", "spectrum.source",
            *(f"bundled:{name}" for name in BUNDLED_SETS), "rows.npz", "spectrum.csv", "no.parquet", "y",
            "size", "methods", "slope.exponent", "slope.exponent:theory", "slope.width-8.exponent",
            "slope.source-0.5_width-inf.exponent",
            "frontier.envelope.size_exponent", "frontier.envelope.samples-100.loss_exponent",
            "frontier.envelope.samples-inf.loss_exponent",
        ]
    )
)  # fmt: skip

extremes = st.sampled_from(EXTREMES)
words = st.sampled_from(VOCABULARY)
texts = st.sampled_from(NAMES) | st.text(max_size=12)
scalars = extremes | words | texts | st.integers() | st.floats() | st.sampled_from(RAW)
junk = scalars | st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | texts | st.integers(), inner, max_size=3),
    max_leaves=6,
)
