"""The command line: solve, predict, check, claims, verify, unpack, and run (what `make run` calls)."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scalefront import catalogue
from scalefront.errors import StudyError
from scalefront.jobs import INTERRUPTED
from scalefront.study.groups import in_words, names_of
from scalefront.study.yaml import read_yaml

ROOT = Path(__file__).resolve().parents[2]
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False)

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study in config/studies, or a path.")]


def main():
    """Entry point: a StudyError ends as one line and exit code 1."""
    try:
        app()
    except StudyError as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"scalefront: {problem}", markup=False)
        raise SystemExit(1) from None


def _study(name):
    paths, (chosen,) = catalogue.find_studies(catalogue.folders_of(ROOT), [name])
    return catalogue.load_study(paths[chosen])


@app.command()
def solve(
    study: StudyName,
    output: Annotated[Path | None, typer.Option(help="A .parquet or .csv file; default STUDY_theory.parquet.")] = None,
):
    """Solve the theory of a study, all points at once, into one table."""
    found = _study(study)
    output = output or Path(f"{found.name}_theory.parquet")
    if output.suffix not in (".parquet", ".csv"):
        raise StudyError("command line", "--output", str(output), "a file that ends in .parquet or .csv")
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise StudyError("command line", "--output", str(output), "a file in a folder that exists")
    if not found.shards.get("theory"):
        raise StudyError(found.path, "sweep", None, "no grid asks for theory")
    catalogue.check_files(found)
    from scalefront.results import solve_study

    table = solve_study(found, output)
    console.print(f"{table.num_rows} rows of {len(found.points)} points in {output}", markup=False)


@app.command()
def predict(
    capacity: Annotated[float, typer.Option(help="Decay of the eigenvalues, > 1.")],
    source: Annotated[float, typer.Option(help="Decay of the task, > 0.")],
    model: Annotated[str, typer.Option(help="Name of the model.")] = "random_features",
    richness: Annotated[float | None, typer.Option(help="Feature learning, of models that have it.")] = None,
    depth: Annotated[float | None, typer.Option(help="Hidden layers, of models that have them.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="Where the noise of batches tells.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Step size of a noisy optimizer.")] = None,
    batch: Annotated[float | None, typer.Option(help="Samples a step of a noisy optimizer.")] = None,
):
    """Print the exponents that the papers state and that the exact theory gives, with the range of each."""
    if model not in catalogue.REGISTRY:
        raise StudyError("command line", "--model", model, "one of: " + ", ".join(catalogue.REGISTRY))
    given = {"capacity": capacity, "source": source, "richness": richness, "depth": depth, "optimizer": optimizer}
    given |= {"learning_rate": learning_rate, "batch": batch}
    words = _predicted_by(model, {word: value for word, value in given.items() if value is not None})
    further = {word: value for word, value in words.items() if word not in ("capacity", "source")}
    if further:
        console.print(f"at {in_words(further)}", markup=False, soft_wrap=True, style="dim")
    found = catalogue.part(model, "exponents").predictions(**words)
    margin = max(map(len, found))
    for name, prediction in found.items():
        holds = "range:" if prediction.holds else "outside its range:"
        console.print(f"{name:{margin}}  {prediction.value:8.4f}  {prediction.statement}", markup=False, soft_wrap=True)
        since = f"; from x = {prediction.since:.2g} on" if prediction.since else ""
        remark = f"{holds} {prediction.range}{since}; {prediction.source}"
        console.print(" " * (margin + 12) + remark, markup=False, soft_wrap=True, style="dim")


def _option(word):
    return "--" + word.replace("_", "-")


def _predicted_by(model, given):
    """word -> value of all that the predictions of a model depend on: as ``given``, else its default or an example."""
    examples = catalogue.part(model, "exponents").PREDICTED_BY
    declared = {parameter.word: parameter for parameter in catalogue.part(model, "parameters").PARAMETERS}
    for word, value in given.items():
        if word not in examples:
            allowed = f"{model} predicts by {', '.join(examples)} alone"
            raise StudyError("command line", _option(word), value, allowed)
        if not declared[word].accepts(value):
            raise StudyError("command line", _option(word), value, f"must be {declared[word].allowed}")
    defaults = {word: one.default for word, one in declared.items() if not one.required and one.default is not None}
    words = examples | {word: value for word, value in defaults.items() if word in examples}
    return words | {word: declared[word].convert(value) for word, value in given.items()}


@app.command()
def check(study: StudyName):
    """Validate a study file and count its points, seeds and shards, without computing anything."""
    found = _study(study)
    catalogue.check_files(found)
    table = Table("kind", "points", "curves", "shards", "times", box=None, pad_edge=False)
    for kind, shards in found.shards.items():
        entries = [entry for shard in shards for entry in shard.entries]
        curves = sum(seeds for _, seeds in entries) if kind == "simulation" else len(entries)
        table.add_row(kind, str(len(entries)), str(curves), str(len(shards)), str(len(found.time)))
    console.print(f"{found.path}: {found.title}", markup=False, soft_wrap=True)
    console.print(table)
    fits = sum(len(names_of(name, fit)) for name, fit in found.fits.items())
    console.print(f"{fits} fits, {len(found.claims)} claims, {len(found.figures)} figures; nothing to object")


@app.command()
def claims(
    results: Annotated[Path, typer.Argument(help="Folder of results, or a claims table.")] = Path("results"),
):
    """Print the verdicts."""
    path = results / "claims.parquet" if results.is_dir() else results
    if not path.is_file():
        raise StudyError(path, "", None, "no such file; `make run` or `snakemake --cores all` makes it")
    from scalefront.claims import read_claims
    from scalefront.screen import claims_table

    console.print(claims_table(read_claims(path), console.width))


@app.command()
def verify(
    archive: Annotated[Path, typer.Argument(help="A tar that `snakemake archive` made.")],
    points: Annotated[int, typer.Option(help="Points to compute anew; at least one of every model and kind.")] = 20,
    archived_code: Annotated[
        bool, typer.Option("--archived-code", help="Run the code of the archive itself: only if you trust it.")
    ] = False,
):
    """Check an archive: every byte, every table, and points computed anew from the archive alone."""
    from scalefront.archive.verify import verify, with_archived_code

    if points < 1:
        raise StudyError("command line", "--points", points, "a whole number > 0")
    if archived_code:
        raise typer.Exit(with_archived_code(archive, points))
    digest, computed = verify(archive, points, lambda line: console.print(line, markup=False, soft_wrap=True))
    largest = max(point.difference for point in computed)
    console.print(
        f"verified: {len(computed)} points computed anew, largest relative difference {largest:.1e}\n"
        f"SHA-256 of the science (manifest-sha256.txt): {digest}",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def unpack(
    archive: Annotated[Path, typer.Argument(help="A tar that `snakemake archive` made.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or does not exist.")],
):
    """Unpack an archive into a working copy in which nothing is left to be done."""
    from scalefront.archive.unpack import unpack

    studies = unpack(archive, folder)
    console.print(f"{', '.join(studies)} in {folder}", markup=False, soft_wrap=True)
    console.print(
        f"Next: cd {folder} && snakemake --cores all   (nothing to be done until a study changes)",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def run(
    studies: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY]...", help="Default: the default ones.")
    ] = None,
    cores: Annotated[str, typer.Option(help="Number of cores, or all.")] = "all",
):
    """Run studies through Snakemake: curves, fits, claims, figures, report."""
    from scalefront import launch, screen

    if not (ROOT / "Snakefile").is_file():
        raise StudyError(
            ROOT / "Snakefile", "", None, "no such file: `scalefront run` needs a checkout of the workflow"
        )
    if cores != "all" and not (cores.isdecimal() and int(cores) > 0):
        raise StudyError("command line", "--cores", cores, "a whole number > 0, or all")
    arguments = ["--config", "studies=" + json.dumps(studies)] if studies else []
    default = read_yaml(ROOT / "config" / "config.yaml")["studies"]
    paths, chosen = catalogue.find_studies(catalogue.folders_of(ROOT), studies or catalogue.listed(default))
    found = [catalogue.load_study(paths[name]) for name in chosen]
    for study in found:
        catalogue.check_files(study)
    console.print(screen.announcement(found, launch.LOG, default=not studies), markup=False, soft_wrap=True)
    first = [f"results/{chosen[0]}/figures/{name}.png" for name in found[0].figures[:1]]
    try:
        code = launch.run_studies(ROOT / "Snakefile", cores, first, arguments)
        if code == 0:
            _show_verdicts(chosen, launch.write_report(ROOT / "Snakefile", arguments))
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code:
        _show_kept(found, code)
        raise typer.Exit(code)


def _show_verdicts(chosen, report):
    """The verdicts of the studies ``chosen`` (names), whether there is a ``report``, and what to try next."""
    from scalefront import launch, screen
    from scalefront.claims import read_claims

    verdicts = read_claims(launch.CLAIMS)
    verdicts = verdicts[verdicts["study"].isin(chosen)]
    if len(verdicts):
        console.print(screen.claims_table(verdicts, console.width, screen.MOST_CLAIMS))
    console.print(screen.next_steps(verdicts, launch.REPORT if report else None), markup=False, soft_wrap=True)


def _show_kept(studies, code):
    """What is kept of a run of ``studies`` that ended with an exit ``code`` other than 0, and how to go on."""
    from scalefront import launch, screen
    from scalefront.kept import kept_shards

    counted = kept_shards(studies, ROOT)
    unlock = launch.unlock(ROOT / "Snakefile")
    text = screen.stopped(*counted) if code == INTERRUPTED else screen.unfinished(*counted, launch.LOG, unlock)
    console.print(text, markup=False, soft_wrap=True)
