"""Which texts of a data folder become which documents: for a full run, a plain one, and validation."""

from collections.abc import Iterator
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

KINDS = ("story", "refine", "explain", "recap", "name")
"""The kinds of document; "story" ends in a continue request."""


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
                maker.ask(text, question, NOT_SAID, words=130)
                for question in maker.rng.sample(others, min(len(others), 1))
                if maker.rng.random() < 0.3 and not mentioned(question, text)
            ]
        others = [question for question, _ in asked]
    for text in texts:
        sentences = [sentence for sentence in split_sentences(text) if sentence != "The end."]
        if len(sentences) > 4:
            told = " ".join((sentences[0], sentences[len(sentences) // 2], sentences[-1]))
            documents["recap"].append(maker.ask(text, "", told, "recap"))
            documents["explain"].append(maker.ask(text, "", " ".join((sentences[0], sentences[-1])), words=200))
    return documents


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
            documents["explain"].append(maker.ask(text, question, answer_of(record), words=260))
            if questions and maker.rng.random() < 0.14:
                documents["explain"].append(maker.ask(text, maker.rng.choice(questions), NOT_SAID, words=260))
        questions.append(question)
    return questions


def _add_questions(maker: DocumentMaker, data: Path, documents: Documents, of_others: list[str]) -> None:
    """Questions about fables; ``of_others`` are questions about other stories, which a fable does not answer."""
    for record in _training_rows(data / "explain_fable_fields_templated.jsonl.zst"):
        text = str(record["story"])
        question, answer = maker.rng.choice(fable_questions(record["fields"], maker.rng))
        documents["explain"].append(maker.ask(text, question, answer))
        if maker.rng.random() < 0.25:
            documents["explain"].append(maker.ask(text, "", str(record["explanation"])))
        if maker.rng.random() < 0.12:
            documents["explain"].append(maker.ask(text, maker.rng.choice(of_others), NOT_SAID))


def _add_summaries(maker: DocumentMaker, data: Path, documents: Documents, simple: list[str]) -> None:
    for record in _training_rows(data / "explain_story_summary.jsonl.zst"):
        text, summary = str(record["story"]), str(record["explanation"])
        if short := shortened(summary, 60):
            documents["explain"].append(maker.ask(text, "", short))
        if longer := shortened(summary, 90):
            documents["recap"].append(maker.ask(text, "", longer, "recap", 260))
    for text in simple:
        firsts = [split_sentences(part)[0] for part in text.split("\n") if part.strip()]
        if len(firsts) >= 3 and (recap := shortened(" ".join([firsts[0], firsts[1], firsts[-1]]), 80)):
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
            documents["explain"].append(maker.ask(record["context"], record["question"], answer_of(record), words=260))
    return {kind: maker.rng.sample(some, min(len(some), 150)) for kind, some in documents.items()}
