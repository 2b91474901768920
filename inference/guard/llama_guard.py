"""Llama Guard 3 (8B) and Llama Guard 4 (12B): the hazards S1 to S14 of MLCommons, safe or unsafe (Llama licences).

Prompt, categories and answers: https://www.llama.com/docs/model-cards-and-prompt-formats/llama-guard-3/ and
…/llama-guard-4/, and the model cards in https://github.com/meta-llama/PurpleLlama. The layout of line breaks follows
the models' chat templates, read in transcriptions that agree for version 3. Not verified for version 4: one reader of
its template reports a stray backslash and n behind each message, which Meta's page does not have and we leave out.
"""

import re
from dataclasses import dataclass

from core.filters.guard import SAFE, Evidence, Grade, Role
from core.policy import Category
from inference.guard.format import REQUEST, Answer, OneRound, Question, Script, Unreadable, finished, tame

_HAZARDS = {
    "Violent Crimes": Category.VIOLENT,
    "Non-Violent Crimes": Category.CRIME,
    "Sex Crimes": Category.RAPE,
    "Child Exploitation": Category.MINORS,
    "Defamation": Category.REAL_PERSON,
    "Specialized Advice": Category.UNETHICAL,
    "Privacy": Category.PERSONAL,
    "Intellectual Property": Category.COPYRIGHT,
    "Indiscriminate Weapons": Category.INSTRUCTIONS,
    "Hate": Category.HATE,
    "Self-Harm": Category.SELF_HARM,
    "Sexual Content": Category.SEXUAL,
    "Elections": Category.POLITICS,
    "Code Interpreter Abuse": Category.CRIME,
}
_CODES = {f"S{number}": category for number, category in enumerate(_HAZARDS.values(), 1)}
_LISTED = "".join(f"S{number}: {name}.\n" for number, name in enumerate(_HAZARDS, 1))
_UNSAFE = re.compile(r"unsafe\s*\n\s*(S\d{1,2}(?:\s*,\s*S\d{1,2})*)")


@dataclass(frozen=True)
class LlamaGuard(OneRound):
    """One call a text."""

    title: str
    header: str
    """A speaker's header, with `{}` for the speaker."""
    turn_end: str

    def questions(self, text: str, role: Role) -> tuple[Question]:
        """One."""
        who = "User" if role is Role.PARTICIPANT else "Agent"
        asked = "" if role is Role.PARTICIPANT else f"User: {REQUEST}\n\n"
        before = (
            f"<|begin_of_text|>{self.header.format('user')}\n\n"
            f"Task: Check if there is unsafe content in '{who}' messages in conversations according our safety policy "
            "with the below categories.\n\n"
            f"<BEGIN UNSAFE CONTENT CATEGORIES>\n{_LISTED}<END UNSAFE CONTENT CATEGORIES>\n\n"
            f"<BEGIN CONVERSATION>\n\n{asked}{who}: "
        )
        after = (
            "\n\n<END CONVERSATION>\n\n"
            f"Provide your safety assessment for ONLY THE LAST {who} message in the above conversation:\n"
            " - First line must read 'safe' or 'unsafe'.\n"
            " - If unsafe, a second line must include a comma-separated list of violated categories."
            f"{self.turn_end}{self.header.format('assistant')}\n\n"
        )
        return (Question(prompt=Script(before, tame(text), after), max_tokens=48),)

    def read(self, answer: Answer, question: Question, role: Role) -> Evidence:
        """`safe`, or `unsafe` and the codes of the hazards on a second line."""
        said = finished(answer)
        if said == "safe":
            return SAFE
        unsafe = _UNSAFE.fullmatch(said)
        if unsafe is None:
            raise Unreadable
        codes = [each.strip() for each in unsafe[1].split(",")]
        if not all(code in _CODES for code in codes):
            raise Unreadable
        return Evidence(Grade.UNSAFE, tuple(dict.fromkeys(_CODES[code] for code in codes)))


LLAMA_GUARD_3 = LlamaGuard("Llama Guard 3", "<|start_header_id|>{}<|end_header_id|>", "<|eot_id|>")
LLAMA_GUARD_4 = LlamaGuard("Llama Guard 4", "<|header_start|>{}<|header_end|>", "<|eot|>")
