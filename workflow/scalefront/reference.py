"""`make docs`: writes what is made from the declarations - config/README.md, the schema for editors, the conda file.

A test holds the written files equal to what this module makes of the code.
"""

import json
import re
from pathlib import Path

from scalefront.figures import FIGURES
from scalefront.models import REGISTRY, part
from scalefront.study import block, claims, fits, frontier, order_parameters, spectrum, study, sweep, timegrid, yaml
from scalefront.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
GRID_MEANING = {
    "curves": "simulation, theory or both (default both)",
    "seeds": "independent draws of each simulated point of this grid",
    "fan_out": "words whose values cut the grid into jobs (default: simulation width and samples, theory none)",
}
FIT_MEANING = {
    "of": "test_loss | train_loss | gap (test_loss + label_noise² - train_loss; not on measured rows)",
    "against": "time, or a word of the model; not for relative_difference and ratio; a word for onset",
    "where": "which curves: kind and any word; time, for a fit against a word (.inf for the limit t -> inf) and for a"
    " ratio (there also lowest: the lowest loss over the finite times)",
    "law": "power (y = prefactor x^exponent, default) | relative_difference (simulation against theory)"
    " | ratio (of two losses) | onset (power law of the time at which a share reaches a threshold)",
    "window": "auto (the project's one rule, docs/fits.md; default) | [low, high]",
    "by": "words, not for relative_difference: a fit `<name>.<group>` for every combination of their values, e.g."
    " `chi.source-0.5_richness-1`; curves of one group differ in `against` alone; a group with fewer than"
    f" {fits.MIN_VALUES} finite values of it has no fit",
    "predicted": "a number, or the name of a prediction (with `by` that of each group); shown beside the fit, never"
    " used by it",
    "excess_over": "word -> value, for power and onset: what the curve has in excess of the one with these words"
    " replaced (null takes a word away), e.g. {width: .inf}",
    "to": "word -> value, for ratio: the loss below the bar has these words replaced; time may be among them",
    "threshold": "for onset: what excess/reference reaches or, without excess_over, gap/(test_loss + label_noise²)",
}
FRONTIER_MEANING = {
    "size": "the word that is chosen for each compute, e.g. width",
    "compute": "columns whose product is the compute, e.g. [width, time]",
    "budget": "samples: a frontier for each finite number of samples, which may use as many or fewer; curves may then"
    " differ in samples, too",
    "by": "words, not with a budget: a frontier `frontier.<method>.<group>` for every combination of their values that"
    f" has {frontier.MIN_SIZES} finite sizes",
    "where": "which curves: kind and any word; they may differ in the size alone, or with `by` in its words, too",
    "methods": " | ".join(frontier.METHODS),
}
CLAIM_MEANING = {
    "id": "name of the claim, once in a study",
    "statement": "the claim in words",
    "quantity": "<fit>.exponent | <fit>.prefactor | <fit>.relative_difference | <fit>.ratio"
    " | frontier.<method>.{size,time,loss}_exponent, with a budget of the largest, of others"
    " frontier.<method>.samples-<budget>.{size,time,loss}_exponent | frontier.<method>.binding_exponent"
    " | spectrum.{capacity,source}; `:simulation` asks for the fit of the simulated curves. Of a fit or frontier with"
    " `by` it stands for a claim `<id>.<group>` on every group, `<fit>.<group>.exponent` for that on one",
    "relation": " | ".join(claims.RELATIONS),
    "predicted": "a number, or the name of a prediction, which is that of each group",
    "tolerance": "for equals: how far value and prediction may differ",
    "relative_tolerance": "for equals: they may differ by this share of the prediction, where that is less (and not 0)",
    "where": "word -> value: on the groups with these values of words of `by` alone",
}


