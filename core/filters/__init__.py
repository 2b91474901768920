"""What the gate asks: words and short patterns, which need no model, and `guard`, which asks one through a port.

They give evidence; the channel's rating decides. They keep and log nothing of any text.
"""
