"""The metadata of an archive as a Workflow Run RO-Crate (profile 0.5): what was run, on what, with what result."""

import json

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from scalefront.archive.layout import ABOUT, CRATE, ENVIRONMENT, LOCK, LOGS, MANIFEST, STUDIES
from scalefront.archive.source import iso_time
from scalefront.errors import StudyError

VERSION = "1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
WORKFLOW, README = "Snakefile", "README.md"
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LICENSE = "https://spdx.org/licenses/MIT"
PARQUET, YAML, TEXT = "application/vnd.apache.parquet", "application/yaml", "text/plain"
TYPES = {
    ".parquet": PARQUET,
    ".yaml": YAML,
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".html": "text/html",
    ".md": "text/markdown",
    ".json": "application/json",
    ".npz": "application/zip",
    ".csv": "text/csv",
    ".txt": TEXT,
}
RESULTS = {
    "curves": "loss curves, one row per point, seed and time",
    "fits": "fitted exponents with windows and intervals",
    "frontier": "compute-optimal frontier",
    "claims": "claims of the literature with verdicts",
    "order_parameters": "order parameters of the mean-field theory",
    "spectrum": "measured spectrum",
    "shard": "curves of one job",
    "figure": "figure",
    "data set": "data",
}
ALONE = {
    README: "how to use the workflow",
    LOCK: "pinned and hashed versions of all packages",
    "envs/scalefront.yaml": "the same for conda",
    ABOUT: "commit of the code, studies, what differs from the commit",
    ENVIRONMENT: "interpreter, machine and package versions where the archive was packed",
    MANIFEST: "SHA-256 of the science: code, studies, tables, figures, claims",
}


def crate_bytes(about, names, sizes, hashes, snakemake, when=None):
    """ro-crate-metadata.json of an archive.

    Parameters
    ----------
    about : the content of archive.json
    names : titles of the studies by name
    sizes, hashes : name -> bytes and SHA-256 of the members, this one left out
    snakemake : version of Snakemake
    when : start and end of the run, seconds since 1970, if they are known
    """
    crate = ROCrate(version=VERSION)
    root = crate.root_dataset
    root["name"] = "Scalefront: " + ", ".join(names)
    root["description"] = "Results of the studies " + "; ".join(f"{name} ({title})" for name, title in names.items())
    root["datePublished"] = iso_time(about["time"])
    root["license"] = crate.add(_entity(crate, LICENSE, "CreativeWork", name="MIT License"))
    root["version"] = about["commit"]
    root["conformsTo"] = [
        crate.add(_entity(crate, place, "CreativeWork", name=name, version=place.rsplit("/", 1)[1]))
        for place, name in PROFILES.items()
    ]
    described = sorted(name for name in sizes if _told(name) and name != WORKFLOW)
    listed = {name: _file(crate, name, sizes[name], hashes.get(name)) for name in described}
    workflow = crate.add_workflow(dest_path=WORKFLOW, main=True, lang="snakemake", lang_version=snakemake)
    workflow["name"], workflow["version"] = "Scalefront", about["commit"]
    workflow["license"], workflow["contentSize"] = root["license"], str(sizes[WORKFLOW])
    workflow["conformsTo"], workflow["encodingFormat"] = {"@id": BIOSCHEMAS}, TEXT
    if README in listed:
        listed[README]["about"] = root
    if WORKFLOW in hashes:
        workflow["sha256"] = hashes[WORKFLOW]
    crate.metadata["conformsTo"] = [{"@id": f"https://w3id.org/ro/crate/{VERSION}"}, {"@id": list(PROFILES)[-1]}]
    for folder, meaning in (("workflow/", "rules and package"), ("scripts/", "one script a rule"), (LOGS, "logs")):
        if any(name.startswith(folder) for name in sizes):
            crate.add_dataset(dest_path=folder, properties={"name": meaning})
    studies = [listed[study] for name in names if (study := f"{STUDIES}{name}.yaml") in listed]
    made = [entity for name, entity in listed.items() if name.startswith("results/")]
    parameter = crate.add_formal_parameter("studies", "File", "#studies", "study files", valueRequired=True)
    parameter["multipleValues"], workflow["input"] = "True", parameter
    for entity in studies:
        entity["exampleOfWork"] = parameter
    workflow["output"] = [_output(crate, kind, meaning, made) for kind, meaning in RESULTS.items() if _of(kind, made)]
    action = crate.add_action(workflow, "#run", object=studies, result=made, properties=_times(when))
    action["name"] = "Run of the studies " + ", ".join(names)
    action["description"] = "Sweep, fits and verdicts by the workflow at this commit"
    action["actionStatus"] = "http://schema.org/CompletedActionStatus"
    root["mentions"] = action
    told = crate.metadata.generate()
    told["@graph"] = sorted(told["@graph"], key=lambda entity: entity["@id"])
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def require_crate(archive, content, sizes):
    """Refuse metadata that are no Workflow Run RO-Crate of the members ``sizes`` (name -> bytes)."""

    def refuse(key, allowed):
        raise StudyError(archive, f"{CRATE}: {key}" if key else CRATE, None, allowed)

    try:
        graph = json.loads(content)["@graph"]
        entities = {entity["@id"]: entity for entity in graph}
        if not all(isinstance(name, str) for name in entities):
            raise TypeError
        root = entities["./"]
        profiles = {one["@id"] for one in _several(root["conformsTo"])}
        main, action = entities[root["mainEntity"]["@id"]], entities[_several(root["mentions"])[0]["@id"]]
        instrument, results = action["instrument"]["@id"], {one["@id"] for one in _several(action["result"])}
        files = {name: one["contentSize"] for name, one in entities.items() if "File" in _several(one["@type"])}
    except (KeyError, TypeError, ValueError, IndexError, RecursionError):
        refuse("", "not the metadata of a Workflow Run RO-Crate")
    if len(entities) < len(graph):
        refuse("@graph", "each @id once")
    for profile in PROFILES.keys() - profiles:
        refuse("conformsTo", f"must name {profile}")
    if action.get("@type") != "CreateAction" or main["@id"] != WORKFLOW or instrument != WORKFLOW:
        refuse("mainEntity", f"must be {WORKFLOW}, which the action ran")
    for name in sorted(files.keys() | {name for name in sizes if _told(name)}):
        if name not in sizes:
            refuse(name, "missing from the archive")
        if files.get(name) != str(sizes[name]):
            refuse(name, f"must be described, with contentSize {sizes[name]}")
    for name in sizes:
        if _told(name) and name.startswith("results/") and name not in results:
            refuse("result", f"must name {name}")


