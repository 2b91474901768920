"""Granite Guardian 3.0 to 3.3 (2B to 8B; Apache-2.0): one risk a call, chosen by an argument of the chat template.

Arguments, risks and answers: https://github.com/ibm-granite/granite-guardian (evaluation/models/granite_guardian_3.py
and granite_guardian_3_3.py). Up to 3.2 the risk is `risk_name` and the answer a bare Yes or No, in 3.2 with a
confidence; 3.3 calls the risk `criteria_id` and answers in a score tag. Both names are sent. Not verified: that 3.3's
template takes no offence at the name it does not know. The server must lay the prompt out, so this format needs one.
"""

import re

from core.filters.guard import SAFE, Evidence, Grade, Role
from core.policy import Category
from inference.guard.format import REQUEST, Answer, Chat, Question, Unreadable, finished, tame

_ANY = "harm"
_RISKS = {
    _ANY: Category.HARMFUL,
    "social_bias": Category.HATE,
    "violence": Category.VIOLENT,
    "profanity": Category.STRONG,
    "sexual_content": Category.SEXUAL,
    "unethical_behavior": Category.UNETHICAL,
}
"""`harm` is the umbrella over all others. `jailbreak` is not asked for: it would stop nothing."""

_ANSWER = re.compile(
    r"(?:<think>\s*</think>\s*)?<score>\s*(?P<score>yes|no)\s*</score>"
    r"|(?P<word>Yes|No)(?:\s*<confidence>\s*(?P<sure>High|Low)\s*</confidence>)?"
)


class GraniteGuardian:
    """One call for a harmless text, six for another."""

    title = "Granite Guardian 3.x"

    def questions(self, text: str, role: Role) -> tuple[Question]:
        """Whether there is any harm."""
        return (_question(_ANY, tame(text), role),)

    def closer(self, text: str, role: Role) -> tuple[Question, ...]:
        """Which harm."""
        return tuple(_question(risk, tame(text), role) for risk in _RISKS if risk != _ANY)

    def read(self, answer: Answer, question: Question, role: Role) -> Evidence:
        """Yes is the risk; a yes of low confidence is controversial."""
        said = _ANSWER.fullmatch(finished(answer))
        if said is None:
            raise Unreadable
        if (said["score"] or said["word"]).lower() == "no":
            return SAFE
        grade = Grade.CONTROVERSIAL if said["sure"] == "Low" else Grade.UNSAFE
        return Evidence(grade, (_RISKS[question.about],))


def _question(risk: str, text: str, role: Role) -> Question:
    judged = {"role": "user" if role is Role.PARTICIPANT else "assistant", "content": text}
    asked = () if role is Role.PARTICIPANT else ({"role": "user", "content": REQUEST},)
    template = {"guardian_config": {"risk_name": risk, "criteria_id": risk}, "think": False}
    return Question(prompt=Chat((*asked, judged), template), max_tokens=48, about=risk)