INTRODUCTION = """# Study files: every key

Written by `make docs` from the code's own declarations; edit those, not this page.

A study is a file `config/studies/NAME.yaml`, or a file of one's own anywhere:
`scalefront run path/to/mine.yaml`, or `snakemake --cores all --config studies=path/to/mine.yaml`.
`NAME` matches `[a-z][a-z0-9_]*` and is no rule's name.
YAML 1.2: `1e5` is a number, `on` is text, `.inf` is infinity; a key given twice, tags and anchors are refused.
`scalefront check NAME` validates a study and counts its points without computing anything.

`config.yaml` holds `studies`, the names or paths that `snakemake` builds when it is given no target. `archive` and
`archive_uncommitted`, there or after `--config`, are what `snakemake archive` packs (names or paths; else the studies)
and whether it may pack a checkout with uncommitted changes (false).
"""
SPECTRA = """`table` is a .csv, .parquet or .npz file with columns `eigenvalue` and `task_power`. `data` is such a file
with features and a `target` column (or array): its spectrum is measured, and simulations run on its rows. Paths are
relative to the study file. ``window`` (auto, or [low, high] in k) is where capacity and source are fitted."""


LIMITS = {
    "bytes of a study file": yaml.MAX_BYTES,
    "characters of a text": block.MAX_TEXT,
    "characters of a study's name": study.MAX_NAME,
    "points": sweep.MAX_POINTS,
    "shards of one kind (name fewer words in `fan_out`)": sweep.MAX_SHARDS,
    "characters of a shard's name": sweep.MAX_NAME,
    "seeds": sweep.MAX_SEEDS,
    "times": timegrid.MAX_TIMES,
    "rows of curves: points times seeds times times": study.MAX_ROWS,
    "fits, counted with one for each group": fits.MAX_FITS,
    "groups of a frontier": frontier.MAX_GROUPS,
    "claims, counted with one for each group": claims.MAX_CLAIMS,
    "ranks in `order_parameters.index`": order_parameters.MOST_RANKS,
    "bytes of a table of one's own, as a file and in memory": spectrum.MAX_BYTES,
}


def config_page():
    """config/README.md."""
    bundled = [
        f"`{spectrum.BUNDLED}{name}` ({', '.join(found.targets)})" for name, found in spectrum.BUNDLED_SETS.items()
    ]
    kinds = {kind: ", ".join(sorted(keys)) for kind, keys in spectrum.KEYS.items()}
    lines = [
        INTRODUCTION,
        *_table("Top level", study.KEYS),
        *_table("spectrum", kinds, "kind", "keys"),
        SPECTRA + " Bundled sets and their targets: " + "; ".join(bundled) + ".",
        "",
        *_table("time", timegrid.MEANING),
        *_table("sweep: each grid", GRID_MEANING | {"any word": "one value, a list, or {start, stop, points} in log"}),
        *_table("fits: each fit", FIT_MEANING),
        *_table("frontier", FRONTIER_MEANING),
        *_table("order_parameters", order_parameters.MEANING),
        *_table("claims: each claim", CLAIM_MEANING),
        *_table("figures", dict.fromkeys(FIGURES, ""), "name", ""),
        *_limits(),
    ]
    for model in REGISTRY:
        lines += _model_tables(model)
    return "\n".join(lines).rstrip("\n") + "\n"


def _model_tables(model):
    lines = [f"## Model `{model}`", "", "| word | symbol | meaning | allowed | default |", "|---|---|---|---|---|"]
    for parameter in part(model, "parameters").PARAMETERS:
        word = WORDS[parameter.word]
        default = "required" if parameter.required else f"{parameter.default}"
        allowed = parameter.allowed.replace("|", "\\|")
        lines.append(f"| `{word.name}` | {word.symbol} | {word.meaning} | {allowed} | {default} |")
    lines += ["", "Predictions, by name:", "", "| name | statement | range | source |", "|---|---|---|---|"]
    for name, found in _predictions(part(model, "exponents")).items():
        lines.append(f"| `{name}` | {found.statement} | {found.range} | {found.source} |".replace("||", "|"))
    return [*lines, ""]


def _predictions(exponents):
    """Name -> Prediction of a model at the example values of what its predictions depend on."""
    return exponents.predictions(**exponents.PREDICTED_BY)


def _table(title, rows, first="key", second="meaning"):
    body = [f"| `{key}` | {text.replace('|', chr(92) + '|')} |" for key, text in rows.items()]
    return [f"## {title}", "", f"| {first} | {second} |", "|---|---|", *body, ""]


def _limits():
    rows = [f"| {what} | {most:,} |" for what, most in LIMITS.items()]
    return ["## Limits", "", "| of | at most |", "|---|---|", *rows, ""]


