"""Loss against time: theory over simulation with bands of its seeds, one panel for each family of curves."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.fit_lines import draw_fits
from scalefront.figures.groups import one_by_one
from scalefront.figures.labels import caption, equation, known_axis, symbol
from scalefront.figures.selection import SIZES, covering, lines
from scalefront.words import axis_label


@style.styled
def draw(settings, tables):
    """Figure of L(t): a panel for every set of curves that differ in width, or in samples, alone.

    Parameters
    ----------
    settings : of the study: title, fits
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    settings, curves = one_by_one(settings), tables["curves"]
    families = covering(curves)
    if not families:
        return style.message(settings, "no curve against time: the table has no rows with a width or samples")
    figure, panels = style.panels(settings, families)
    drawn, squares = [], False
    for axes, family in panels:
        found, trained = _draw_family(axes, family, curves, settings, tables["fits"])
        drawn, squares = drawn + found, squares or trained
    style.legend_below(figure, marks.keys(drawn, symbol("time"), squares))
    return figure


def _draw_family(axes, family, curves, settings, fits):
    """The Lines that were drawn, and whether training losses are among them."""
    losses = {"test_loss": style.colours(family.sizes)}
    if family.all_finite and family.finite_sizes and family.rows["train_loss"].notna().any():
        losses["train_loss"] = style.colours(family.sizes, style.SECOND_SEQUENCE)
    drawn = []
    thin = len(family.finite_sizes) > style.MOST_LEGEND_ENTRIES
    for of, shades in losses.items():
        for size in reversed(family.sizes):
            rows = family.rows[family.rows[family.size] == size]
            for line in lines(rows, of).values():
                marks.draw_curve(axes, line, shades[size], thin and np.isfinite(size), square=of == "train_loss")
                drawn.append(line)
    label = known_axis("test_loss", curves)
    axes.set(xlabel=known_axis("time", curves), ylabel=label, title=caption(family.fixed, curves, SIZES))
    if not any(len(line.finite.x) for line in drawn):
        axes.clear()
        style.tell(axes, "no positive loss at a finite time > 0 among the rows")
        return [], False
    axes.set(xscale="log", yscale="log")
    if len(losses) > 1:
        axes.set_ylabel(label.replace(" [", f", train {symbol('train_loss')} [", 1))
    handles = _size_keys(axes, family, losses, thin) + draw_fits(axes, settings, fits, family.rows, "time")
    style.legend(axes, handles, "best" if len(losses) > 1 else "lower left")
    return drawn, len(losses) > 1


def _size_keys(axes, family, losses, thin):
    """Legend entries for the sizes; where they are many, a colour bar and an entry for infinity alone."""
    shown = family.sizes
    if thin:
        style.colour_bar(axes, family.finite_sizes, axis_label(family.size), "top")
        shown = [size for size in shown if np.isinf(size)]
    several = len(losses) > 1
    return [
        style.line_key(equation(family.size, size) + (f", {symbol(of)}" if several else ""), shades[size])
        for of, shades in losses.items()
        for size in shown
    ]
