"""The figures by name; each module has one function ``draw``."""

FIGURES = {
    "loss_against_time": "scalefront.figures.loss_against_time",
    "loss_against_width": "scalefront.figures.loss_against_width",
    "loss_against_samples": "scalefront.figures.loss_against_samples",
    "loss_against_compute": "scalefront.figures.loss_against_compute",
    "local_exponents": "scalefront.figures.local_exponents",
    "measured_spectrum": "scalefront.figures.measured_spectrum",
}
