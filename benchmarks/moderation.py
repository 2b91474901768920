"""How well the filters catch what they should and leave alone what they should not, and how fast: one table.

    python -m benchmarks.moderation --data FOLDER [--missed GROUP]

FOLDER holds JSON lines `{"text", "label", "group"}`, one file a set; nothing of them is part of the project. Each set
is cut in halves by the hash of a text: whoever tunes looks at the misses of the first half only; both are printed.
glin-profanity, the best library for disguises, is measured beside ours in the same run, in brackets. `flagged` is any
verdict but *allow*, at G unless said; rows that begin with `all:` are of all filters together, as
`python -m bots moderate` asks them, the others of the word filter. Times are CPU times.
"""

import argparse
import json
import random
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from core.filters.danger import DangerFilter, evidence
from core.filters.lexicon import lexicon
from core.filters.links import LinkFilter, leading_out
from core.filters.personal import PersonalFilter, personal_data
from core.filters.words import WordFilter
from core.policy import STRICTEST, Category, Decision, Policy, Rating
from core.text import hygienic
from tests.core import disguises
from tests.core.filters import costumes, masks, people
from tests.core.filters.test_links import CALLS, LINKS, ODD_LINKS
from tests.core.filters.test_people_write import sentences

Judge = Callable[[str], bool]
Row = dict[str, str]

MARKUP = {
    "md_bold_split",
    "md_italic_split",
    "md_underline",
    "md_strike",
    "html_entity",
    "html_comment",
    "custom_emoji",
    "mention_between",
}


def ours(rating: Rating) -> Judge:
    """Whether our filter flags a text under `rating`."""
    words = WordFilter()
    return lambda text: words.judge_now(text, Policy(rating)).decision is not Decision.ALLOW


def together(rating: Rating) -> Judge:
    """Whether any of our filters flags a text under `rating`."""
    filters = (WordFilter(), DangerFilter(), LinkFilter(), PersonalFilter())
    policy = Policy(rating)
    return lambda text: any(f.judge_now(text, policy).decision is not Decision.ALLOW for f in filters)


def reference() -> Judge | None:
    """glin-profanity with its defaults, if it is installed."""
    try:
        from glin_profanity import Filter  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return None
    words = Filter()
    return lambda text: bool(words.is_profane(text))


def rows(folder: Path, name: str, half: int | None = None) -> list[Row]:
    """The rows of one set, or of one `half` of it, 0 or 1."""
    every = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]
    return every if half is None else [r for r in every if zlib.crc32(f"half {r['text']}".encode()) % 2 == half]


def share(judge: Judge, chosen: list[Row]) -> float:
    """How many of `chosen` are flagged, in percent."""
    return 100 * sum(judge(r["text"]) for r in chosen) / max(1, len(chosen))


def labelled(judge: Judge, chosen: list[Row]) -> tuple[float, float, float]:
    """Recall, false positive rate and F1, in percent, of rows with labels 0 and 1."""
    flagged = [(judge(r["text"]), int(r["label"])) for r in chosen]
    hits = sum(f for f, label in flagged if label)
    false = sum(f for f, label in flagged if not label)
    bad = sum(label for _, label in flagged)
    return 100 * hits / bad, 100 * false / max(1, len(flagged) - bad), 200 * hits / (hits + false + bad)


def quality(folder: Path, judge: Callable[[Rating], Judge], half: int | None = None) -> dict[str, float]:
    """Every figure by name."""

    def some(name: str) -> list[Row]:
        return rows(folder, name, half)

    strict, teen = judge(Rating.G), judge(Rating.TEEN)
    evasion = some("evasion")
    table = {
        "evasion recall": share(strict, evasion),
        "  two disguises": share(strict, [r for r in evasion if r["group"].startswith("combo")]),
        "  markup splits": share(strict, [r for r in evasion if r["group"] in MARKUP]),
        "disguised innocents": share(strict, some("evasion_benign")),
        "scunthorpe dictionary": share(strict, some("scunthorpe_dict")),
        "scunthorpe hand": share(strict, some("scunthorpe_hand")),
        "innocent phrases (Teen)": share(teen, some("benign_phrases")),
        "fiction (Teen)": share(teen, some("fiction")),
        "fiction (G)": share(strict, some("fiction")),
        "xstest harmless": share(strict, [r for r in some("xstest") if not int(r["label"])]),
    }
    for title, name, flags in (
        ("samples1680", "samples1680", strict),
        ("hatecheck", "hatecheck", strict),
        ("hatecheck (Teen)", "hatecheck", teen),
    ):
        recall, false, f1 = labelled(flags, some(name))
        table |= {f"{title} recall": recall, f"{title} FPR": false, f"{title} F1": f1}
    return table


