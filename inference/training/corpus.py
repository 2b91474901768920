"""Build the training corpus: every story and task in the form of the story stream, as memory-mapped tokens."""

import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard
from tokenizers import Tokenizer

from inference.training.errors import TrainingError
from inference.training.noise import add_noise, find_names, rename
from inference.training.stream import Piece, Story, Task, encode, story_pieces, task_pieces
from inference.training.tokenizer import END_OF_TEXT

KINDS = ("story", "refine", "explain", "recap", "name")
"""The kinds of document; "story" ends in a continue request."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Sr|Jr)\.\s+$")
_NOT_SAID = "The story does not say."


def read_documents(path: Path) -> list[str]:
    """The documents of a zstd text file, parted by ``<|endoftext|>``."""
    return [text for text in (part.strip() for part in _read(path).split(END_OF_TEXT)) if text]


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a zstd JSONL file; TrainingError names the line that is broken."""
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrainingError(f"Line {number} of {path} is not valid JSON: {error.msg}.") from error
        if not isinstance(record, dict):
            raise TrainingError(f"Line {number} of {path} is not a JSON object.")
        yield record


def _read(path: Path) -> str:
    if not path.is_file():
        raise TrainingError(f"There is no file {path}: point --data at the folder that holds the stories.")
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            return io.TextIOWrapper(stream, encoding="utf-8", errors="replace").read()
    except zstandard.ZstdError as error:
        raise TrainingError(f"The file {path} is damaged: {error}.") from error


def split_sentences(text: str) -> list[str]:
    """Sentences of a text, trimmed, with inner white space made single."""
    text = " ".join(text.split())
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : match.end()]):
            continue
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def count_words(text: str) -> int:
    """Words parted by white space."""
    return len(text.split())


