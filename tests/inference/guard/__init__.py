"""The guard models: formats, limits, and the two ways to them."""
