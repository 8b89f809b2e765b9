"""Mean-field theory of the lazy random-feature model."""
