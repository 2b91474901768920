"""A blind sheet for people: two answers to each case, side by side, in random order, in one HTML file.

The file needs nothing from elsewhere and shows text as text. Which answer is whose stands in a key beside it. A rater
presses “Save” and gets a JSON file that `inference.evaluation.agreement` reads.
"""

import html
import json
import random
from collections.abc import Sequence
from pathlib import Path

from inference.evaluation.asking import Answer
from inference.evaluation.cases import Case

_STYLE = """
body { font: 16px/1.5 Georgia, serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #999; padding: 1rem 0; } .pair { display: flex; gap: 2rem; } .pair > div { flex: 1; }
.told { color: #555; } p { white-space: pre-wrap; } label { margin-right: 1.5rem; }
"""
_SCRIPT = """
document.querySelector("#save").addEventListener("click", () => {
  const ratings = Object.fromEntries(new FormData(document.querySelector("form")));
  const rater = ratings.rater || "somebody";
  delete ratings.rater;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({rater, ratings})], {type: "application/json"}));
  link.download = "ratings.json";
  link.click();
});
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_sheet(
    file: Path, cases: Sequence[Case], new: Sequence[Answer], old: Sequence[Answer], *, seed: int = 0
) -> None:
    """Write the sheet, and beside it `….key.json`: for each case, which of its answers, "A" or "B", is the new one."""
    rng = random.Random(seed)  # noqa: S311  no secret
    key: dict[str, str] = {}
    sections = []
    for case, ours, theirs in zip(cases, new, old, strict=True):
        if ours.text == theirs.text:
            continue
        key[case.id] = rng.choice("AB")
        first, second = (ours, theirs) if key[case.id] == "A" else (theirs, ours)
        sections.append(_section(case, first.text, second.text))
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Two storytellers</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'
        f"<h1>Two storytellers</h1><p>Which answer would you rather read in your story?</p>"
        f'<form><label>Your name or initials <input name="rater"></label>{"".join(sections)}</form>'
        f'<button id="save">Save</button><script>{_SCRIPT}</script></html>'
    )
    file.write_text(page, encoding="utf-8")
    file.with_suffix(".key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


def _section(case: Case, first: str, second: str) -> str:
    told = "\n".join(case.passages)
    name = html.escape(case.id, quote=True)
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"> {label}</label>'
        for value, label in (("A", "A"), ("B", "B"), ("same", "no difference"))
    )
    return (
        f'<section><p class="told">{html.escape(told)}</p>'
        f"<p><b>{html.escape(case.task)}</b> {html.escape(case.asked)}</p>"
        f'<div class="pair"><div><b>A</b><p>{html.escape(first)}</p></div>'
        f"<div><b>B</b><p>{html.escape(second)}</p></div></div>{choices}</section>"
    )
