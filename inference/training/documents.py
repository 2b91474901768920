"""Turns texts into training documents: a story or a task in the form of the story stream."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from inference.training.noise import add_noise, find_names, rename
from inference.training.stream import Fact, Piece, Story, Task, Written, story_pieces, task_pieces
from inference.training.texts import count_words, speeches_whole, split_sentences

Documents = dict[str, list[list[Piece]]]
"""Documents by kind."""
NOT_SAID = "The story does not say."
_THING = re.compile(
    r"\b(?:the|a|an) (?:[a-z]+ )?([a-z]{3,})(?= (?:was|is|had|and|to|in|on|said|saw|ran|went|wanted|could)\b|[.,!?])"
)
"""A thing: the last word after an article, before a verb, preposition or stop."""


class DocumentMaker:
    """Lays texts out as documents; the same seed gives the same documents."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311  no secret

    def window(self, sentences: list[str], words: int) -> tuple[list[str], str]:
        """A run of at most ``words`` words, and a summary of what came before it (may be empty)."""
        start = 0
        if sum(map(count_words, sentences)) > words and self.rng.random() < 0.4:
            start = self.rng.randrange(max(1, len(sentences) // 2))
        chosen: list[str] = []
        total = 0
        for sentence in sentences[start:]:
            total += count_words(sentence)
            if chosen and total > words:
                break
            chosen.append(sentence)
        before = sentences[:start]
        summary = " ".join(before[:1] + before[len(before) // 2 : len(before) // 2 + 1]) if len(before) > 2 else ""
        return chosen, summary if count_words(summary) <= 60 else ""

    def passages(self, sentences: list[str]) -> tuple[str, ...]:
        """Passages of 1 to 5 sentences."""
        passages: list[str] = []
        place = 0
        while place < len(sentences):
            size = self.rng.choice((1, 1, 2, 2, 3, 4, 5))
            passages.append(" ".join(sentences[place : place + size]))
            place += size
        return tuple(passages)

    def told_together(self, sentences: list[str], share: float) -> list[str | Written | Fact]:
        """Passages, of which a share counts as written by the storyteller, asked or not."""
        passages: list[str | Written | Fact] = []
        for text in self.passages(sentences):
            if count_words(text) >= 15 and self.rng.random() < share:
                passages.append(Written(self.direction(text) if self.rng.random() < 0.6 else "", text))
            else:
                passages.append(text)
        return passages

    def lore(self, text: str) -> tuple[tuple[str, str], ...]:
        """Up to two names with a phrase that the text says about each."""
        found = []
        for name in find_names(text)[:4]:
            match = re.search(rf"\b(an?(?: [a-z-]+){{1,5}}) (?:named|called) {name}\b", text)
            match = match or re.search(rf"\b{name} (?:was|is) (an?(?: [a-z-]+){{1,5}}|very [a-z]+)\b", text)
            match = match or re.search(rf"\b{name}(?: [a-z]+)? ((?:love[sd]?|ha[sd]) [a-z ]{{5,30}})\b", text)
            if match:
                found.append((name, match[1].strip()))
        return tuple(found[:2])

    def direction(self, output: str) -> str:
        """A clause of the output as a person would type it in advance."""
        clauses = [part.strip(" \"'“”.!?") for part in re.split(r"[,;:.!?\"“”]+|\band\b", output)]
        clauses = [clause for clause in clauses if 3 <= count_words(clause) <= 9]
        if not clauses:
            return ""
        clause = self.rng.choice(clauses)
        first = clause.split(" ", 1)[0]
        return clause if first in find_names(output) or first == "I" else clause[0].lower() + clause[1:]

    def title(self, text: str) -> str:
        """A plain title out of the text's own words, such as "Lily and the Cat"; empty if none is at hand."""
        counted = [thing.capitalize() for thing, number in Counter(_THING.findall(text)).most_common(3) if number > 1]
        names = find_names(text)[:2]
        if not counted:
            return " and ".join(names)
        thing = self.rng.choice(counted)
        return self.rng.choice([f"{names[0]} and the {thing}", f"{names[0]}'s {thing}"] if names else [f"The {thing}"])

    def premise(self, sentences: list[str]) -> str:
        """What a story is about as its teller would say in advance: a clause of it."""
        return self.direction(self.rng.choice(sentences)) if sentences else ""

    def story(self, text: str, title: str = "", asked: str = "", words: int = 300) -> list[Piece]:
        """A story that ends in a continue request; a text too short for that is only a story."""
        sentences, summary = self.window(speeches_whole(split_sentences(text)), words)
        summary = summary or (self.premise(sentences[:6]) if self.rng.random() < 0.4 else "")
        title = title or (self.title(text) if self.rng.random() < 0.6 else "")
        output: list[str] = []
        cut = 0
        if sentences:
            longest = self.rng.randrange(45, 111)
            starts = [
                place
                for place in range(1 if self.rng.random() < 0.9 or not title + summary else 0, len(sentences))
                if sum(map(count_words, sentences[place:])) >= 40 and count_words(sentences[place]) <= longest
            ]
            if starts:
                cut = max(self.rng.choice(starts), self.rng.choice(starts))
                total = 0
                for sentence in sentences[cut:]:
                    total += count_words(sentence)
                    if total > longest and total - count_words(sentence) >= 40:
                        break
                    output.append(sentence)
        written = " ".join(output)
        if not 40 <= count_words(written) <= 115:
            output, cut = [], len(sentences)
        before = sentences[:cut]
        asked = asked if asked and self.rng.random() < 0.6 else self.direction(written)
        asked = "" if self.rng.random() < 0.35 else asked
        texts = [title, summary, " ".join(before), written, asked]
        if self.rng.random() < 0.35:
            texts = rename(texts, self.rng, 1.0, f"{texts[2]} {written}")
            before = speeches_whole(split_sentences(texts[2]))
        lore = self.lore(texts[2]) if self.rng.random() < 0.4 else ()
        passages = self.told_together(before, self.rng.choice((0.0, 0.3, 0.8)))
        if self.rng.random() < 0.7:  # the bot tells a fact where it was noted, and at the front once that is left out
            for each in lore:
                passages.insert(self.rng.randrange(len(passages) + 1), Fact(*each))
            lore = ()
        pieces = story_pieces(Story(tuple(passages), texts[0] if self.rng.random() < 0.9 else "", texts[1], lore))
        return pieces + task_pieces("continue", texts[4], texts[3]) if output else pieces

    def refine(self, text: str) -> list[Piece]:
        """The last passage is full of mistakes, the output is the clean one; sometimes there are none."""
        sentences = speeches_whole(split_sentences(text))
        size = self.rng.choice((1, 1, 1, 2, 2, 3, 4))
        place = self.rng.randrange(max(1, len(sentences) - size))
        clean = " ".join(sentences[place : place + size])
        context = " ".join(sentences[max(0, place - 3) : place]) if self.rng.random() < 0.3 else ""
        if count_words(clean) > 90:
            clean = sentences[place]
        if self.rng.random() < 0.5:
            context, clean = rename([context, clean], self.rng, 0.9, f"{context} {clean}")
        noisy = clean
        how = self.rng.choice(("", "", "", "fix grammar", "fix grammar", "fix the spelling", "clearer", "grammar"))
        if self.rng.random() > 0.12:
            noisy = add_noise(clean, self.rng, self.rng.choice((0.06, 0.12, 0.2)))
        pieces = story_pieces(Story(self.passages(speeches_whole(split_sentences(context))) if context else ()), 30)
        return [*pieces, Piece("<|passage|>", noisy, 0), *task_pieces("refine", how, clean)]

    def rewrite(self, passage: str, how: str, written: str) -> list[Piece]:
        """A refine document with given words."""
        return [*story_pieces(Story(())), Piece("<|passage|>", passage, 0), *task_pieces("refine", how, written)]

    def ask(self, text: str, question: str, answer: str, task: Task = "explain", words: int = 230) -> list[Piece]:
        """A story of at most ``words`` words with a question about it."""
        chosen: list[str] = []
        total = 0
        for sentence in speeches_whole(split_sentences(text)):
            total += count_words(sentence)
            if chosen and total > words:
                break
            chosen.append(sentence)
        texts = [" ".join(chosen), question, answer]
        if self.rng.random() < 0.2:
            texts = rename(texts, self.rng, 1.0, texts[0])
        story = Story(self.passages(speeches_whole(split_sentences(texts[0]))))
        return story_pieces(story, 30) + task_pieces(task, texts[1], texts[2])


def with_article(phrase: str) -> str:
    """“a” before a vowel becomes “an”."""
    return re.sub(r"^a (?=[aeiou])", "an ", phrase)


def shortened(text: str, words: int) -> str:
    """The first sentences of a text, at most three and at most so many words; empty if the first is longer."""
    kept: list[str] = []
    for sentence in split_sentences(text):
        if kept and count_words(" ".join([*kept, sentence])) > words:
            break
        kept.append(sentence)
    short = " ".join(kept[:3])
    return short if count_words(short) <= words else ""


def fable_questions(fields: dict[str, str], rng: random.Random) -> list[tuple[str, str]]:
    """Questions about a fable, asked as people ask, with their answers."""
    who, where = with_article(fields["character"]), with_article(fields["setting"])
    return [
        (rng.choice(("Who is the story about?", "who is this about", "Who is it about?")), f"It is about {who}."),
        (rng.choice(("Where does it happen?", "where are they", "Where are we?")), f"It happens in {where}."),
        (rng.choice(("What goes wrong?", "what is the problem", "What is the trouble?")),
         f"The trouble is {fields['challenge']}."),
        (rng.choice(("What do we learn?", "what is the lesson", "What does it teach?")),
         f"We learn that {fields['teaching']}."),
        (rng.choice(("How does it end?", "what happens in the end")), f"In the end, {fields['outcome']}."),
    ]  # fmt: skip


def extractive_questions(text: str, rng: random.Random) -> list[tuple[str, str]]:
    """Questions about a text, each with the sentence of its beginning that answers it; in random order."""
    sentences, words = [], 0
    for sentence in split_sentences(text):
        words += count_words(sentence)
        if words > 120:
            break
        if 4 <= count_words(sentence) <= 20 and '"' not in sentence:
            sentences.append(sentence)
    found = [pair for sentence in sentences for pair in _questions_of(sentence, rng)]
    rng.shuffle(found)
    return found


def _questions_of(sentence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    if match := re.search(r"\b(an? (?:[a-z]+ ){1,4})(?:named|called) ([A-Z][a-z]+)", sentence):
        yield rng.choice(("Who is the story about?", "who is it about")), f"It is about {match[1]}named {match[2]}."
        yield rng.choice((f"Who is {match[2]}?", f"who is {match[2]}")), f"{match[2]} is {match[1].strip()}."
    if match := re.match(r"([A-Z][a-z]+|He|She|They|The [a-z]+) (was|were) ([a-z]+) because ", sentence):
        yield f"{rng.choice(('Why', 'why'))} {match[2]} {_subject(match[1])} {match[3]}?", sentence
    if match := re.match(r"([A-Z][a-z]+|He|She|They|The [a-z]+) (?:wanted|liked|loved) ", sentence):
        yield (
            rng.choice(("What did {} want?", "what does {} want", "What did {} like?")).format(_subject(match[1])),
            sentence,
        )
    if match := re.match(r"([A-Z][a-z]+|He|She|They|The [a-z]+) [a-z]+ed ", sentence):
        yield (
            rng.choice(("What did {} do?", "what did {} do", "What happened to {}?")).format(_subject(match[1])),
            sentence,
        )
    if things := _THING.findall(sentence):
        thing = rng.choice(things)
        yield (
            rng.choice(("What about the {}?", "what happened with the {}", "Tell me about the {}.")).format(thing),
            sentence,
        )


def _subject(word: str) -> str:
    return word.lower() if word in ("He", "She", "They") or word.startswith("The ") else word


def quoted(answer: str, text: str) -> str:
    """The sentence of a text that bears an answer, which a small model points at better than it puts it in words.

    The answer itself if no sentence of at most 35 words has most of its words.
    """
    wanted = _plain_words(answer)
    best = max(split_sentences(text), key=lambda sentence: len(wanted & _plain_words(sentence)), default="")
    near = len(wanted & _plain_words(best)) >= max(2, 0.6 * len(wanted))
    return best if near and count_words(best) <= 35 else answer


def _plain_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.lower())) - {"the", "and", "was", "that", "his", "her", "they", "had"}


def mentioned(question: str, text: str) -> bool:
    """Whether a name that the question asks about stands in the text."""
    return any(name in text for name in find_names(f"It is {question}"))


def answer_of(record: dict[str, Any]) -> str:
    """A row's answer as a sentence."""
    answer = str(record["answer"]).strip()
    answer = answer[:1].upper() + answer[1:]
    return answer if answer[-1:] in '.!?"' else answer + "."
