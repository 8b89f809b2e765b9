"""How curves look: theory is a line, a simulation dots over bands of its seeds, a limit a triangle on the right."""

import numpy as np

from scalefront.figures import style

RANGE_ALPHA, CENTRAL_ALPHA = 0.12, 0.25
DOT, TRIANGLE, SQUARE, BAR = 3.4, 4.5, 3.0, 4.5
NEGATIVE = (0, (2, 1))  # dashes
DOT_ALPHA = 0.45  # the line of the theory, drawn over the dots, is seen between and beside them


def draw_curve(axes, line, colour, thin=False, square=False):
    """Draw a Line, its limit at x = inf included; ``square`` is the look of a training loss."""
    finite = line.finite
    if line.kind == "theory":
        look = {"linestyle": (0, (4, 1.5))} if square else {}
        axes.plot(finite.x, finite.mean, color=colour, linewidth=0.6 if thin else 1.2, zorder=3, **look)
    else:
        axes.fill_between(finite.x, finite.lowest, finite.highest, color=colour, alpha=RANGE_ALPHA, linewidth=0)
        axes.fill_between(finite.x, finite.low, finite.high, color=colour, alpha=CENTRAL_ALPHA, linewidth=0)
        shape = {"marker": "s", "markersize": SQUARE} if square else {"marker": "o", "markersize": DOT}
        look = {"linestyle": "none", "markeredgewidth": 0, "alpha": DOT_ALPHA, "zorder": 2.5}
        axes.plot(finite.x, finite.mean, color=colour, **look, **shape)
    draw_limit(axes, line, colour, TRIANGLE / 2 if thin else TRIANGLE)


def draw_signed(axes, line, colour, width=1.2):
    """Draw a Line of either sign on a logarithmic axis by its size: dashed lines and open dots are negative.

    A negative limit at x = inf is a cross. Bands of seeds reach down to the edge of the axis where they reach zero.
    """
    finite = line.finite
    for sign in (1, -1):
        y = np.where(sign * finite.mean > 0, abs(finite.mean), np.nan)
        if line.kind == "theory":
            look = {"linestyle": "-" if sign > 0 else NEGATIVE, "linewidth": width, "zorder": 3}
            look |= {"marker": "o", "markersize": width, "markeredgewidth": 0}  # a point between two of the other sign
        else:
            look = {"linestyle": "none", "marker": "o", "markersize": DOT, "alpha": DOT_ALPHA, "zorder": 2.5}
            look |= {"markeredgewidth": 0} if sign > 0 else {"markerfacecolor": "none", "markeredgewidth": 0.6}
        axes.plot(finite.x, y, color=colour, gid="negative" if sign < 0 else None, **look)
    if line.kind == "simulation":  # after the dots: bands below zero alone would leave the axis without a scale
        axes.fill_between(finite.x, finite.lowest, finite.highest, color=colour, alpha=RANGE_ALPHA, linewidth=0)
        axes.fill_between(finite.x, finite.low, finite.high, color=colour, alpha=CENTRAL_ALPHA, linewidth=0)
    draw_limit(axes, line, colour)


def draw_points(axes, line, colour):
    """Draw a Line of few x, every point marked: bars, not bands, stand for the seeds."""
    finite = line.finite
    if line.kind == "theory":
        axes.plot(finite.x, finite.mean, color=colour, linewidth=0.9, marker="o", markersize=1.8, zorder=3)
    else:
        bars = {"color": colour, "linewidth": BAR, "capstyle": "butt"}
        axes.vlines(finite.x, finite.lowest, finite.highest, alpha=RANGE_ALPHA, **bars)
        axes.vlines(finite.x, finite.low, finite.high, alpha=CENTRAL_ALPHA, **bars)
        axes.plot(finite.x, finite.mean, "o", color=colour, markersize=3.6, markeredgewidth=0, zorder=2.5)
    draw_limit(axes, line, colour)


def draw_limit(axes, line, colour, size=TRIANGLE):
    """Triangles on the right edge at the mean and the ends of the range; open ones are simulations."""
    limit = line.limit
    if not len(limit.x):
        return
    face = colour if line.kind == "theory" else "white"
    look = {"color": colour, "clip_on": False, "transform": axes.get_yaxis_transform(), "zorder": 4}
    if line.seeds > 1:
        axes.plot([1, 1], [limit.lowest[0], limit.highest[0]], linewidth=0.8, **look)
    marker = "x" if axes.get_yscale() == "log" and limit.mean[0] < 0 else "<"
    y = abs(limit.mean) if marker == "x" else limit.mean
    axes.plot([1], y, marker, markersize=size, markerfacecolor=face, markeredgewidth=0.7, **look)


def keys(drawn, against, squares=False):
    """Legend entries for what the Lines ``drawn`` look like."""
    found = []
    if any(line.kind == "theory" for line in drawn):
        found.append(style.line_key("theory"))
    simulated = [line for line in drawn if line.kind == "simulation"]
    if simulated:
        fewest, most = min(line.seeds for line in simulated), max(line.seeds for line in simulated)
        seeds = f"{most}" if fewest == most else f"{fewest} to {most}"
        found.append(style.line_key(f"simulation, mean of {seeds} seeds", linestyle="none", marker="o", markersize=3))
        found.append(style.band_key("central 68 % of the seeds", CENTRAL_ALPHA + RANGE_ALPHA))
        found.append(style.band_key("their range", RANGE_ALPHA))
    if squares:
        found.append(style.line_key("training loss", linestyle=(0, (3, 1.2)), marker="s", markersize=2.6))
    limits = {line.kind for line in drawn if len(line.limit.x)}
    if limits:
        told = f"limit {against} → ∞" + (", open: simulation" if "simulation" in limits else "")
        found.append(style.line_key(told, linestyle="none", marker="<", markersize=TRIANGLE))
    return found


def sign_keys(drawn):
    """Legend entries for the negative values among the Lines ``drawn`` by ``draw_signed``."""
    negative = {line.kind for line in drawn if (line.mean < 0).any()}
    found = [style.line_key("negative: its size", linestyle=NEGATIVE)] if "theory" in negative else []
    if "simulation" in negative:
        look = {"linestyle": "none", "marker": "o", "markersize": DOT, "markerfacecolor": "none"}
        found.append(style.line_key("mean of the seeds negative: its size", **look))
    return found
