"""No pickle, no evaluated expression, no shell: what the code must not even name, in the package, scripts and tests."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for folder in ("workflow", "scripts", "tests", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if ".venv" not in path.parts
]
RULES = sorted((ROOT / "workflow").rglob("*.smk")) + [ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"]
UNSAFE = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "joblib",
    "dill",
    "cloudpickle",
    "jsonpickle",
    "pickletools",
    "yaml",
}
EVALUATING = {"eval", "exec", "compile", "execfile", "__import__"}
METHODS = {
    "eval": "pandas evaluates expressions",
    "query": "pandas evaluates expressions",
    "read_pickle": "pandas unpickles",
    "to_pickle": "pandas pickles",
    "unsafe_load": "YAML that makes objects",
    "full_load": "YAML that makes objects",
    "ExpressionModel": "lmfit evaluates expressions",
    "literal_eval": "Python is no format of data here",
    "extractall": "an archive that chooses its own paths",
}
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
# traps that are shown not to be sprung, and a line that a reader is told to paste into a shell
ALLOWED = {
    ("tests/unit/test_foreign.py", "allow_pickle=True"),
    ("tests/fuzz/files.py", "allow_pickle=True"),
    ("tests/fuzz/test_watch.py", "allow_pickle=True"),
    ("tests/workflow/test_resume.py", "starts a shell"),
    ("tests/workflow/test_screen.py", "starts a shell"),
}


def name_of(node):
    """The dotted name of what is called, e.g. ``np.load``."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id if isinstance(node, ast.Name) else ""]))


def objections(source):
    """Yield (line, what) for each thing in Python ``source`` that this project does without."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for module in modules:
                if module.partition(".")[0] in UNSAFE:
                    yield node.lineno, f"imports {module}"
        if isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in _calls(node))


def _calls(call):
    name = name_of(call.func)
    last = name.rpartition(".")[2]
    told = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in EVALUATING:
        yield f"calls {name}"
    if "." in name and last in METHODS:
        yield f"calls {name}: {METHODS[last]}"
    if name in SHELLS or _is_true(told.get("shell")):
        yield "starts a shell"
    if _is_true(told.get("allow_pickle")):
        yield "allow_pickle=True"
    if name in ("np.load", "numpy.load") and "allow_pickle" not in told:
        yield f"calls {name} without allow_pickle=False"
    if name == "YAML" and ast.unparse(call) not in ("YAML(typ='safe', pure=True)", "YAML()"):  # () keeps comments
        yield "reads YAML that may make objects"
    if "expr" in told and last in ("add", "Parameter", "set"):
        yield "lmfit evaluates expressions"


def _is_true(node):
    return node is not None and not (isinstance(node, ast.Constant) and node.value in (False, None))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path):
    name = str(path.relative_to(ROOT))
    found = [(line, what) for line, what in objections(path.read_text()) if (name, what) not in ALLOWED]
    assert not found, f"{name}: {found}"


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_give_nothing_to_a_shell(path):
    text = re.sub(r"#.*", "", path.read_text())
    assert not re.search(r"^\s*(shell|run):|\bshell\(|\beval\(|\bexec\(|\bpickle\b|os\.system", text, re.MULTILINE)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import joblib", "import os, marshal", "eval('1')", "exec(x)",
        "compile(x, '', 'eval')", "np.load(path)", "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "frame.query('a > 1')", "pd.eval('1')", "frame.eval('a + b')", "pd.read_pickle(path)", "os.system('id')",
        "subprocess.run('id', shell=True)", "subprocess.run('id', shell=1)", "subprocess.getoutput('id')",
        "import yaml",
        "YAML(typ='unsafe')", "YAML(typ=kind)", "lmfit.models.ExpressionModel('a*x')",
        "parameters.add('a', expr='2*b')",
        "ast.literal_eval(text)", "tar.extractall(path)", "__import__('os')",
    ],
)  # fmt: skip
def test_each_of_them_would_be_found(source):
    assert list(objections(source))


@pytest.mark.parametrize("source", ["np.load(p, allow_pickle=False)", "re.compile('a')", "run(['id'], shell=False)"])
def test_what_looks_like_it_and_is_not_is_allowed(source):
    assert not list(objections(source))
