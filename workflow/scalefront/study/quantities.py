"""What claims may name: the quantities that the fits of a study give, or all groups of one made ``by`` words."""

from typing import NamedTuple

from scalefront.study.fits import LAWS
from scalefront.study.frontier import frontier_fits

MEASURED = ("capacity", "source")  # of the fit "spectrum", where the spectrum is measured


class Quantities(NamedTuple):
    """The quantities of one fit.

    Attributes
    ----------
    parameters : names of the rows of the fit
    kinds : of the curves that it is made for, empty where it has none
    where : conditions on its points
    by : words of its groups, empty for a fit of one group
    groups : name of a group -> word -> value
    """

    parameters: tuple
    kinds: tuple
    where: dict
    by: tuple
    groups: dict


class Asked(NamedTuple):
    """A quantity as a claim names it: ``fit.parameter`` or ``fit.parameter:kind``, with the Quantities of the fit."""

    fit: str
    parameter: str
    kind: str
    of: Quantities

    def named(self, group):
        """The quantity of one ``group`` of the fit."""
        return f"{self.fit}.{group}.{self.parameter}" + (f":{self.kind}" if self.kind else "")


def known_quantities(top, fits, frontier, shards, measured):
    """Name of a fit -> its Quantities; ``measured`` tells whether the spectrum is fitted, too."""
    known = {name: _of(fit, LAWS[fit["law"]], shards) for name, fit in fits.items()}
    for name, parameters in frontier_fits(top, frontier, shards).items():
        known[name] = _of(frontier, parameters, shards)
    if measured:
        known["spectrum"] = Quantities(MEASURED, (), {}, (), {})
    return known


def _of(asked, parameters, shards):
    where = asked["where"]
    kinds = (where["kind"],) if "kind" in where else tuple(shards)
    if asked.get("law") == "relative_difference":
        kinds = ("simulation",)
    groups = {name: group["where"] for name, group in asked["groups"].items()}
    return Quantities(parameters, kinds, where, tuple(asked["by"]), groups)


def read_quantity(block, known):
    """The quantity that a claim names, as Asked: of a fit, of one of its groups, or of all of them."""
    name, colon, kind = block.text("quantity").partition(":")
    fit, _, parameter = name.rpartition(".")
    found = known.get(fit) or _of_one_group(fit, known)
    if found is None or parameter not in found.parameters or (colon and kind not in found.kinds):
        block.refuse("quantity", "one of: " + ", ".join(sorted(_listed(known))))
    return Asked(fit, parameter, kind, found)


def _of_one_group(fit, known):
    """The Quantities of a fit that is named with one of its groups, None where there is no such group."""
    for name, found in known.items():
        group = fit.removeprefix(f"{name}.")
        if group in found.groups:
            return found._replace(where=found.where | found.groups[group], by=(), groups={})
    return None


def _listed(known):
    for name, found in known.items():
        for parameter in found.parameters:
            yield from (f"{name}.{parameter}", *(f"{name}.{parameter}:{kind}" for kind in found.kinds))
