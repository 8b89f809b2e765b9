"""Loss against width, at several times and in the limit, with the fits in their windows."""

from scalefront.figures.loss_against_size import draw_against


def draw(settings, tables):
    """Figure of the loss against width; parameters as of ``draw_against``."""
    return draw_against("width", settings, tables)
