"""What can go wrong while evaluating, told in one sentence."""


class EvaluationError(Exception):
    """Something that the person who evaluates can put right; the message says what happened and what to do."""
