"""Loss against width or samples at several times and in the limit: what both figures share."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.fit_lines import draw_fits
from scalefront.figures.groups import one_by_one
from scalefront.figures.labels import caption, equation, known_axis, number, symbol
from scalefront.figures.selection import SIZES, along, lines
from scalefront.fits.selection import at_time

TIMES = 5  # finite times shown, besides infinity
FEW_SIZES = 6


@style.styled
def draw_against(size, settings, tables):
    """Figure of L against ``size``, a panel for every family that has several finite values of it.

    Parameters
    ----------
    size : "width" | "samples"
    settings : of the study: title, fits
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    settings, curves = one_by_one(settings), tables["curves"]
    families = _families(curves, size)
    if not families:
        return style.message(settings, f"no curve with a finite {size}: nothing to show against it")
    figure, panels = style.panels(settings, families)
    drawn = []
    for axes, family in panels:
        found, handles = _draw_family(axes, family)
        axes.set(xlabel=known_axis(size, curves), ylabel=known_axis("test_loss", curves))
        axes.set_title(caption(family.fixed, curves, SIZES))
        if found:
            axes.set(xscale="log", yscale="log")
            tick_sizes(axes, family.finite_sizes)
            style.legend(axes, handles + draw_fits(axes, settings, tables["fits"], family.rows, size))
        else:
            style.tell(axes, "no positive loss among the rows")
        drawn += found
    style.legend_below(figure, marks.keys(drawn, symbol(size)))
    return figure


def _families(curves, size):
    """Families with two finite sizes or more; where there are none, those with one."""
    found = [family for family in along(curves, size) if family.finite_sizes] if size in curves else []
    several = [family for family in found if len(family.finite_sizes) > 1]
    simulated = [(family.rows["kind"] == "simulation").any() for family in several or found]
    return [family for _, family in sorted(zip(simulated, several or found, strict=True), key=lambda pair: not pair[0])]


def _draw_family(axes, family):
    drawn, handles = [], []
    times = shown_times(family.rows["time"])
    shades = style.colours(times)
    for time in times:
        found = lines(at_time(family.rows, time), "test_loss", family.size)
        for line in found.values():
            marks.draw_points(axes, line, shades[time])
        if found:
            handles.append(style.line_key(equation("time", time), shades[time]))
        drawn += found.values()
    return drawn, handles


def tick_sizes(axes, sizes):
    """Ticks at the sizes themselves where they are few."""
    if len(sizes) <= FEW_SIZES:
        axes.set_xticks(sizes, [number(size) for size in sizes])
        axes.set_xticks([], minor=True)
        axes.margins(x=0.1)


def shown_times(times):
    """At most ``TIMES`` whole decades of the grid, evenly spaced, and infinity where the grid has it."""
    finite = times[np.isfinite(times) & (times > 0)]
    limit = [np.inf] if np.isinf(times).any() else []
    if finite.empty:
        return limit
    decades = np.arange(np.ceil(np.log10(finite.min()) - 1e-9), np.floor(np.log10(finite.max()) + 1e-9) + 1)
    if not len(decades):
        return [float(finite.max()), *limit]
    step = max(1, int(np.ceil(len(decades) / TIMES)))
    return [*(10.0 ** decades[::-1][::step][::-1]).tolist(), *limit]
