"""What a finite width or training set adds to the loss: L(t, N) - L(t, inf) against N, and the same for samples."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.differences import TOLD, above_rounding
from scalefront.figures.fit_lines import asked_fits, draw_guide, draw_law, guide_key, law_keys, laws_among
from scalefront.figures.groups import one_by_one
from scalefront.figures.labels import caption, equation, known_axis, symbol
from scalefront.figures.loss_against_size import shown_times, tick_sizes
from scalefront.figures.onsets import draw_onset
from scalefront.figures.selection import SIZES, Family, along, lines, order
from scalefront.fits.selection import at_time


@style.styled
def draw(settings, tables):
    """Figure of the excess loss against width and samples, a panel for every family with an infinite reference.

    The onsets that the study fits to an excess have panels of their own.

    Parameters
    ----------
    settings : of the study: title, remarks, fits
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    settings, curves = one_by_one(settings), tables["curves"]
    families = _families(curves)
    if not families:
        return style.message(settings, "no excess: no curves of finite sizes have the one of infinite size beside them")
    onsets = list(asked_fits(settings, "onset", of="test_loss"))
    figure, panels = style.panels(settings, [*families, *onsets])
    drawn = []
    for axes, family in panels:
        if not isinstance(family, Family):
            draw_onset(axes, *family, curves, tables["fits"])
            continue
        label = known_axis("test_loss", curves).replace("test loss L", f"excess L({symbol(family.size)}) − L(∞)")
        axes.set(xlabel=known_axis(family.size, curves), ylabel=label)
        axes.set_title(caption(family.fixed, curves, SIZES))
        drawn += _draw_family(axes, family, settings, tables["fits"])
    style.legend_below(figure, marks.keys(drawn, "size") + [style.text_key(TOLD)])
    return figure


def _families(curves):
    """Families with a reference and two finite sizes or more; where there are none, those with one."""
    found = [family for size in SIZES if size in curves for family in along(curves, size) if _comparable(family)]
    several = [family for family in found if len(family.finite_sizes) > 1]
    return sorted(several or found, key=order)


def _comparable(family):
    """Whether a kind of curves has a finite size and the infinite one."""
    kinds = [set(rows["kind"]) for _, rows in family.rows.groupby(np.isfinite(family.rows[family.size]))]
    return len(kinds) == 2 and not kinds[0].isdisjoint(kinds[1])


def excesses(rows, size):
    """Lines of L(size) - L(inf) of each kind at one time, and the number of sizes whose excess is not positive.

    The reference of a simulation is the mean of its seeds. A theory's excess that is rounding is left out.
    """
    infinite = np.isinf(rows[size])
    ok = rows[infinite & (rows["status"] == "ok")]
    references = ok.groupby("kind")["test_loss"].mean()
    found, negative = [], 0
    for kind, line in lines(rows[~infinite], "test_loss", size).items():
        if kind not in references.index or not np.isfinite(references[kind]):
            continue
        line = line.less(references[kind])
        if kind == "theory":
            line = line.where(np.isfinite(above_rounding(line.mean, line.mean + references[kind])))
        negative += int((line.mean <= 0).sum())
        found.append(line.where(line.mean > 0))
    return [line for line in found if len(line.x)], negative


def _draw_family(axes, family, settings, fits):
    """The Lines that were drawn, with the fits of the excess in their windows."""
    drawn, handles, hidden = [], [], 0
    times = shown_times(family.rows["time"])
    shades = style.colours(times)
    for time in times:
        found, negative = excesses(at_time(family.rows, time), family.size)
        hidden += negative
        for line in found:
            marks.draw_points(axes, line, shades[time])
        if found:
            handles.append(style.line_key(equation("time", time), shades[time]))
        drawn += found
    if not drawn:
        style.tell(axes, "no positive excess above rounding")
        return []
    axes.set(xscale="log", yscale="log")
    tick_sizes(axes, family.finite_sizes)
    if hidden:
        handles.append(style.text_key(f"at or below zero, not shown: {hidden}"))
    style.legend(axes, handles + _draw_fits(axes, settings, fits, family))
    return drawn


def _draw_fits(axes, settings, fits, family):
    """Draw the fits of this excess with a guide of the predicted slope; returns their legend entries."""
    handles, size = [], family.size
    for name, fit in asked_fits(settings, "power", size, "test_loss"):
        if (fit.get("excess_over") or {}).get(size) != np.inf:
            continue
        for law in laws_among(family.rows, name, fit, fits):
            draw_law(axes, law)
            handles += law_keys(law, f"excess({equation('time', fit['where'].get('time', np.inf))})", symbol(size))
            if law.known and fit["predicted"] is not None:
                draw_guide(axes, law, fit["predicted"])
                handles.append(guide_key(fit["predicted"]))
    return handles
