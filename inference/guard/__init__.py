"""Guard models as judges of texts: one module for each model's format, two ways to reach a model, and its limits."""
