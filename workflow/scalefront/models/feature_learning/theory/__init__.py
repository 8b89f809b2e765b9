"""Mean-field theory of the feature-learning model."""
