"""The time at which a share of the loss sets in, against a size: panels of the figures of what sets in."""

from scalefront.figures import style
from scalefront.figures.fit_lines import draw_guide, draw_law, fitted_laws, guide_key, law_keys
from scalefront.figures.groups import title_of
from scalefront.figures.labels import known_axis, number, symbol
from scalefront.figures.loss_against_size import tick_sizes
from scalefront.fits.onset import onsets
from scalefront.fits.selection import Unfitted, select

KINDS = {"theory": ("black", "o"), "simulation": ("#0072B2", "s")}


def draw_onset(axes, name, fit, curves, fits):
    """Fill ``axes`` with the times of onset of all kinds, and the fit ``name`` of them in its window."""
    word = fit["against"]
    axes.set(xlabel=known_axis(word, curves), ylabel=known_axis("time", curves).replace("time t", "time of onset t"))
    told = "\n" + fit["told"] if "told" in fit else ""
    axes.set_title(f"{title_of(name, fit)}: share {number(fit['threshold'])}{told}")
    axes.set(xscale="log", yscale="log")
    rows, handles = select(curves, fit["where"]), []
    for kind, found in rows.groupby("kind"):
        table = curves[curves["kind"] == kind]
        try:
            measured = onsets(found, table, fit, f"{name}.{kind}").measured
        except Unfitted as error:
            handles.append(style.text_key(f"{kind}: {error}"))
            continue
        colour, marker = KINDS[kind]
        axes.plot(measured.x, measured.y, marker, color=colour, markersize=3, zorder=3, gid="onset")
        tick_sizes(axes, measured.x)
        handles.append(style.line_key(kind, colour, linestyle="none", marker=marker, markersize=3))
    for law in fitted_laws(fits, name):
        draw_law(axes, law)
        handles += law_keys(law, "t", symbol(word))
        if law.known and fit["predicted"] is not None:
            draw_guide(axes, law, fit["predicted"])
            handles.append(guide_key(fit["predicted"]))
    style.legend(axes, handles, "best")
