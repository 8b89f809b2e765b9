"""The shape of the house: imports run one way, what is generated is up to date, the lock is pinned."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scalefront import reference
from scalefront.models import REGISTRY

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow" / "scalefront"

# Each layer may import itself and what stands below it.
LAYERS = [
    {"errors", "words", "numerics", "file_lock", "lifeline", "command_line", "atomic", "jobs"},
    {"parameter", "prediction", "spectra", "bottlenecks", "late_losses", "cut_off"},
    {"randomness", "steps", "tables", "code_digest", "stopping"},
    {"study", "foreign", "datasets", "measurement"},
    {"models"},
    {"shards", "rule_digests", "shard_marks", "resources"},
    {"fits"},
    {"claims", "figures", "results"},
    {"catalogue", "contracts", "kept", "launch", "screen", "reference"},
    {"archive"},
    {"cli"},
]
FLOOR = {name: number for number, layer in enumerate(LAYERS) for name in layer}


def imports(path):
    """Dotted names of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
            if node.module == "scalefront":
                names = [f"scalefront.{alias.name}" for alias in node.names]
        yield from names


def modules():
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    place = path.relative_to(PACKAGE).with_suffix("").parts
    for name in imports(path):
        parts = name.split(".")
        assert parts[0] != "snakemake", f"{path} imports snakemake"
        if parts[0] == "scalefront":
            assert FLOOR[parts[1]] <= FLOOR[place[0]], f"{'.'.join(place)} imports {name}, which stands above it"
            if place[0] == parts[1] == "models" and len(parts) > 2 and len(place) > 2:
                assert parts[2] == place[1], f"the model {place[1]} imports another one: {name}"


def test_every_module_has_a_floor():
    assert {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()} == set(FLOOR)


@pytest.mark.parametrize("path", reference.written_files(), ids=lambda path: path.name)
def test_what_is_made_from_the_code_is_up_to_date(path):
    assert path.read_text() == reference.written_files()[path], "run `make docs`"


@pytest.mark.parametrize(("name", "least"), [("requirements", 50), ("cluster", 3)])
def test_a_lock_is_pinned_hashed_and_free_of_addresses(name, least):
    lock = (ROOT / "envs" / f"{name}.txt").read_text()
    assert not re.search(r"https?://|^--(index|find|extra)", lock, re.MULTILINE)
    packages = re.split(r"^(?=[A-Za-z])", lock, flags=re.MULTILINE)[1:]
    assert len(packages) > least
    assert all("==" in package and "--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("name", ["requirements", "cluster"])
def test_a_lock_holds_every_requirement(name):
    lock = (ROOT / "envs" / f"{name}.txt").read_text()
    wanted = re.findall(r"^([a-zA-Z][\w.-]*)", (ROOT / "envs" / f"{name}.in").read_text(), re.MULTILINE)
    for name in wanted:
        assert re.search(rf"^{name.lower().replace('.', '-')}==", lock, re.MULTILINE), name


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_a_script_is_a_short_adapter_of_a_rule_with_its_name(script):
    assert len(script.read_text().splitlines()) < 60
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert f"rule {script.stem}:" in rules and f"scripts/{script.name}" in rules


@pytest.mark.parametrize("rules", sorted((ROOT / "workflow" / "rules").glob("*.smk")), ids=lambda path: path.stem)
def test_a_rule_file_is_short_and_every_script_has_its_environment(rules):
    text = rules.read_text()
    assert len(text.splitlines()) < 121
    assert text.count("script:") == text.count('"../../envs/scalefront.yaml"')


@pytest.mark.parametrize(
    "imported",
    ["scalefront.cli", "scalefront.resources", *(f"{path}.cost" for path in REGISTRY.values())],
)
def test_importing_what_a_person_or_a_scheduler_waits_for_is_lean(imported):
    program = (
        f"import sys, {imported}; "
        "heavy = {'jax', 'pandas', 'scipy', 'matplotlib', 'pyarrow', 'sklearn'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_locks_agree():
    """What both pin has the same versions; the one for clusters adds nothing that a start of Snakemake would load."""
    pins = [
        dict(re.findall(r"^([a-zA-Z][\w.-]*)==(\S+)", (ROOT / "envs" / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("requirements", "cluster")
    ]
    added = pins[1].keys() - pins[0].keys()
    assert added and all(name.startswith("snakemake-executor-plugin-") for name in added)
    assert not any(name.startswith("snakemake-executor-plugin-") for name in pins[0])