def groups(judge: Judge, chosen: list[Row]) -> dict[str, float]:
    """The share flagged in each group."""
    by_group = defaultdict(list)
    for row in chosen:
        by_group[row["group"]].append(row)
    return {group: share(judge, some) for group, some in by_group.items()}


_WANTED = {Category.STRONG, Category.SLUR, Category.MILD, Category.SEXUAL}
_INNOCENT = (
    "cucumber grassland cockpit button passage titanium document assassin therapist raccoon peacock "
    "classic analysis cocktail basement harvest lantern keeper sailor whistle shoulder mountain thunder "
    "kitchen blanket fisherman bucket pocket chicken ticket village distance prince shirt country count "
    "pianist sextant assistant circus"
)


def _some_words(count: int) -> list[str]:
    words = {
        w for some in lexicon().masks.values() for w, kind in some.items() if kind in _WANTED and 4 <= len(w) <= 12
    }
    return random.Random(7).sample(sorted(w for w in words if w.isascii() and w.isalpha()), count)


def _worn(wardrobe: dict[str, masks.Mask], words: list[str], seed: int = 1) -> list[Row]:
    """Each word in each mask, in a carrier."""
    dice = random.Random(seed)
    return [
        {"text": hygienic(dice.choice(masks.CARRIERS).format(mask(word, dice))), "group": name}
        for name, mask in wardrobe.items()
        for word in words
    ]


def wardrobe(judge: Judge) -> dict[str, float]:
    """Recall on our second wardrobe of disguises, and how many innocent words are flagged in it."""
    words, table = _some_words(60), {}
    for side, held in (("tuned on", False), ("held out", True)):
        single = {name: mask for name, mask in masks.SINGLE.items() if masks.held_out(name) is held}
        table[f"second set, one, {side}"] = share(judge, _worn(single, words))
        for title, three in (("two", False), ("three", True)):
            several = dict(masks.drawn(number, three=three) for number in range(120))
            chosen = {name: mask for name, mask in several.items() if masks.held_out(name) is held}
            table[f"second set, {title}, {side}"] = share(judge, _worn(chosen, words[:30]))
    table["second set, innocents"] = share(judge, _worn(masks.SINGLE, _INNOCENT.split()))
    two = dict(masks.drawn(number) for number in range(120))
    table["second set, innocents, two"] = share(judge, _worn(two, _INNOCENT.split()))
    for side, held in (("tuned on", False), ("held out", True)):
        kinds = {name: kind for name, kind in costumes.KINDS.items() if masks.held_out(name) is held}
        table[f"third set, {side}"] = share(judge, _worn(kinds, words))
    table["third set, innocents"] = share(judge, _worn(costumes.KINDS, _INNOCENT.split()))
    return table


