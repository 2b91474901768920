"""How good a storyteller is: any engine or adapter scored on held-out texts, compared, and judged blindly by people.

cases = load_cases(folder)              # or cases of your own
figures = await score(engine, cases)    # any `core.engine.Engine`
verdict = compare(figures, earlier)     # accepted or not, with reasons
"""

from inference.evaluation.cases import Case, load_cases
from inference.evaluation.figures import Figure, Figures, table
from inference.evaluation.scoring import score, score_simple, score_without_task
from inference.evaluation.verdict import Verdict, compare

__all__ = [
    "Case",
    "Figure",
    "Figures",
    "Verdict",
    "compare",
    "load_cases",
    "score",
    "score_simple",
    "score_without_task",
    "table",
]
