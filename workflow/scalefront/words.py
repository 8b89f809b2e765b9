"""The vocabulary: keys of study files, columns of tables and axis labels are made from it, letter for letter."""

from typing import NamedTuple


class Word(NamedTuple):
    """One term of the field: its key, the symbol on axes, what it means, its unit and whether its values are text."""

    name: str
    symbol: str
    meaning: str
    unit: str = ""
    text: bool = False


_WORDS = (
    Word(
        "spectrum",
        "",
        "where eigenvalues and task power come from: power_law, or the digest of a measured one",
        text=True,
    ),
    Word("capacity", "α", "decay of the eigenvalues: lambda_k = k^-capacity"),
    Word("source", "β", "decay of the task: lambda_k w_k^2 = k^-(capacity source + 1)"),
    Word("modes", "M", "number of features of the teacher, the cut-off of the spectrum"),
    Word("width", "N", "student features; .inf = infinite"),
    Word("samples", "P", "size of the fixed training set; .inf = fresh data at every step"),
    Word("richness", "γ", "strength of feature learning; 0 = lazy"),
    Word(
        "architecture",
        "",
        "projected: trained layers on a frozen random projection | pure: the first layer is trained itself",
        text=True,
    ),
    Word("depth", "H", "number of trained hidden layers"),
    Word("label_noise", "σ", "standard deviation of the noise on the training labels"),
    Word("ensemble", "E", "projections whose students, trained on the same data, are averaged; .inf = all of them"),
    Word("bags", "Q", "training sets over which every student of the ensemble is averaged; .inf = all of them"),
    Word("optimizer", "", "how the student learns", text=True),
    Word("learning_rate", "η", "step size of an optimizer that takes steps"),
    Word("momentum", "βₘ", "share of the last step that heavy ball repeats"),
    Word("inertia", "m", "of momentum_flow, inertia w'' + w' = -gradient", "1/λ₁"),
    Word("batch", "B", "samples a step of sgd, all distinct where samples are finite"),
    Word("seed", "", "number of an independent draw of a point"),
    Word("time", "t", "training time, learning rate x steps", "1/λ₁"),
    Word("steps", "n", "training steps"),
    Word("compute", "C", "product of the columns that the study names"),
    Word("test_loss", "L", "population loss without the irreducible label noise", "λ₁w₁²"),
    Word("train_loss", "L̂", "loss on the training set, label noise included", "λ₁w₁²"),
    Word("gap", "ΔL", "generalization gap, test_loss + label_noise² - train_loss", "λ₁w₁²"),
    Word("budget", "D", "largest number of samples that a frontier may use"),
    Word("rate", "u", "rate at which an error decays, 1/time", "λ₁"),
    Word("index", "k", "rank of an eigenvalue, the largest first"),
    Word("eigenvalue", "λ", "variance of a feature"),
    Word("task_power", "λw²", "share of the target's variance that a feature carries"),
)

WORDS = {word.name: word for word in _WORDS}


def axis_label(name, of=""):
    """The label of an axis that shows ``name``: the word itself, its symbol and unit, e.g. ``time t [1/λ₁]``.

    ``of`` replaces the unit, e.g. ``N·t`` for a compute that is the product of width and time.
    """
    word = WORDS[name]
    unit = of or word.unit
    return " ".join(filter(None, [name.replace("_", " "), word.symbol, f"[{unit}]" if unit else ""]))
