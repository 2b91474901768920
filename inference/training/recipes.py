"""Which texts of a data folder become which documents, for training and for validation.

On a CPU stories are told in plain words alone: a run of hours reads so little that it learns more from plain texts. A
GPU reads all of them (`every_text`), and those of rarer words are a kind of their own, "prose", whose share shrinks at
the end. Mending is always trained on harder texts too, since it is copying, and a copy must not depend on knowing the
word.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from inference.training.documents import (
    NOT_SAID,
    DocumentMaker,
    Documents,
    answer_of,
    extractive_questions,
    fable_questions,
    mentioned,
    shortened,
)
from inference.training.texts import count_words, plainest, read_documents, read_records, split_sentences

KINDS = ("story", "prose", "refine", "explain", "recap", "name")
"""The kinds of document; "story" and "prose" end in a continue request."""
_HARDER = ("train_B_stories.txt.zst", "train_C_childlit.txt.zst")
_CHAPTER = 750
"""Words of a piece of a long text: with its request it fills a window of 1,536 tokens."""
Part = tuple[int, int]
"""(n, of): each of-th text, beginning with the n-th, so that several processes can share the work."""


def make_documents(data: Path, seed: int, *, every_text: bool = False, part: Part = (0, 1)) -> Documents:
    """All training documents by kind (see KINDS), from the rows whose split is "train".

    `every_text` takes stories of all tiers whole, for a GPU, which reads the plain ones too often in no time.
    """
    maker = DocumentMaker(seed)
    documents: Documents = {kind: [] for kind in KINDS}
    first, step = part
    simple = read_documents(data / "train_A_simple.txt.zst")[first::step]
    plain = simple if every_text else plainest(simple, rare=0.1)
    harder = [text for name in _HARDER for text in read_documents(data / name)[first::step]]
    words = (240, 240, 450, _CHAPTER) if every_text else (240,)
    documents["story"] = [maker.story(text, words=maker.rng.choice(words)) for text in plain * 2]
    if every_text:
        chapters = [chapter for text in harder for chapter in _chapters(text)]
        documents["prose"] = [maker.story(text, words=maker.rng.choice((300, _CHAPTER))) for text in chapters]
    documents["refine"] = [maker.refine(text) for text in plain * 4 + _pages(maker, simple, harder)]
    _add_questions(maker, documents, plain)
    _add_fairy_tale_questions(maker, data, documents, part)
    _add_fable_questions(maker, data, documents, part, every_text=every_text)
    _add_summaries(maker, data, documents, part)
    _add_recaps(maker, documents, plain)
    _add_titles(maker, data, documents, plain, part, every_text=every_text)
    return documents


def _chapters(text: str) -> Iterator[str]:
    """A text, cut between sentences into pieces of about `_CHAPTER` words."""
    piece: list[str] = []
    for sentence in split_sentences(text):
        piece.append(sentence)
        if sum(map(count_words, piece)) >= _CHAPTER:
            yield " ".join(piece)
            piece = []
    if sum(map(count_words, piece)) > 60:
        yield " ".join(piece)


def _pages(maker: DocumentMaker, simple: list[str], harder: list[str]) -> list[str]:
    """Texts of rarer words: of tier A, and pages of B and C."""
    more = maker.rng.sample(simple, len(simple) // 2)
    for _ in range(min(len(simple) // 2, 20 * len(harder))):
        text = maker.rng.choice(harder)
        place = maker.rng.randrange(max(1, len(text) - 2000))
        more.append(" ".join(split_sentences(text[place : place + 2000])[1:-1]))
    return [text for text in more if text]


def _add_questions(maker: DocumentMaker, documents: Documents, plain: list[str]) -> None:
    others: list[str] = []
    for text in plain * 2:
        asked = extractive_questions(text, maker.rng)
        documents["explain"] += [maker.ask(text, question, answer, words=130) for question, answer in asked[:2]]
        if others and maker.rng.random() < 0.25:
            question = maker.rng.choice(others)
            if not mentioned(question, text):
                documents["explain"].append(maker.ask(text, question, NOT_SAID, words=130))
        others = [question for question, _ in asked]


def _add_fairy_tale_questions(maker: DocumentMaker, data: Path, documents: Documents, part: Part) -> None:
    before = ""
    for record in _training_rows(data / "explain_story_qa_fairytaleqa.jsonl.zst", part):
        text, question = str(record["context"]), str(record["question"])
        if count_words(text) <= 400:
            documents["explain"].append(maker.ask(text, question, answer_of(record), words=460))
            if before and not mentioned(before, text) and maker.rng.random() < 0.2:
                documents["explain"].append(maker.ask(text, before, NOT_SAID, words=460))
        before = question


def _add_fable_questions(
    maker: DocumentMaker, data: Path, documents: Documents, part: Part, *, every_text: bool
) -> None:
    path = data / "explain_fable_fields_templated.jsonl.zst"
    rows = {str(row["story"]): row["fields"] for row in _training_rows(path, part)}
    for text in rows if every_text else plainest(list(rows), rare=0.15):
        asked = fable_questions(rows[text], maker.rng)
        for question, answer in maker.rng.sample(asked, 2 if every_text else 1):
            documents["explain"].append(maker.ask(text, question, answer, words=450))


def _add_summaries(maker: DocumentMaker, data: Path, documents: Documents, part: Part) -> None:
    for record in _training_rows(data / "explain_story_summary.jsonl.zst", part):
        text, summary = str(record["story"]), str(record["explanation"])
        if short := shortened(summary, 70):
            documents["explain"].append(maker.ask(text, "", short, words=_CHAPTER))
            if count_words(short) <= 50:
                documents["recap"].append(maker.ask(text, "", short, "recap", _CHAPTER))


def _add_recaps(maker: DocumentMaker, documents: Documents, plain: list[str]) -> None:
    for text in plain:
        sentences = [sentence for sentence in split_sentences(text) if sentence != "The end."]
        if len(sentences) > 4:
            told = " ".join((sentences[0], sentences[len(sentences) // 2], sentences[-1]))
            documents["recap"].append(maker.ask(text, "", told, "recap"))
            if maker.rng.random() < 0.4:
                ends = " ".join((sentences[0], sentences[-1]))
                documents["explain"].append(maker.ask(text, "", ends, words=200))


def _add_titles(
    maker: DocumentMaker, data: Path, documents: Documents, plain: list[str], part: Part, *, every_text: bool
) -> None:
    titled = [
        (str(record["fable"]), str(record["constraints"]["title"]))
        for record in _training_rows(data / "write_with_constraints.jsonl.zst", part)
        if record.get("kind") not in ("campfire", "slice-of-life", "short")  # written for adults
        and record["constraints"].get("title")
    ]
    held_out = {" ".join(str(record["text"]).split()) for record in read_records(data / "validation.jsonl.zst")}
    titled += [
        (str(record["text"]), str(record["title"]))
        for record in islice(read_records(data / "storybooks_en_ccby_pd.jsonl.zst"), part[0], None, part[1])
        if " ".join(str(record["text"]).split()) not in held_out  # these rows have no split of their own
    ]
    known = {text for text, _ in titled} if every_text else set(plainest([text for text, _ in titled], rare=0.12))
    for text, title in titled:
        if text in known:
            documents["name"].append(maker.ask(text, "", title, "name", 150))
            documents["story"].append(maker.story(text, title, words=_CHAPTER if every_text else 240))
    for text in maker.rng.sample(plain, len(plain) // 4):
        if title := maker.title(text):
            documents["name"].append(maker.ask(text, "", title, "name", 150))


def _training_rows(path: Path, part: Part) -> Iterator[dict[str, Any]]:
    return islice((record for record in read_records(path) if record["split"] == "train"), part[0], None, part[1])


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
            documents["explain"].append(maker.ask(record["context"], record["question"], answer_of(record), words=260))
    return {kind: maker.rng.sample(some, min(len(some), 150)) for kind, some in documents.items()}
