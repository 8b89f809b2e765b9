"""All studies that can be asked for, and the models and figures that they may name."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from scalefront.errors import StudyError
from scalefront.figures import FIGURES
from scalefront.models import REGISTRY, part
from scalefront.study import read_study
from scalefront.study.spectrum import BUNDLED_SETS
from scalefront.study.study import study_name
from scalefront.study.timegrid import last_finite


class _Models(Mapping):
    """name -> (parameters, exponents) of a model, imported when asked for."""

    def __getitem__(self, name):
        if name not in REGISTRY:
            raise KeyError(name)
        return part(name, "parameters"), part(name, "exponents")

    def __iter__(self):
        return iter(REGISTRY)

    def __len__(self):
        return len(REGISTRY)


def load_study(path):
    """The Study in the file at ``path``; raises StudyError."""
    return read_study(path, _Models(), tuple(FIGURES))


def find_studies(folders, asked):
    """Names and files of the studies in ``folders`` and of those ``asked`` for.

    Parameters
    ----------
    folders : folders of shipped studies; an earlier one hides the same name in a later one
    asked : names of shipped studies, or paths of study files

    Returns
    -------
    (name -> path of all, names of those asked for, in order); raises StudyError for a name that is unknown or taken
    """
    shipped = {}
    for folder in folders:
        for path in sorted(Path(folder).glob("*.yaml")):
            shipped.setdefault(path.stem, path)
    studies, chosen = dict(shipped), []
    for entry in asked:
        path = Path(str(entry))
        if str(entry) in shipped:
            name = str(entry)
        elif path.suffix in (".yaml", ".yml"):
            name = study_name(path)
            taken = studies.get(name)
            if taken is not None and taken.resolve() != path.resolve():
                raise StudyError(path, "", None, f"the name {name!r} is taken by {taken}")
            studies[name] = path
        else:
            raise StudyError("config", "studies", entry, f"a path to a .yaml file or one of: {', '.join(shipped)}")
        if name in chosen:
            raise StudyError("config", "studies", entry, "each study once")
        chosen.append(name)
    return studies, chosen


def load_studies(folders, asked, targets=()):
    """name -> Study of every study that can be a target, and the names of those asked for.

    Raises StudyError for what is wrong with one that is asked for or named among ``targets`` (words of a command line);
    another file that is wrong is left out and is no target.
    """
    paths, chosen = find_studies(folders, asked)
    studies = {}
    for name, path in paths.items():
        try:
            studies[name] = load_study(path)
        except StudyError:
            if name in chosen or name in targets:
                raise
    return studies, chosen


def folders_of(checkout):
    """Where shipped studies lie: config/studies of the working folder, then that of the checkout."""
    return [Path("config/studies"), Path(checkout) / "config" / "studies"]


def listed(value, key="studies"):
    """The list of studies that the setting ``key`` means: a list, or one text with commas between names."""
    if isinstance(value, str):
        value = [entry.strip() for entry in value.split(",")]
    if isinstance(value, list) and any(value.count(entry) > 1 for entry in value):
        raise StudyError("config", key, value, "each study once")
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value) or not value:
        raise StudyError("config", key, value, "a list of names or paths of studies")
    return value


def check_files(study):
    """Read the data that a study brings and solve for stability limits, so that a bad one is refused before any job.

    Reading and solving take numpy, scipy or pandas, so this is for the main process of a run alone. A bundled set is
    read only for the limits of step sizes. Raises StudyError.
    """
    source = study.spectrum
    stepped, stop = part(study.model, "parameters").stepped, last_finite(study.time)
    has_limits = any(stepped(point.parameters) for point in study.points.values())
    spectrum = _measured_spectrum(source) if source.measured and (has_limits or not source.bundled) else None
    if source.measured:
        modes = BUNDLED_SETS[source.bundled].modes if source.bundled else spectrum.modes
        check = part(study.model, "parameters").check
        _refuse_any(study, lambda point, kind: check(point | {"modes": float(modes)}, kind, stop))
        index = (study.order_parameters or {}).get("index", [])
        if index and max(index) > modes:
            raise StudyError(study.path, "order_parameters.index", max(index), f"ranks of modes, at most {modes:g}")
    if has_limits:
        limits = part(study.model, "stability").check
        _refuse_any(study, lambda point, kind: limits(point, kind, stop, spectrum))


def _refuse_any(study, check):
    for kind, shards in study.shards.items():
        for shard in shards:
            for point, _ in shard.entries:
                for word, allowed in check(point.parameters, kind):
                    raise StudyError(study.path, f"sweep.{word}", point.parameters[word], f"must be {allowed} ({kind})")


def _measured_spectrum(source):
    """The given or measured spectrum; directions without variance are no modes."""
    from scalefront.datasets import EXPORTS, measure, read_spectrum, read_table
    from scalefront.spectra import from_columns

    if not source.bundled:
        rows = source.path
        found = read_spectrum(rows) if source.kind == "table" else measure(*read_table(rows, source.target))
        return from_columns(found.eigenvalue, found.task_power)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / f"{source.bundled}.npz"
        EXPORTS[source.bundled](rows)
        found = measure(*read_table(rows, source.target))
    return from_columns(found.eigenvalue, found.task_power)