def schema():
    """JSON schema of study files, for editors; the study reader checks more than a schema can say."""
    declared = {}
    for model in REGISTRY:
        for parameter in part(model, "parameters").PARAMETERS:
            declared.setdefault(parameter.word, {})[model] = parameter
    value = {word: _value_schema(word, by_model) for word, by_model in declared.items()}
    axis = {
        word: {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, {"type": "object"}]}
        for word, one in value.items()
    }
    names = {"type": ["string", "array"]}
    grid = _object(axis | {"curves": names, "seeds": {"type": "integer", "minimum": 1}, "fan_out": names})
    blocks = {
        block: {word: value[word] for word, found in declared.items() if block in {one.block for one in found.values()}}
        for block in ("spectrum", "dynamics")
    }
    text = {"type": "string"}
    properties = {key: {"description": meaning} for key, meaning in study.KEYS.items()}
    properties["model"] |= {"enum": list(REGISTRY)}
    properties["title"] |= text
    properties["paper"] |= text
    for key in ("seed", "seeds"):
        properties[key] |= {"type": "integer", "minimum": 0}
    kind = {"enum": list(spectrum.KEYS)}
    properties["spectrum"] |= _object(
        blocks["spectrum"] | {"kind": kind, "path": text, "target": text, "window": {}}, ["kind"]
    )
    properties["dynamics"] |= _object(blocks["dynamics"])
    properties["time"] |= _object({key: {"description": meaning} for key, meaning in timegrid.MEANING.items()})
    properties["sweep"] |= {"anyOf": [grid, {"type": "array", "items": grid, "minItems": 1}]}
    properties["fits"] |= {"type": "object", "additionalProperties": _described(FIT_MEANING, ["of"])}
    properties["frontier"] |= _described(FRONTIER_MEANING, ["size", "compute"])
    properties["claims"] |= {
        "type": "array",
        "items": _described(CLAIM_MEANING, ["id", "statement", "quantity", "relation"]),
    }
    properties["figures"] |= {"type": "array", "items": {"enum": list(FIGURES)}}
    required = ["title", "model", "spectrum", "time", "sweep"]
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Scalefront study"} | _object(
        properties, required
    )


def _value_schema(word, declared):
    """What some model allows for a word; ``declared`` is model -> Parameter."""
    choices = list(dict.fromkeys(choice for parameter in declared.values() for choice in parameter.choices))
    number = not all(parameter.choices for parameter in declared.values())
    kinds = ([{"type": "number"}] if number else []) + ([{"enum": choices}] if choices else [])
    meaning = WORDS[word].meaning
    allowed = {model: parameter.allowed for model, parameter in declared.items()}
    if len(set(allowed.values())) > 1:
        meaning += "; " + "; ".join(f"{model}: {text}" for model, text in allowed.items())
    elif number:
        meaning += f"; {next(iter(allowed.values()))}"
    return (kinds[0] if len(kinds) == 1 else {"anyOf": kinds}) | {"description": meaning}


def _object(properties, required=()):
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _described(meanings, required):
    return _object({key: {"description": meaning} for key, meaning in meanings.items()}, required)


def conda_environment(python="3.11"):
    """envs/scalefront.yaml: the direct requirements at the lock's versions for one Python, for ``--sdm conda``."""
    lock = (ROOT / "envs" / "requirements.txt").read_text()
    wanted = re.findall(r"^([A-Za-z][\w.-]*)", (ROOT / "envs" / "requirements.in").read_text(), re.MULTILINE)
    pinned = {}
    for name, version, marker in re.findall(r"^([a-z][\w.-]*)==(\S+)([^\n]*)", lock, re.MULTILINE):
        if ">= '3.12'" not in marker:
            pinned[name] = version
    pins = [f"      - {name}=={pinned[name.lower().replace('.', '-')]}" for name in wanted]
    head = [
        "# The lock's versions of the direct requirements, for `snakemake --sdm conda`. Written by `make docs`.",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        f"  - python ={python}",
        "  - pip",
        "  - pip:",
    ]
    return "\n".join(head + pins) + "\n"


def written_files():
    """Path -> text of every file that is made from the code."""
    return {
        ROOT / "config" / "README.md": config_page(),
        ROOT / "config" / "study.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
        ROOT / "envs" / "scalefront.yaml": conda_environment(),
    }


if __name__ == "__main__":
    for path, text in written_files().items():
        path.write_text(text, encoding="utf-8")
