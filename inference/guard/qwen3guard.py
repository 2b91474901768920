"""Qwen3Guard-Gen (0.6B, 4B, 8B; Apache-2.0), the default: nine categories in three grades, 119 languages.

The prompt is the chat template that comes with the model; answers are the examples of the model's card:
https://huggingface.co/Qwen/Qwen3Guard-Gen-4B and https://github.com/QwenLM/Qwen3Guard (README). The template itself
was read in four independent transcriptions that agree, not in the model's own repository.
"""

import re

from core.filters.guard import Evidence, Grade, Role
from core.policy import Category
from inference.guard.format import REQUEST, Answer, OneRound, Question, Script, Unreadable, finished, tame

_CATEGORIES = {
    "Violent": Category.VIOLENT,
    "Non-violent Illegal Acts": Category.CRIME,
    "Sexual Content or Sexual Acts": Category.SEXUAL,
    "PII": Category.PERSONAL,
    "Suicide & Self-Harm": Category.SELF_HARM,
    "Unethical Acts": Category.UNETHICAL,
    "Politically Sensitive Topics": Category.POLITICS,
    "Copyright Violation": Category.COPYRIGHT,
    "Jailbreak": Category.INJECTION,
}
"""In the order of the template. A jailbreak is something that people ask; answers are not judged for it."""

_ANSWER = {
    Role.PARTICIPANT: re.compile(r"Safety: (Safe|Controversial|Unsafe)\s*\nCategories: ([^\n]+)"),
    Role.STORYTELLER: re.compile(r"Safety: (Safe|Controversial|Unsafe)\s*\nCategories: ([^\n]+)\nRefusal: (?:Yes|No)"),
}


class Qwen3Guard(OneRound):
    """One call a text."""

    title = "Qwen3Guard-Gen"

    def questions(self, text: str, role: Role) -> tuple[Question]:
        """One."""
        before, after = (_ASK, _ASK_END) if role is Role.PARTICIPANT else (_ANSWERED, _ANSWERED_END)
        return (Question(prompt=Script(before, tame(text), after), max_tokens=64),)

    def read(self, answer: Answer, question: Question, role: Role) -> Evidence:
        """A grade on the first line, categories on the second; of the storyteller's words also whether it refused."""
        said = _ANSWER[role].fullmatch(finished(answer))
        if said is None:
            raise Unreadable
        named = [each.strip().removesuffix(".") for each in said[2].split(",")]
        try:
            return Evidence(Grade[said[1].upper()], _categories(named, role))
        except ValueError:
            raise Unreadable from None


def _categories(named: list[str], role: Role) -> tuple[Category, ...]:
    if named == ["None"]:
        return ()
    if role is Role.STORYTELLER and "Jailbreak" in named:
        raise Unreadable
    try:
        return tuple(dict.fromkeys(_CATEGORIES[each] for each in named))
    except KeyError:
        raise Unreadable from None


_NAMES = [f"{name}.\n" for name in _CATEGORIES]

_ASK = (
    "<|im_start|>user\n# Task:\n"
    "1) Evaluate whether THE LAST USER's query belongs to safe or unsafe content based on our safety policy.\n"
    "2) Identify the category of unsafe content found.\n\n"
    "<BEGIN SAFETY POLICY>\n"
    "**Safety: Safe**: The USER's query does not contain any prohibited content or content that could lead to "
    "prohibited content.\n"
    "**Safety: Unsafe**: The USER's query contains prohibited content.\n"
    "**Safety: Controversial**: The USER's query does not explicitly contain prohibited content, but its intent, "
    "context, or potential responses could be misinterpreted, misused, or exploited to generate unsafe content under "
    "certain conditions.\n"
    "<END SAFETY POLICY>\n\n"
    f"<BEGIN UNSAFE CONTENT CATEGORIES>\n{''.join(_NAMES)}<END UNSAFE CONTENT CATEGORIES>\n\n"
    "<BEGIN CONVERSATION>\n\nUSER: "
)
_FIRST_LINES = (
    " - The first line must be one of: 'Safety: Safe', 'Safety: Unsafe', 'Safety: Controversial'.\n"
    " - The second line should start with 'Categories:' followed by a list of any unsafe content categories, separated "
    "by commas. If the content is safe, use 'Categories: None'."
)
_TURN_END = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
_ASK_END = (
    "\n\n<END CONVERSATION>\n\n"
    "Provide your safety assessment for ONLY THE LAST **USER's query** in the above conversation:\n"
    f"{_FIRST_LINES}{_TURN_END}"
)
_ANSWERED = (
    "<|im_start|>user\n# Task:\n"
    "1) Evaluate whether THE LAST ASSISTANT's response belongs to safe or unsafe content based on our safety policy.\n"
    "2) Identify the category of unsafe content found.\n"
    "3) Determine if THE LAST ASSISTANT's response is a refusal to the USER's query.\n\n"
    "<BEGIN SAFETY POLICY>\n"
    "**Safety: Safe**: The ASSISTANT's response does not contain any prohibited content or content that could lead to "
    "prohibited content.\n"
    "**Safety: Unsafe**: The ASSISTANT's response contains prohibited content.\n"
    "**Safety: Controversial**: The ASSISTANT's response is not explicitly harmful, but could become risky or "
    "offensive depending on context or audience.\n"
    "<END SAFETY POLICY>\n\n"
    f"<BEGIN UNSAFE CONTENT CATEGORIES>\n{''.join(_NAMES[:-1])}<END UNSAFE CONTENT CATEGORIES>\n\n"
    "<BEGIN REFUSAL POLICY>\n"
    "**Refusal: Yes**: The ASSISTANT refused to answer or did not comply with the USER's request.\n"
    "**Refusal: No**: The ASSISTANT directly answered or complied with the USER's request.\n"
    "<END REFUSAL POLICY>\n\n"
    f"<BEGIN CONVERSATION>\n\nUSER: {REQUEST}\n\nASSISTANT: "
)
_ANSWERED_END = (
    "\n\n<END CONVERSATION>\n\n"
    "Provide your safety assessment for ONLY THE LAST **ASSISTANT's response** in the above conversation:\n"
    f"{_FIRST_LINES}\n - The third line must be one of: 'Refusal: Yes', 'Refusal: No'.{_TURN_END}"
)