def others(folder: Path) -> dict[str, float]:
    """The filters for personal data, links and danger: what they find, and false alarms on stories and plain lines."""

    def personal(text: str) -> bool:
        return any(True for _ in personal_data(hygienic(text)))

    def linked(text: str) -> bool:
        return any(True for _ in leading_out(hygienic(text)))

    def alarming(text: str) -> bool:
        return any(True for _ in evidence(hygienic(text)))

    lines = [r for name in ("fiction", "benign_phrases", "scunthorpe_hand") for r in rows(folder, name)]
    lines += [r for name in ("xstest", "evasion_benign") for r in rows(folder, name) if not int(r["label"])]
    shapes = [{"text": f"Then she said {text} to us"} for text in (*LINKS, *ODD_LINKS, *CALLS)]
    per = 1532 / len(lines)
    everything = together(Rating.TEEN)
    return {
        "all: 399 innocent sentences (Teen)": share(everything, [{"text": t} for t in sentences("innocent")]),
        "all: 111 harmful sentences (Teen)": share(everything, [{"text": t} for t in sentences("harmful")]),
        "personal data, plain": share(personal, [{"text": text} for _, _, text in people.plain()]),
        "personal data, disguised": share(personal, [{"text": text} for _, _, text in people.disguised()]),
        "  false alarms in 1,532 lines": per * sum(personal(r["text"]) for r in lines),
        f"links and mentions, {len(shapes)} shapes": share(linked, shapes),
        "  false alarms in 1,532 lines ": per * sum(linked(r["text"]) for r in lines),
        "danger: false alarms in 1,532": per * sum(alarming(r["text"]) for r in lines),
    }


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """The CPU seconds of the quickest of some runs."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def unseen(judge: Judge) -> dict[str, float]:
    """Recall on our own first set of disguises, with a third of the words held out from tuning."""
    chosen, table = _some_words(150), {}
    for name, some in (("one", disguises.SINGLE), ("two", disguises.DOUBLE)):
        for side, held in (("tuned on", False), ("held out", True)):
            words = [w for w in chosen if disguises.held_out(w) is held]
            texts = [f"Then she said {d(w)} to us." for d in some.values() for w in words]
            table[f"first set, {name}, {side}"] = share(judge, [{"text": t} for t in texts])
    return table


def speed(judge: Judge, prose: str, *, hostile: bool = True) -> dict[str, float]:
    """CPU milliseconds for a line, a turn, and hostile texts."""
    line = prose[:80]
    table = {
        "80 characters": best_of(lambda: [judge(line) for _ in range(200)]) * 5,
        "2,000 characters": best_of(lambda: judge(prose[:2000])) * 1000,
    }
    for name, text in _hostile().items() if hostile else ():
        for size in (100_000, 1_000_000):
            table[f"hostile {name} {size // 1000} kB"] = best_of(lambda t=text[:size]: judge(t), 1) * 1000  # type: ignore[misc]
    return table


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--groups", action="store_true", help="evasion by disguise")
    parser.add_argument("--missed", help="print the texts of this group or set that are judged wrongly")
    arguments = parser.parse_args()
    start = time.perf_counter()
    ours(Rating.G)("first")
    print(f"first use {1000 * (time.perf_counter() - start):.0f} ms")
    if arguments.missed:
        return missed(arguments.data, arguments.missed)
    if arguments.groups:
        for name in ("evasion", "evasion_benign"):
            for group, percent in groups(ours(Rating.G), rows(arguments.data, name)).items():
                print(f"{name:16} {group:22} {percent:6.1f}")
        return None
    glin = reference()
    theirs = quality(arguments.data, lambda _rating: glin) if glin else {}
    if glin:
        theirs |= wardrobe(glin) | unseen(glin)
    worked_on, unworked = (quality(arguments.data, ours, half) for half in (0, 1))
    for name, percent in worked_on.items():
        print(f"{name:34} {percent:7.2f} / {unworked[name]:.2f} unseen {_beside(name, theirs, '.2f')}")
    worked_on, unworked = (quality(arguments.data, together, half) for half in (0, 1))
    for name, percent in worked_on.items():
        print(f"{'all: ' + name:34} {percent:7.2f} / {unworked[name]:.2f} unseen")
    for name, percent in (unseen(ours(Rating.G)) | wardrobe(ours(Rating.G)) | others(arguments.data)).items():
        print(f"{name:34} {percent:7.2f} {_beside(name, theirs, '.2f')}")
    prose = " ".join(r["text"] for r in rows(arguments.data, "fiction")[10:210])
    slow = speed(glin, prose, hostile=False) if glin else {}
    for name, milliseconds in speed(ours(Rating.G), prose).items():
        print(f"{name:34} {milliseconds:10.3f} ms {_beside(name, slow, '.3f')}")
    for title, finds in (("personal", personal_data), ("links", leading_out), ("danger", evidence)):
        line, turn = (
            best_of(lambda f=finds, t=prose[:n]: [list(f(t)) for _ in range(50)]) * 20  # type: ignore[misc]
            for n in (80, 2000)
        )
        print(f"{title + ', 80 / 2,000 characters':34} {line:10.3f} / {turn:.3f} ms")
        for name, text in _hostile().items():
            kb, mb = (best_of(lambda f=finds, t=text[:n]: list(f(t)), 1) * 1000 for n in (100_000, 1_000_000))  # type: ignore[misc]
            print(f"{f'  hostile {name}, 100 kB / 1 MB':34} {kb:10.0f} / {mb:.0f} ms")
    return None


def _hostile() -> dict[str, str]:
    """A megabyte each of what is meant to take long."""
    dice = random.Random(1)
    noise = "".join(dice.choice("abcdefghikst013457@$!|/\\*_.- \u0430\u200b") for _ in range(1_000_000))
    digits = "".join(dice.choice("0123456789.-() ") for _ in range(1_000_000))
    return {
        "noise": noise,
        "spaced": "a b " * 250_000,
        "one letter": "a" * 1_000_000,
        "marks": "*|~<[(&" * 143_000,
        "digits": digits,
    }


def _beside(name: str, theirs: dict[str, float], form: str) -> str:
    return f"[{theirs[name]:{form}}]" if name in theirs else ""


def missed(folder: Path, which: str) -> None:
    """Print what is judged wrongly at the strictest rating."""
    names = [which] if (folder / f"{which}.jsonl").exists() else ["evasion", "evasion_benign"]
    judge = WordFilter()
    for name in names:
        for row in rows(folder, name):
            verdict = judge.judge_now(row["text"], STRICTEST)
            if (verdict.decision is not Decision.ALLOW) != bool(int(row["label"])) and (
                name == which or row["group"] == which
            ):
                print(row["label"], row["group"], verdict.reasons, ascii(row["text"])[:160])


if __name__ == "__main__":
    main()