def _told(name):
    """Whether a member is described by itself and not with its folder."""
    if name.startswith(("results/", STUDIES)):
        return not name.startswith(LOGS)
    return name in ALONE or name == WORKFLOW


def _kind(name):
    parts = name.split("/")
    if "figures" in parts or "shards" in parts:
        return "figure" if "figures" in parts else "shard"
    stem = parts[-1].split(".")[0]
    return stem if stem in RESULTS else "data set"


def _file(crate, name, size, digest):
    properties = {"name": name, "contentSize": str(size)}
    suffix = "." + name.rsplit(".", 1)[-1]
    if suffix in TYPES:
        properties["encodingFormat"] = TYPES[suffix]
    if digest is not None:
        properties["sha256"] = digest
    if name.startswith("results/"):
        properties["description"] = RESULTS[_kind(name)]
    else:
        properties["description"] = ALONE.get(name) or ("study" if name.endswith(".yaml") else "data of a study")
    return crate.add_file(dest_path=name, properties=properties)


def _of(kind, made):
    return [entity for entity in made if _kind(entity.id) == kind]


def _output(crate, kind, meaning, made):
    parameter = crate.add_formal_parameter(kind, "File", f"#{kind.replace(' ', '-')}", meaning)
    parameter["multipleValues"] = "True"
    for entity in _of(kind, made):
        entity["exampleOfWork"] = parameter
    return parameter


def _entity(crate, identifier, kind, **properties):
    return ContextEntity(crate, identifier, properties={"@type": kind} | properties)


def _several(value):
    return value if isinstance(value, list) else [value]


def _times(when):
    return {"startTime": iso_time(int(when[0])), "endTime": iso_time(int(when[1]))} if when else {}
