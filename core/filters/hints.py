"""Letters without which no pattern for danger, cruelty or a scene can match; to look for all at once is quick."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

import ahocorasick

_HINTS = {
    "crisis": (
        "self", "suicid", "kms", "unalive", " die ", "dying", " dead", " died", "it all", "alive", "exist",
        "my life", "to live", "pills", "tablets", " meds", "painkillers", "wrist", "born", "off without", "miss me",
        "be here", "be gone", "wake up", "bridge", " off me ", "goodbye", " end it", "noose", " rope ", "anymore",
        "last message", "overdose", "living",
    ),
    "threat": (
        "kill", "murder", "hurt", "stab", "shoot", "beat", "punch", "strangle", "choke", "burn", "attack", "jump",
        "smash", "break", "bash", "knife", "slit", "rape", "destroy", " gun ", "bomb", "blow up", "dead",
        "watch your back", "find you", "get you", "catch you", "know where", "know your", " gut ", "wait",
        "come for", "follow you", "hunt you", "track you",
    ),
    "place": (
        "school", "real life", " irl ", "house", "you live", "lives", "address", "recess", "lunch", " bus ", "home",
        "day ", "tomorrow", "work", "parking", "playground", "joke", "joking", "kidding", "for real", "your back",
        "class", "office", "church", "mosque", "synagogue", "president", "minister", "chancellor", "mayor", " pope",
    ),
    "cruel": (
        "die", " dead", "cancer", "miss you", "care if", "cares if", "likes you", "likes u", "wants you", "wants u",
        "hates ", "despises", "loathes", "without you", "without u", "aborted", "shit and", "hang yourself",
        "drown yourself", "kill yourself", " rot ", "worthless", "waste of", "piece of", "retarded", "our class",
        "my class", "this class", "the class", "whole class", "our school", "my school", "whole school", "from our",
        "from my", "from this", "this server", "our server", "this channel", "this school", "school already",
        "jump off", "been born", "not exist", "run over", "raped", "disappear forever", "better place without",
        "everyone in", "everybody in", "everyone from", "everybody from",
    ),
    "group": (
        " women", " females", " blacks", " asians", " mexicans", " latinos", " hispanics", " africans", " arabs",
        " jews", " muslims", " moslems", " christians", " catholics", " hindus", " sikhs", " immigrants",
        " migrants", " refugees", " foreigners", " gays", " lesbians", " homosexuals", " bisexuals", " queers",
        " transgenders", " transsexuals", " cripples", " gypsies", " indians", " pakistanis", " turks", " hitler",
        " nazis", " klan", " kkk", " mussolini", " woman", " jew", " muslim", " moslem", " immigrant", " migrant",
        " refugee", " foreigner", " asylum seeker", " the disabled", " the handicapped", " with disabilities",
        " with autism", " down syndrome",
    ),
    "scene": (
        "inside her", "inside him", "inside me", "inside you", "inside of", "her mouth", "his mouth", "my mouth",
        "your mouth", "her face", "his face", "her chest", "his chest", "her belly", "his belly", "her stomach",
        "his stomach", "breast", "thrust", "thigh", "legs", "folds", "panties", "skirt", "underwear", "thong",
        "boxers", " bra ", "into her", "into him", "into me", "into you", "went down on", "harder", "climax",
        "orgasm", " member", "manhood", "shaft", "erect", "throbbing", " cock", " dick", "penis", "nipple", " tits",
        " boob", " ass ", "crotch", "groin", "pussy", " clit", "fingered", "fingering", "fisted", "her off",
        "him off", "me off", "you off", "bent her", "bent him", "from behind", "unzip", "blow me", "suck me", "sext",
        "sex", " fuck", "hook up", "naked", "nudes", " pics", " pic ", "nude ", "topless", "moan", "both came",
        "length", "dripping", "slick", "rode ", "riding ", "ride her", "ride him", "make out",
    ),
    "goods": (
        "bomb", "explosive", "molotov", "grenade", "napalm", "thermite", " meth", "cocaine", "heroin", " lsd",
        "mdma", "ecstasy", "fentanyl", "nerve gas", "nerve agent", "sarin", "ricin", "anthrax", "mustard gas",
        "chlor", "ghost gun", "silencer", "poison gas", "date rape", "bleach", "ammonia",
    ),
}  # fmt: skip
_GROUPED = (
    "black", "white", "brown", "asian", "chinese", "mexican", "latino", "hispanic", "african", "arab", "jewish",
    "muslim", "islamic", "christian", "catholic", "hindu", "gay", "lesbian", "bisexual", "queer", "homosexual",
    "trans", "transgender", "transgendered", "transsexual", "disabled", "handicapped", "autistic", "deaf", "blind",
    "indigenous", "native", "aboriginal", "romani", "gypsy", "turkish", "polish", "pakistani", "indian", "foreign",
    "immigrant", "coloured", "colored", "female", "fat", "poor", "homeless", "old",
)  # fmt: skip
_PEOPLE = (
    "people", "person", "folk", "men", "man", "women", "woman", "kid", "child", "girl", "boy", "famil", "lives",
    "trash", "scum", "filth", "garbage", "rat", "pig", "vermin",
)  # fmt: skip
"""Kinds of people, and words behind them that make a group of them."""


@cache
def _machine() -> ahocorasick.Automaton:
    kinds: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for kind, hints in _HINTS.items():
        for hint in hints:
            kinds[hint] += (kind,)
    for each in _GROUPED:
        for people in _PEOPLE:
            kinds[f" {each} {people}"] += ("group",)
    machine = ahocorasick.Automaton()
    for hint, some in kinds.items():
        machine.add_word(hint, some)
    machine.make_automaton()
    return machine


def hinted(words: str) -> Mapping[str, list[int]]:
    """Where the hints of each kind end in `words`, in order; kinds that are not there give an empty list."""
    found: dict[str, list[int]] = defaultdict(list)
    for end, kinds in _machine().iter(words):
        for kind in kinds:
            found[kind].append(end)
    return found
