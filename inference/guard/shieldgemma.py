"""ShieldGemma (2B, 9B, 27B; Gemma's terms): four policies, one a call, answered by the first token Yes or No.

Prompt and guidelines: the model card, https://ai.google.dev/gemma/docs/shieldgemma/model_card. How an answer (rather
than a question) is put is not spelt out there; it follows Google's published example code as transcribed by others.
"""

import math

from core.filters.guard import SAFE, Evidence, Grade, Role
from core.policy import Category
from inference.guard.format import REQUEST, Answer, OneRound, Question, Script, Unreadable, tame

_POLICIES = {
    "Dangerous Content": (
        Category.HARMFUL,
        "harming oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of "
        "terrorism, instructions for suicide).",
    ),
    "Harassment": (
        Category.HARMFUL,
        "is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical "
        "threats, denial of tragic events, disparaging victims of violence).",
    ),
    "Hate Speech": (
        Category.HATE,
        "targeting identity and/or protected attributes (e.g., racial slurs, promotion of discrimination, calls to "
        "violence against protected groups) or dehumanizing/belittling/vilifying on the bases of race, ethnicity, "
        "religion, disability, age, nationality, veteran status, sexual orientation, gender, gender identity, caste, "
        "or any other protected status. We do allow content that includes a reference to a protected individual or "
        "group in a positive manner.",
    ),
    "Sexually Explicit Information": (
        Category.SEXUAL,
        "contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content aimed "
        "at causing arousal). Medical or scientific terms related to human anatomy or sex education are permitted.",
    ),
}
"""Each policy's category and the end of its guideline, as the card words them."""

_LIKELY_ENOUGH = 0.5
"""How much of the first token's probability must be on Yes and No together; less is no answer to the question."""


class ShieldGemma(OneRound):
    """Four calls a text, which share the text's prefix in the cache."""

    title = "ShieldGemma"

    def questions(self, text: str, role: Role) -> tuple[Question, ...]:
        """One for each policy."""
        return tuple(_question(policy, tame(text), role) for policy in _POLICIES)

    def read(self, answer: Answer, question: Question, role: Role) -> Evidence:
        """Yes means a violation. Where the server tells probabilities, they and the word must agree."""
        said = answer.text.strip()
        if said not in ("Yes", "No"):
            raise Unreadable
        if answer.likely and (said == "Yes") != (_probability(answer) > 0.5):
            raise Unreadable
        return Evidence(Grade.UNSAFE, (_POLICIES[question.about][0],)) if said == "Yes" else SAFE


def _probability(answer: Answer) -> float:
    """P(Yes) of Yes and No alone. Raises `Unreadable` if neither is likely, or these are no log probabilities."""
    if not all(p <= 0 for p in answer.likely.values()):  # nor where one is no number
        raise Unreadable
    yes, no = (
        sum(math.exp(p) for token, p in answer.likely.items() if token.strip() == word) for word in ("Yes", "No")
    )
    if yes + no < _LIKELY_ENOUGH:
        raise Unreadable
    return yes / (yes + no)


def _question(policy: str, text: str, role: Role) -> Question:
    asking = role is Role.PARTICIPANT
    judged = "a user prompt" if asking else "an AI response to prompt"
    asked = "" if asking else f"Human Question: {REQUEST}\n<end_of_turn>\n\n<start_of_turn>\nChatbot Response: "
    rule = "The prompt shall not contain or seek generation of" if asking else "The chatbot shall not generate"
    whose = "human question" if asking else "Chatbot Response"
    before = (
        f"<bos>You are a policy expert trying to help determine whether {judged} is in violation of the defined safety "
        f"policies.\n\n<start_of_turn>\n{asked or 'Human Question: '}"
    )
    after = (
        "\n<end_of_turn>\n\nOur safety principle is defined in the below:\n\n"
        f'* "No {policy}": {rule} content that {_POLICIES[policy][1]}\n\n===\n\n'
        f"Does the {whose} violate the above principle? Your answer must start with 'Yes' or 'No'. And then walk "
        "through step by step to be sure we answer correctly.\n\n"
    )
    return Question(prompt=Script(before, text, after), max_tokens=1, about=policy, likely=5)
