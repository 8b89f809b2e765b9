"""The figures by name; each module has one function ``draw``."""

FIGURES = {
    "loss_against_time": "scalefront.figures.loss_against_time",
    "loss_against_width": "scalefront.figures.loss_against_width",
    "loss_against_samples": "scalefront.figures.loss_against_samples",
    "loss_against_compute": "scalefront.figures.loss_against_compute",
    "local_exponents": "scalefront.figures.local_exponents",
    "decomposition": "scalefront.figures.decomposition",
    "excess_against_size": "scalefront.figures.excess_against_size",
    "generalization_gap": "scalefront.figures.generalization_gap",
    "loss_by_dynamics": "scalefront.figures.loss_by_dynamics",
    "loss_against_ensemble": "scalefront.figures.loss_against_ensemble",
    "transfer_functions": "scalefront.figures.transfer_functions",
    "responses": "scalefront.figures.responses",
    "correlations": "scalefront.figures.correlations",
    "rate_density": "scalefront.figures.rate_density",
    "exponents_against": "scalefront.figures.exponents_against",
    "phase_diagram": "scalefront.figures.phase_diagram",
    "equal_times": "scalefront.figures.equal_times",
    "measured_spectrum": "scalefront.figures.measured_spectrum",
}
