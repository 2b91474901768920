"""The lexicon as automata, which find all its phrases, roots and unspaced words in one pass. Built at first use."""

from functools import cache

import ahocorasick

from core.filters.lexicon import lexicon


@cache
def phrases() -> ahocorasick.Automaton:
    """Phrases between spaces, with their lengths and kinds; harmless ones have no kind."""
    known = lexicon()
    machine = ahocorasick.Automaton()
    for phrase, kind in known.phrases.items():
        machine.add_word(f" {phrase} ", (len(phrase) + 2, kind))
    for phrase in known.harmless:
        machine.add_word(f" {phrase} ", (len(phrase) + 2, None))
    machine.make_automaton()
    return machine


@cache
def unspaced_words() -> ahocorasick.Automaton:
    """Words of scripts without spaces, with themselves and their kinds."""
    machine = ahocorasick.Automaton()
    for word, kind in lexicon().unspaced.items():
        machine.add_word(word, (word, kind))
    machine.make_automaton()
    return machine


@cache
def roots() -> ahocorasick.Automaton:
    """What is looked for inside longer words, with its length, its kind, and whether no innocent word holds it."""
    machine = ahocorasick.Automaton()
    known = lexicon()
    for root, kind in (known.roots | known.hard_roots).items():
        machine.add_word(root, (len(root), kind, root in known.hard_roots))
    machine.make_automaton()
    return machine