class DocumentMaker:
    """Lays texts out as documents; the same seed gives the same documents."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311  no secret

    def window(self, sentences: list[str], words: int) -> tuple[list[str], str]:
        """A run of at most ``words`` words, and a summary of what came before it (may be empty)."""
        start = 0
        if sum(map(count_words, sentences)) > words and self.rng.random() < 0.4:
            start = self.rng.randrange(len(sentences) // 2)
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
        passages, place = [], 0
        while place < len(sentences):
            size = self.rng.choice((1, 1, 2, 2, 3, 4, 5))
            passages.append(" ".join(sentences[place : place + size]))
            place += size
        return tuple(passages)

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

    def story(self, text: str, title: str = "", asked: str = "", words: int = 300) -> list[Piece]:
        """A story that ends in a continue request; a text too short for that is only a story."""
        sentences, summary = self.window(split_sentences(text), words)
        output: list[str] = []
        cut = 0
        if sentences:
            longest = self.rng.randrange(45, 111)
            starts = [
                place
                for place in range(1, len(sentences))
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
        if self.rng.random() < 0.25:
            texts = rename(texts, self.rng, 1.0, f"{texts[2]} {written}")
            before = split_sentences(texts[2])
        lore = self.lore(texts[2]) if self.rng.random() < 0.4 else ()
        pieces = story_pieces(Story(self.passages(before), texts[0] if self.rng.random() < 0.8 else "", texts[1], lore))
        return pieces + task_pieces("continue", texts[4], texts[3]) if output else pieces

    def refine(self, text: str) -> list[Piece]:
        """The last passage is full of mistakes, the output is the clean one; sometimes there are none."""
        sentences = split_sentences(text)
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
        pieces = story_pieces(Story(self.passages(split_sentences(context)) if context else ()), 30)
        return [*pieces, Piece("<|passage|>", noisy, 0), *task_pieces("refine", how, clean)]

    def rewrite(self, passage: str, how: str, written: str) -> list[Piece]:
        """A refine document with given words."""
        return [*story_pieces(Story(())), Piece("<|passage|>", passage, 0), *task_pieces("refine", how, written)]

    def ask(self, text: str, question: str, answer: str, task: Task = "explain", words: int = 230) -> list[Piece]:
        """A story of at most ``words`` words with a question about it."""
        chosen: list[str] = []
        total = 0
        for sentence in split_sentences(text):
            total += count_words(sentence)
            if chosen and total > words:
                break
            chosen.append(sentence)
        texts = [" ".join(chosen), question, answer]
        if self.rng.random() < 0.2:
            texts = rename(texts, self.rng, 1.0, texts[0])
        story = Story(self.passages(split_sentences(texts[0])))
        return story_pieces(story, 30) + task_pieces(task, texts[1], texts[2])


def _with_article(phrase: str) -> str:
    return re.sub(r"^a (?=[aeiou])", "an ", phrase)


def _answer(record: dict[str, Any]) -> str:
    answer = str(record["answer"]).strip()
    answer = answer[:1].upper() + answer[1:]
    return answer if answer[-1:] in '.!?"' else answer + "."


def _short(text: str, words: int) -> str:
    kept: list[str] = []
    for sentence in split_sentences(text):
        if kept and count_words(" ".join([*kept, sentence])) > words:
            break
        kept.append(sentence)
    short = " ".join(kept[:3])
    return short if count_words(short) <= words else ""


def _fable_questions(fields: dict[str, str], rng: random.Random) -> list[tuple[str, str]]:
    who, where = _with_article(fields["character"]), _with_article(fields["setting"])
    return [
        (rng.choice(("Who is the story about?", "who is this about", "Who is it about?")), f"It is about {who}."),
        (rng.choice(("Where does it happen?", "where are they", "Where are we?")), f"It happens in {where}."),
        (rng.choice(("What goes wrong?", "what is the problem", "What is the trouble?")),
         f"The trouble is {fields['challenge']}."),
        (rng.choice(("What do we learn?", "what is the lesson", "What does it teach?")),
         f"We learn that {fields['teaching']}."),
        (rng.choice(("How does it end?", "what happens in the end")), f"In the end, {fields['outcome']}."),
    ]  # fmt: skip


def story_texts(data: Path) -> list[str]:
    """Clean texts for a tokenizer: all of tier A, and samples of B and C."""
    rng = random.Random(0)  # noqa: S311  no secret
    texts = read_documents(data / "train_A_simple.txt.zst")
    texts += [text[:3000] for text in rng.sample(read_documents(data / "train_B_stories.txt.zst"), 2500)]
    texts += [text[:6000] for text in rng.sample(read_documents(data / "train_C_childlit.txt.zst"), 300)]
    texts += [str(record["explanation"]) for record in read_records(data / "explain_story_summary.jsonl.zst")]
    return texts


Documents = dict[str, list[list[Piece]]]


def plainest(texts: list[str], common: int = 2000, rare: float = 0.07) -> list[str]:
    """The texts of which at most a share of ``rare`` words is not among the ``common`` most frequent of all.

    A run of an hour on a CPU reads so little that it learns more from plain texts alone.
    """
    words = [re.findall(r"[a-z']+", text.lower()) for text in texts]
    known = {word for word, _ in Counter(word for some in words for word in some).most_common(common)}
    return [
        text for text, some in zip(texts, words, strict=True)
        if sum(word not in known for word in some) <= rare * len(some)
    ]  # fmt: skip


def make_plain_documents(data: Path, seed: int) -> Documents:
    """Training documents out of the plainest texts of tier A alone; questions are answered with their sentences."""
    maker = DocumentMaker(seed)
    texts = plainest(read_documents(data / "train_A_simple.txt.zst"))
    documents: Documents = {kind: [] for kind in KINDS}
    documents["story"] = [maker.story(text, words=220) for text in texts]
    documents["refine"] = [maker.refine(text) for text in texts * 6]
    others: list[str] = []
    for text in texts * 2:
        asked = extractive_questions(text, maker.rng)
        for question, answer in asked[:2]:
            documents["explain"].append(maker.ask(text, question, answer, words=130))
        if others:
            documents["explain"] += [
                maker.ask(text, question, _NOT_SAID, words=130)
                for question in maker.rng.sample(others, min(len(others), 1))
                if maker.rng.random() < 0.3 and not _mentioned(question, text)
            ]
        others = [question for question, _ in asked]
    for text in texts:
        sentences = [sentence for sentence in split_sentences(text) if sentence != "The end."]
        if len(sentences) > 4:
            told = " ".join((sentences[0], sentences[len(sentences) // 2], sentences[-1]))
            documents["recap"].append(maker.ask(text, "", told, "recap"))
            documents["explain"].append(maker.ask(text, "", " ".join((sentences[0], sentences[-1])), words=200))
    return documents


def _mentioned(question: str, text: str) -> bool:
    return any(name in text for name in find_names(f"It is {question}"))


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
    if things := re.findall(r"\b(?:the|a|an) ([a-z]{3,})\b", sentence):
        thing = rng.choice(things)
        yield (
            rng.choice(("What about the {}?", "what happened with the {}", "Tell me about the {}.")).format(thing),
            sentence,
        )


def _subject(word: str) -> str:
    return word.lower() if word in ("He", "She", "They") or word.startswith("The ") else word


def make_documents(data: Path, seed: int) -> Documents:
    """All training documents by kind (see KINDS), from the rows whose split is "train"."""
    maker = DocumentMaker(seed)
    documents: Documents = {kind: [] for kind in KINDS}
    simple = read_documents(data / "train_A_simple.txt.zst")
    more = maker.rng.sample(read_documents(data / "train_B_stories.txt.zst"), 1800)
    more += maker.rng.sample(read_documents(data / "train_C_childlit.txt.zst"), 300)
    more = [text[:12000] for text in more]
    documents["story"] += [maker.story(text) for text in simple + more]
    _add_titled_stories(maker, data, documents)
    documents["refine"] += [maker.refine(text) for text in simple + simple + maker.rng.sample(simple, 12000) + more]
    _add_simpler_sentences(maker, data, documents)
    _add_questions(maker, data, documents, _add_fairy_tale_questions(maker, data, documents))
    _add_summaries(maker, data, documents, maker.rng.sample(simple, 2500))
    return documents


def _training_rows(path: Path) -> Iterator[dict[str, Any]]:
    return (record for record in read_records(path) if record["split"] == "train")


def _add_titled_stories(maker: DocumentMaker, data: Path, documents: Documents) -> None:
    for record in _training_rows(data / "write_with_constraints.jsonl.zst"):
        if record.get("kind") in ("campfire", "slice-of-life", "short"):  # written for adults
            continue
        known, text = record["constraints"], str(record["fable"])
        asked = maker.rng.choice((known.get("challenge", ""), known.get("outcome", "")))
        documents["story"].append(maker.story(text, str(known.get("title", "")), asked))
        if known.get("title") and maker.rng.random() < 0.5:
            documents["name"].append(maker.ask(text, "", str(known["title"]), "name", 150))
    held_out = {" ".join(str(record["text"]).split()) for record in read_records(data / "validation.jsonl.zst")}
    for record in read_records(data / "storybooks_en_ccby_pd.jsonl.zst"):
        if " ".join(str(record["text"]).split()) in held_out:  # these rows have no split of their own
            continue
        documents["name"].append(maker.ask(str(record["text"]), "", str(record["title"]), "name", 150))
        documents["story"].append(maker.story(str(record["text"]), str(record["title"])))


def _add_simpler_sentences(maker: DocumentMaker, data: Path, documents: Documents) -> None:
    for record in read_records(data / "onestopenglish_pairs.jsonl.zst"):
        if record["pair"] == "ADV-ELE" and count_words(record["a"]) <= 50 and maker.rng.random() < 0.6:
            how = maker.rng.choice(("simpler", "clearer"))
            documents["refine"].append(maker.rewrite(record["a"], how, record["b"]))


def _add_fairy_tale_questions(maker: DocumentMaker, data: Path, documents: Documents) -> list[str]:
    questions: list[str] = []
    for record in _training_rows(data / "explain_story_qa_fairytaleqa.jsonl.zst"):
        text, question = str(record["context"]), str(record["question"])
        if count_words(text) <= 250:
            documents["explain"].append(maker.ask(text, question, _answer(record), words=260))
            if questions and maker.rng.random() < 0.14:
                documents["explain"].append(maker.ask(text, maker.rng.choice(questions), _NOT_SAID, words=260))
        questions.append(question)
    return questions


def _add_questions(maker: DocumentMaker, data: Path, documents: Documents, of_others: list[str]) -> None:
    """Questions about fables; ``of_others`` are questions about other stories, which a fable does not answer."""
    for record in _training_rows(data / "explain_fable_fields_templated.jsonl.zst"):
        text = str(record["story"])
        question, answer = maker.rng.choice(_fable_questions(record["fields"], maker.rng))
        documents["explain"].append(maker.ask(text, question, answer))
        if maker.rng.random() < 0.25:
            documents["explain"].append(maker.ask(text, "", str(record["explanation"])))
        if maker.rng.random() < 0.12:
            documents["explain"].append(maker.ask(text, maker.rng.choice(of_others), _NOT_SAID))


def _add_summaries(maker: DocumentMaker, data: Path, documents: Documents, simple: list[str]) -> None:
    for record in _training_rows(data / "explain_story_summary.jsonl.zst"):
        text, summary = str(record["story"]), str(record["explanation"])
        if short := _short(summary, 60):
            documents["explain"].append(maker.ask(text, "", short))
        if longer := _short(summary, 90):
            documents["recap"].append(maker.ask(text, "", longer, "recap", 260))
    for text in simple:
        firsts = [split_sentences(part)[0] for part in text.split("\n") if part.strip()]
        if len(firsts) >= 3 and (recap := _short(" ".join([firsts[0], firsts[1], firsts[-1]]), 80)):
            documents["recap"].append(maker.ask(text, "", recap, "recap"))


def validation_documents(data: Path, seed: int) -> Documents:
    """Held-out documents: stories by tier, and each task that has held-out rows."""
    maker = DocumentMaker(seed)
    documents: Documents = {"A": [], "B": [], "C": [], "refine": [], "explain": [], "name": []}
    for record in read_records(data / "validation.jsonl.zst"):
        tier, text, title = str(record["tier"])[0], str(record["text"]), str(record.get("title") or "")
        documents[tier] += [maker.story(text[:12000], title) for _ in range(20 if tier == "C" else 1)]
        if tier == "A":
            documents["refine"].append(maker.refine(text))
            if title:
                documents["name"].append(maker.ask(text, "", title, "name", 150))
    for record in read_records(data / "explain_story_qa_fairytaleqa.jsonl.zst"):
        if record["split"] == "val" and count_words(str(record["context"])) <= 250:
            documents["explain"].append(maker.ask(record["context"], record["question"], _answer(record), words=260))
    return {kind: maker.rng.sample(some, min(len(some), 150)) for kind, some in documents.items()}


@dataclass(frozen=True)
class Corpus:
    """Memory-mapped documents: ``tokens`` and ``weights`` (0 to 100) of one length, and (start, end) by kind."""

    tokens: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.uint8]
    spans: dict[str, npt.NDArray[np.int64]]


def write_corpus(folder: Path, tokenizer: Tokenizer, documents: Documents) -> None:
    """Encode the documents into ``folder``; an older corpus there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    spans: dict[str, npt.NDArray[np.int64]] = {}
    with (folder / "tokens.bin").open("wb") as tokens, (folder / "weights.bin").open("wb") as weights:
        for kind, some in documents.items():
            rows = []
            for ids, counts in encode(tokenizer, some):
                tokens.write(np.asarray(ids, np.uint16).tobytes())
                weights.write(np.asarray(counts, np.uint8).tobytes())
                rows.append((start, start + len(ids)))
                start += len(ids)
            spans[kind] = np.asarray(rows, np.int64).reshape(-1, 2)
    np.savez(folder / "spans.npz", **spans)  # type: ignore[arg-type]


def open_corpus(folder: Path) -> Corpus:
    """Open a written corpus; TrainingError if it is not there."""
    if not (folder / "spans.npz").is_file():
        raise TrainingError(f"There is no corpus in {folder}: run the corpus command first.")
    with np.load(folder / "spans.npz") as spans:
        by_kind = {kind: spans[kind] for kind in spans.files}
    return Corpus(
        np.memmap(folder / "tokens.bin", np.uint16, mode="r"), np.memmap(folder / "weights.bin", np.uint8, mode="r"),
        by_kind,
    )  # fmt: skip
