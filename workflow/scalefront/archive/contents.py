"""What an archive of some studies holds: name -> File, from the checkout, the studies and their results."""

import json
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from scalefront.archive.layout import CONFIG, LOCK, STUDIES, is_safe
from scalefront.archive.manifest import sha256
from scalefront.archive.records import read_record, record_bytes, record_name
from scalefront.archive.tar import File
from scalefront.errors import StudyError
from scalefront.study.outputs import claims_name
from scalefront.study.spectrum import BUNDLED
from scalefront.study.yaml import read_yaml

NO_OTHERS = "{}"  # how a record shows that no claims of other studies were gathered
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_CONFIG = "# The studies of this archive: what `snakemake` builds when it is given no target.\nstudies:\n"


def study_files(studies):
    """name -> File of the study files and of the data that they bring, each where the working copy has it.

    A study keeps its bytes unless its data lie elsewhere than beside or below it: then they are packed as
    config/studies/data/DIGEST and the study's path says so.
    """
    files = {}
    for name, path in studies.items():
        member, spectrum = f"{STUDIES}{name}.yaml", read_yaml(path).get("spectrum", {})
        told = spectrum.get("path")
        files[member] = File(Path(path))
        if told is None or told.startswith(BUNDLED):
            continue
        data, inside = Path(path).resolve().parent / told, STUDIES + told
        spelled = {other.lower(): file.content for other, file in files.items()}
        if not is_safe(inside) or spelled.get(inside.lower(), data) != data:
            inside = f"{STUDIES}data/{sha256(data)[:12]}{data.suffix}"
            files[member] = File(_moved(path, inside.removeprefix(STUDIES)))
        files[inside] = File(data)
    return files


def study_paths(studies):
    """Paths of the study files and of the data that they bring."""
    files = [file.content for file in study_files(studies).values() if isinstance(file.content, Path)]
    return list(dict.fromkeys([*map(Path, studies.values()), *files]))


def config_file(source, names):
    """name -> File of a configuration that builds the studies ``names``; empty where that of the code does."""
    path = source.files.get(CONFIG)
    if path is not None and read_yaml(path.content).get("studies") == list(names):
        return {}
    return {CONFIG: File((_CONFIG + "".join(f"  - {name}\n" for name in names)).encode())}


def result_files(results, folder="."):
    """(name -> File, the records) of results (relative paths), with Snakemake's records of them and their logs."""
    folder, files, records = Path(folder), {}, {}
    for path in map(str, results):
        files[path] = File(folder / path)
        record = read_record(path, folder)
        if record is None:
            continue
        records[path] = record
        files[record_name(path)] = File(record_bytes(record))
        files |= {log: File(folder / log) for log in record["log"] or [] if (folder / log).is_file()}
    return files, records


def gathered_files(gathered, studies, folder="."):
    """name -> File of the gathered claims (name -> bytes), with Snakemake's records where it gathered just these."""
    files, claims = {name: File(content) for name, content in gathered.items()}, [claims_name(name) for name in studies]
    for name in gathered:
        record = read_record(name, folder)
        if record and record["input"] == sorted(claims) and NO_OTHERS in (record["params"] or []):
            files[record_name(name)] = File(record_bytes(record))
    return files


def environment(lock):
    """The interpreter, the machine and the installed versions of the packages in the text of a lock, as JSON."""
    packages = {name: installed(name) for name in sorted(set(_PINNED.findall(lock)))}
    told = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: found for name, found in packages.items() if found is not None},
    }
    return json.dumps(told, indent=2, sort_keys=True).encode() + b"\n"


def installed(name):
    """Version of an installed package, None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def require_packable(files):
    """Refuse files that are missing or have names that an archive does not hold, alone or beside each other."""
    spelled = {}
    for name, file in files.items():
        if (other := spelled.setdefault(name.lower(), name)) != name:
            raise StudyError("archive", name, None, f"cannot be packed beside {other}: names that differ in case alone")
        if not is_safe(name):
            raise StudyError("archive", name, None, "cannot be packed: names are letters, digits and _.+@=- between /")
        if isinstance(file.content, Path) and not file.content.is_file():
            raise StudyError("archive", name, None, f"no such file: {file.content}")


def lock_text(source):
    """The text of the lock of a Source."""
    return source.files[LOCK].content.read_text(encoding="utf-8") if LOCK in source.files else ""


def _moved(path, place):
    """The bytes of a study file whose data lie at ``place``, comments kept."""
    yaml, stream = YAML(), StringIO()
    yaml.width, yaml.preserve_quotes = 10**6, True
    content = yaml.load(Path(path).read_text(encoding="utf-8"))
    content["spectrum"]["path"] = place
    yaml.dump(content, stream)
    return stream.getvalue().encode()
