"""The product: stories, turns, prompts and the gate. Knows no platform and no model."""
