"""Whether a text tells how to do something, step by step, as a manual would.

One of the four questions that part fiction from real harm. It is asked only of texts in which a guard model has seen
violence or crime: a recipe for soup gives steps too. Marks of form alone are looked for, so that a plain story with
"First he ran, then he hid" has none; whoever writes a manual as a tale is left to the model.
"""

import re

_LISTED = re.compile(
    r"^[ \t]{0,8}(?:\d{1,2}[.):、]|step \d{1,2}\b|第[一二三四五六七八九十]步|[-*•] )", re.IGNORECASE | re.MULTILINE
)
_HOW_TO = re.compile(
    r"\b(?:how (?:to|do (?:i|you|we)|can (?:i|you|we)|would (?:i|you|one)) "
    r"(?:actually |safely |really )?(?:make|build|create|produce|synthesi[sz]e|cook|mix|get|buy|hack|break|pick|kill"
    r"|poison|steal|forge|assemble|grow|extract|bypass|disable|hide|launder)"
    r"|you(?:'|’| wi)ll need|instructions for|step[- ]by[- ]step|here(?:'|’| i)s how)\b"
    r"|如何(?:制作|制造|合成)|步骤如下|怎么做",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\b\d{1,5}(?:[.,]\d{1,3})?\s?(?:mg|g|kg|grams?|ml|l|liters?|litres?|oz|ounces?|cups?|tbsp|tsp|mm|cm|volts?|amps?|ohms?"
    r"|%|°\s?[CF]|degrees|克|毫升|毫克)(?![A-Za-z])",
    re.IGNORECASE,
)
_FEW = 3
"""Lines of a list, or amounts, that make a manual; a story may well have two."""


def gives_steps(text: str) -> bool:
    """Whether `text` has the marks of a manual. Linear in its length."""
    return bool(_HOW_TO.search(text)) or _at_least(_LISTED, text) or _at_least(_AMOUNT, text)


def _at_least(mark: re.Pattern[str], text: str) -> bool:
    return sum(1 for _, _ in zip(range(_FEW), mark.finditer(text), strict=False)) == _FEW
