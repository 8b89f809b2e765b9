"""Runs of the whole workflow in temporary folders, with a study small enough for seconds."""

import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .archives import ARCHIVE, git

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "scripts", "config", "profiles", "envs", "README.md", ".gitignore")
INF = float("inf")
SCALEFRONT = [sys.executable, "-c", "from scalefront.cli import main; main()"]

THEORY = {"kind": "theory", "modes": 1e12}
SMALL = {
    "title": "A study of seconds",
    "model": "random_features",
    "seed": 5,
    "seeds": 3,
    "spectrum": {"kind": "power_law", "capacity": 1.25, "source": 0.4, "modes": 1e12},
    "time": {"start": 0.1, "stop": 1e4, "points": 16, "limit": True},
    "sweep": [
        {"modes": 100, "width": [8, 16], "samples": [INF, 24]},
        {"curves": ["theory"], "width": {"start": 8, "stop": 1e3, "points": 9}, "samples": [INF]},
        {"curves": ["theory"], "width": [INF], "samples": [INF]},
    ],
    "fits": {
        "time_exponent": {
            "of": "test_loss",
            "against": "time",
            "where": THEORY | {"width": INF},
            "predicted": "time_bottleneck",
        },
        "agreement": {"of": "test_loss", "law": "relative_difference", "where": {"modes": 100}},
    },
    "frontier": {"size": "width", "compute": ["width", "time"], "where": THEORY | {"samples": INF}},
    "claims": [
        {
            "id": "time_bottleneck",
            "statement": "L ~ t^-source",
            "quantity": "time_exponent.exponent",
            "relation": "equals",
            "predicted": "time_bottleneck",
            "tolerance": 0.02,
        },
        {
            "id": "simulation_agrees",
            "statement": "simulation is within a factor of two of theory",
            "quantity": "agreement.relative_difference",
            "relation": "below",
            "predicted": 1.0,
        },
    ],
    "figures": ["loss_against_time"],
}


class Run:
    """A folder with study files in which Snakemake runs."""

    def __init__(self, folder, root=ROOT):
        self.folder, self.root = folder, root
        folder.mkdir(parents=True, exist_ok=True)

    def study(self, content, name="small"):
        path = self.folder / f"{name}.yaml"
        with path.open("w") as stream:
            YAML(typ="safe", pure=True).dump(content, stream)
        return path

    def snakemake(self, *arguments, study="small.yaml", cores=2, check=True):
        """Run Snakemake on ``study``; returns the finished process with its output."""
        command = self._command(*arguments, study=study, cores=cores)
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=self._environment())
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    def start(self, *arguments, said=subprocess.DEVNULL, study="small.yaml"):
        """Start Snakemake on ``study`` as the leader of its own process group, with its output in the file ``said``."""
        return subprocess.Popen(
            self._command(*arguments, study=study, cores=2),
            cwd=self.folder,
            env=self._environment(),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _command(self, *arguments, study, cores):
        config = ["--config", f"studies={study}"] if study else []
        command = [sys.executable, "-m", "snakemake", "-s", str(self.root / "Snakefile"), "--cores", str(cores)]
        return [*command, *arguments, *config]

    def planned(self, *arguments):
        """Rule -> number of jobs that a dry run plans."""
        lines = self.snakemake("--dry-run", "--quiet", "rules", *arguments).stdout.splitlines()
        pairs = [line.split() for line in lines]
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit() and pair[0] != "total"}

    def edit(self, file, old, new):
        """Change the code of a copied checkout; returns a function that changes it back."""
        path = self.root / "workflow" / "scalefront" / file
        text = path.read_text()
        assert self.root != ROOT and old in text
        path.write_text(text.replace(old, new, 1))
        return lambda: path.write_text(text)

    def result(self, name):
        return self.folder / "results" / name

    def states(self, pattern="small/shards/simulation/*.parquet"):
        """(bytes, mtime) of results by name."""
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(self.result("").glob(pattern))
        }

    def _environment(self):
        """That of the tests, but for the workers of xdist; the package is found by the workflow itself."""
        return {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}


@pytest.fixture
def fresh(tmp_path):
    """An empty folder to run in."""
    return Run(tmp_path / "work")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The small study, run once with two cores; tests copy it before they change anything."""
    run = Run(tmp_path_factory.mktemp("finished") / "work")
    run.study(SMALL)
    start = time.perf_counter()
    run.snakemake()
    run.seconds = time.perf_counter() - start
    return run


@pytest.fixture
def continued(finished, tmp_path):
    """A copy of the finished run, with the times of its files, that a test may go on with."""
    shutil.copytree(finished.folder, tmp_path / "work", copy_function=shutil.copy2)
    return Run(tmp_path / "work")


def copied_checkout(root):
    """A copy of the workflow's code in the new folder ``root``."""
    root.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / part, root / part)
    return root


@pytest.fixture
def checkout(finished, tmp_path):
    """A copy of the workflow's code that a test may change, and of the finished run of it."""
    root = copied_checkout(tmp_path / "checkout")
    shutil.copytree(finished.folder, root / "work", copy_function=shutil.copy2)
    return Run(root / "work", root)


@pytest.fixture(scope="session")
def kept(finished, tmp_path_factory):
    """The finished run in a git checkout, and its archive; tests copy it before they change anything."""
    root = copied_checkout(tmp_path_factory.mktemp("kept") / "checkout")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "code")
    shutil.copytree(finished.folder, root.parent / "work", copy_function=shutil.copy2)
    run = Run(root.parent / "work", root)
    run.snakemake("archive")
    return run


@pytest.fixture
def archive(kept):
    """The path of the archive."""
    return kept.folder / ARCHIVE


@pytest.fixture
def inside(archive):
    """name -> bytes of the archive, to be changed and packed again."""
    with tarfile.open(archive) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}
