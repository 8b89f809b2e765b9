"""The digest of code moves with what is computed and with nothing else."""

import ast
import shutil
from pathlib import Path

import pytest
from scalefront import code_digest

ROOT = Path(__file__).parents[2]
SOLVER = "models/random_features/theory/kappa.py"
SIMULATION = "models/random_features/simulation.py"
MODEL = "scalefront.models.random_features"


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package whose files a test may change; digests of (simulate, solve) are of that copy."""
    package = tmp_path / "scalefront"
    shutil.copytree(ROOT / "workflow" / "scalefront", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    monkeypatch.setattr(code_digest, "PACKAGE", package)

    class Copy:
        def append(self, file, text):
            (package / file).write_text((package / file).read_text() + text)

        def digests(self):
            code_digest._parsed.cache_clear()
            return (
                code_digest.code_digest(tmp_path / "scripts/simulate.py", [f"{MODEL}.simulate"]),
                code_digest.code_digest(tmp_path / "scripts/solve.py", [f"{MODEL}.theory.solve"]),
            )

    yield Copy()
    code_digest._parsed.cache_clear()


def test_a_constant_of_the_solver_moves_theory_and_nothing_of_the_simulation(copy):
    before = copy.digests()
    copy.append(SOLVER, "\nTOLERANCE_OF_A_TEST = 1e-3\n")
    after = copy.digests()
    assert after[0] == before[0] and after[1] != before[1]


def test_a_constant_of_the_simulation_moves_the_simulation_alone(copy):
    before = copy.digests()
    copy.append(SIMULATION, "\nCONSTANT_OF_A_TEST = 1\n")
    after = copy.digests()
    assert after[0] != before[0] and after[1] == before[1]


def test_a_comment_or_a_docstring_moves_nothing(copy):
    before = copy.digests()
    copy.append("spectra.py", "\n# a remark\n")
    copy.append("numerics.py", "\n# another remark\n")
    path = code_digest.PACKAGE / "tables.py"
    path.write_text(path.read_text().replace('"""Parquet:', '"""Parquet tables:', 1))
    assert copy.digests() == before


def test_what_both_import_moves_both(copy):
    before = copy.digests()
    copy.append("spectra.py", "\nCONSTANT_OF_A_TEST = 1\n")
    after = copy.digests()
    assert after[0] != before[0] and after[1] != before[1]


def test_another_version_of_the_package_moves_nothing(copy):
    before = copy.digests()
    path = code_digest.PACKAGE / "__init__.py"
    path.write_text(path.read_text().replace('__version__ = "', '__version__ = "9.'))
    assert copy.digests() == before


def test_the_digest_does_not_depend_on_the_version_of_python():
    # Python 3.13 leaves empty fields out of ast.dump, and 3.12 added type_params to functions
    tree = ast.parse("def f(x, *, y=None):\n    return [x, 1.5, 'a', y]")
    assert code_digest._told(tree) == (
        "Module(body=[FunctionDef(name='f', args=arguments(args=[arg(arg='x')], kwonlyargs=[arg(arg='y')], "
        "kw_defaults=[Constant()]), body=[Return(value=List(elts=[Name(id='x', ctx=Load()), Constant(value=1.5), "
        "Constant(value='a'), Name(id='y', ctx=Load())], ctx=Load()))])])"
    )
