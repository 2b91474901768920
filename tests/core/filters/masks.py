"""A second, larger wardrobe of disguises, drawn by dice: for tests and the benchmark of what the filter has not seen.

Half of the kinds are `held_out`: whoever tunes the filter looks at their average only, never at a miss among them.
"""

import random
import unicodedata
import zlib
from collections.abc import Callable
from functools import cache

Mask = Callable[[str, random.Random], str]
Dice = random.Random


def held_out(kind: str) -> bool:
    """Whether this kind of disguise is of the half that nobody tunes on."""
    return zlib.crc32(f"kind {kind}".encode()) % 2 == 0


# --- look-alikes -------------------------------------------------------------------------------------------


@cache
def _lookalikes(letter: str) -> tuple[str, ...]:
    from confusable_homoglyphs.confusables import is_confusable

    found = is_confusable(letter, greedy=True) or []
    shapes = [h["c"] for each in found for h in each["homoglyphs"]]
    return tuple(s for s in shapes if len(s) == 1 and not s.isascii() and unicodedata.category(s)[0] in "LNS")


def _script(*names: str, share: float = 1.0) -> Mask:
    def draw(letter: str, dice: Dice) -> str:
        some = [s for s in _lookalikes(letter) if any(n in unicodedata.name(s, "") for n in names)]
        return dice.choice(some) if some and dice.random() < share else letter

    return lambda w, dice: "".join(draw(c, dice) for c in w)


def _any_lookalike(share: float) -> Mask:
    return lambda w, dice: "".join(
        dice.choice(_lookalikes(c)) if _lookalikes(c) and dice.random() < share else c for c in w
    )


def _table(*tables: str) -> Mask:
    """Pairs `a4` per letter, one of several tables drawn for a word."""
    read = [{p[0]: p[1:] for p in table.split()} for table in tables]

    def draw(word: str, dice: Dice) -> str:
        table = dice.choice(read)
        return "".join(table.get(c, c) for c in word)

    return draw


def _row(signs: str) -> Mask:
    return _table(" ".join(f"{letter}{sign}" for letter, sign in zip("abcdefghijklmnopqrstuvwxyz", signs, strict=True)))


def _named(pattern: str, *, upper: bool = False) -> Mask:
    def draw(letter: str) -> str:
        try:
            return unicodedata.lookup(pattern.format(letter.upper()))
        except KeyError:
            return letter.upper() if upper else letter

    return lambda w, _: "".join(map(draw, w))


# --- between and around the letters ---------------------------------------------------------------------------


def _between(*signs: str) -> Mask:
    """One sign, drawn for the word, between all letters."""

    def draw(word: str, dice: Dice) -> str:
        return dice.choice(signs).join(word)

    return draw


def _mixed(*signs: str) -> Mask:
    return lambda w, dice: "".join(c + dice.choice(signs) for c in w[:-1]) + w[-1]


def _around(*pairs: tuple[str, str]) -> Mask:
    """Signs around every letter."""

    def draw(word: str, dice: Dice) -> str:
        before, after = dice.choice(pairs)
        return "".join(before + c + after for c in word)

    return draw


def _one(before: str, after: str) -> Mask:
    """Signs around one letter, drawn."""

    def draw(word: str, dice: Dice) -> str:
        at = dice.randrange(1, len(word) - 1)
        return word[:at] + before + word[at] + after + word[at + 1 :]

    return draw


def _part(before: str, after: str) -> Mask:
    """Signs around the first or last letters."""

    def draw(word: str, dice: Dice) -> str:
        at = dice.randrange(1, len(word))
        return dice.choice([before + word[:at] + after + word[at:], word[:at] + before + word[at:] + after])

    return draw


def _cut(*signs: str) -> Mask:
    def draw(word: str, dice: Dice) -> str:
        at = dice.randrange(1, len(word))
        return word[:at] + dice.choice(signs) + word[at:]

    return draw


def _hidden(*signs: str) -> Mask:
    """One inner vowel replaced; an inner letter if there is none."""

    def draw(word: str, dice: Dice) -> str:
        inner = [i for i in range(1, len(word)) if word[i] in "aeiou"] or [len(word) // 2]
        at = dice.choice(inner)
        return word[:at] + dice.choice(signs) + word[at + 1 :]

    return draw


def _vowels(sign: str) -> Mask:
    return lambda w, _: w[0] + "".join(sign if c in "aeiou" else c for c in w[1:])


def _spelt(*pairs: tuple[str, str]) -> Mask:
    def draw(word: str, _: Dice) -> str:
        for old, new in pairs:
            word = word.replace(old, new)
        return word

    return draw


def _wrapped(before: str, after: str = "") -> Mask:
    return lambda w, _: before + w + after


def _each_letter(make: Callable[[str], str]) -> Mask:
    return lambda w, _: "".join(map(make, w))


_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_EMOJI = (
    "a🅰️ b🅱️ c©️ d↩️ h♓ i ℹ️ l👢 m♏ n♑ o⭕ p🅿️ r®️ s💲 t✝️ u⛎ v♈ w♒ x❌ y💹 z💤",
    "aª o🅾️ m♍ i❗ s⚡ e📧 t➕ x✖️ o🔴 v✅ c🌜 d▶ l📐 y🌱 u🧲",
)
_KEYCAPS = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "b": "8", "g": "9"}
_TURNED = dict(zip("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", strict=True))


def _pig(word: str, _: Dice) -> str:
    at = next((i for i, c in enumerate(word) if c in "aeiou"), 0)
    return word[at:] + word[:at] + "ay" if at else word + "way"


def _neighbour(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word))
    return word[:at] + dice.choice(_NEAR[word[at]]) + word[at + 1 :]


def _extra(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word))
    return word[:at] + dice.choice(_NEAR[word[at]]) + word[at:]


def _stretched(word: str, dice: Dice) -> str:
    at = dice.randrange(len(word))
    return word[:at] + word[at] * dice.randrange(3, 12) + word[at + 1 :]


def _swapped(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _left_out(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1 :]


def _zalgo(word: str, dice: Dice) -> str:
    return "".join(c + "".join(chr(dice.randrange(0x300, 0x36F)) for _ in range(dice.randrange(1, 12))) for c in word)


def _case(word: str, dice: Dice) -> str:
    return "".join(dice.choice([c, c.upper()]) for c in word)


def _some(mask: Mask, share: float) -> Mask:
    return lambda w, dice: "".join(mask(c, dice) if dice.random() < share else c for c in w)


SINGLE: dict[str, Mask] = {
    # other scripts
    "cyrillic": _script("CYRILLIC"),
    "greek": _script("GREEK"),
    "armenian": _script("ARMENIAN"),
    "cherokee": _script("CHEROKEE"),
    "lisu": _script("LISU"),
    "coptic": _script("COPTIC"),
    "canadian": _script("CANADIAN"),
    "deseret": _script("DESERET", "OSAGE", "WARANG"),
    "hebrew arabic": _script("HEBREW", "ARABIC", "SYRIAC"),
    "indic": _script("MALAYALAM", "ORIYA", "TELUGU", "TAMIL", "BENGALI", "GUJARATI", "MYANMAR", "THAI", "LAO"),
    "runic old": _script("RUNIC", "LYCIAN", "CARIAN", "GOTHIC", "OLD ITALIC", "ELBASAN"),
    "roman numerals": _script("ROMAN NUMERAL"),
    "mathematical": _script("MATHEMATICAL"),
    "letter-like": _script("SCRIPT", "DOUBLE-STRUCK", "BLACK-LETTER", "PLANCK", "ANGSTROM", "KELVIN"),
    "latin relatives": _script("LATIN SMALL LETTER", "LATIN LETTER"),
    "any look-alike": _any_lookalike(1.0),
    "some look-alikes": _any_lookalike(0.5),
    "one look-alike or two": _any_lookalike(0.25),
    # styled letters
    "superscript": _row("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖqʳˢᵗᵘᵛʷˣʸᶻ"),
    "subscript": _row("ₐbcdₑfgₕᵢⱼₖₗₘₙₒₚqᵣₛₜᵤᵥwₓyz"),
    "small capitals": _row("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ"),
    "circled": _named("CIRCLED LATIN SMALL LETTER {}"),
    "circled capitals": _named("CIRCLED LATIN CAPITAL LETTER {}"),
    "negative squared": _named("NEGATIVE SQUARED LATIN CAPITAL LETTER {}"),
    "full width capitals": _named("FULLWIDTH LATIN CAPITAL LETTER {}"),
    "sans bold": _named("MATHEMATICAL SANS-SERIF BOLD SMALL {}"),
    "script": _named("MATHEMATICAL BOLD SCRIPT SMALL {}"),
    "fraktur capitals": _named("MATHEMATICAL BOLD FRAKTUR CAPITAL {}"),
    "tag letters": lambda w, _: "".join(c + chr(0xE0000 + ord(c)) for c in w),
    "braille": _row("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"),
    "kanji shapes": _row("卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙"),
    "tall shapes": _row("ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎᐯꅏꊼꌩꁴ"),
    "stroked": _row("ȺɃȻĐɆ₣ǤĦƗɈꝀŁM₦ØⱣꝖɌꞨŦᵾVWӾɎƵ"),
    "hooked": _row("ąɓƈɗęƒɠɦįʝƙɭɱŋơƥʠɾʂƭųʋɯӽყʐ"),
    "ornate": _row("άвς∂єƒgнιנкℓмησρqяѕтυνωχуz"),
    "accents": _row("āƀčďėḟğĥįĵķľṁňőṕqřšťűṽŵẋŷž"),
    "vietnamese accents": _row("ặbćđệfġḥịjḳḷṃṇộṗqṛṣṭựṿẉẋỵẓ"),
    "rings": _each_letter(lambda c: c + "\u20dd"),
    "boxes": _each_letter(lambda c: c + "\u20de"),
    "overlays": _each_letter(lambda c: c + "\u0337"),
    "bridges": _each_letter(lambda c: c + "\u0361"),
    "towers": _zalgo,
    "any case": _case,
    "title per letter": lambda w, _: w.title().swapcase(),
    # pictures
    "letter emoji": _table(*_EMOJI),
    "letter emoji some": _some(_table(*_EMOJI), 0.5),
    "keycaps": _each_letter(lambda c: f"{_KEYCAPS[c]}\ufe0f\u20e3" if c in _KEYCAPS else c),
    "flags apart": lambda w, _: " ".join(unicodedata.lookup(f"REGIONAL INDICATOR SYMBOL LETTER {c}") for c in w),
    "flags joined by nothing": lambda w, _: "\u200b".join(
        unicodedata.lookup(f"REGIONAL INDICATOR SYMBOL LETTER {c}") for c in w
    ),
    "flag shortcodes": _each_letter(lambda c: f":regional_indicator_{c}:"),
    "flag shortcodes apart": lambda w, _: " ".join(f":regional_indicator_{c}:" for c in w),
    "alphabet shortcodes": _each_letter(lambda c: f":alphabet-white-{c}:"),
    # leetspeak
    "leet one": _table("a4 b8 e3 g6 i1 l1 o0 s5 t7 z2", "a4 e3 g9 i! o0 s5 t7 z2 b8"),
    "leet two": _table("a@ b8 c( e3 g9 i! l1 o0 s$ t+ x% z2", "a^ c< d) e3 h# i| l| o() s5 t† u| v\\/"),
    "leet built": _table("a/\\ b|3 d|) f|= h|-| i! k|< l|_ m|\\/| n|\\| o() p|* r|2 t-|- u|_| v\\/ w\\/\\/ x><"),
    "leet currencies": _table("a₳ b฿ c¢ e€ f₣ h₴ k₭ l£ m₥ n₦ o¤ p₱ r₹ s$ t₮ u₸ w₩ y¥", "c₵ e€ g₲ k₭ l₤ n₦ p₽ s$ y¥ d₫"),
    "leet some": _some(_table("a4 b8 e3 g9 i1 l1 o0 s5 t7", "a@ i! s$ o0 e3 t+"), 0.5),
    "leet cyrillic digits": _table("aа e3 bб o0 i1 hн kк mм tт cс pр xх yу sѕ gг nп uи"),
    # between the letters
    "dots between": _between("·", "⋅", "•", "∙", "・", "‧", "․"),
    "dashes between": _between("—", "–", "‐", "‑", "−", "_-", "~"),
    "brackets between": _between(")(", "][", "}{", "><", "|"),
    "arrows between": _between("→", "⇒", " > ", " » ", "->", "=>"),
    "signs between": _between("=", ";", ":", "'", '"', "^", "&", "%", "#", "@"),
    "mixed signs between": _mixed(".", "-", "_", "*", "~", "/", " "),
    "wide spaces between": _between("\u2003", "\u3000", "\u00a0", "\u2009", "\u202f", "   "),
    "lines between": _between("\n\n", "\n", "\r\n", "\u2028", "\n \n"),
    "nothing between": _mixed("\u200b", "\u200c", "\u2060", "\ufeff", "\u180e", "\u2064", "\u206a"),
    "selectors between": _mixed("\ufe00", "\ufe0f", "\U000e0100", "\U000e01ef"),
    "fillers between": _mixed("\u115f", "\u1160", "\u3164", "\uffa0", "\u17b4", "\u17b5"),
    "directions between": _mixed("\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c"),
    "pictures between": _mixed("😂", "💀", "👏", "✨", "👍🏽", "👨‍👩‍👧", "🏳️‍🌈"),
    "clapping": _between(" 👏 ", " ✨ ", " 🔥 "),
    "ands between": _between(" + ", " & ", " , ", " | ", " ; "),
    "dotted spaces": _between(". ", " .", "- ", " -", "_ "),
    "ideographic between": _between("、", "。", "，", "．"),
    # around the letters
    "brackets around": _around(("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("«", "»"), ("【", "】"), ("「", "」")),
    "quotes around": _around(("'", "'"), ('"', '"'), ("“", "”"), ("`", "`")),
    "stars around": _around(("*", "*"), ("**", "**"), ("_", "_"), ("__", "__"), ("~~", "~~"), ("||", "||")),
    # markup
    "bold inside": _one("**", "**"),
    "bold italic underline": _part("__***", "***__"),
    "italic part": _part("_", "_"),
    "struck part": _part("~~", "~~"),
    "spoiler part": _part("||", "||"),
    "code part": _part("`", "`"),
    "double code part": _part("``", "``"),
    "fenced": _wrapped("```\n", "\n```"),
    "escaped": _each_letter(lambda c: "\\" + c),
    "escaped signs": _cut("\\*", "\\_", "\\~", "\\|", "\\`"),
    "empty bold": _cut("****", "____", "~~~~", "||||", "**** ****"),
    "spoiler filler": _cut("|| ||", "||.||", "||nothing||", "~~x~~"),
    "link around part": _part("[", "](https://a.example/q?x=1)"),
    "link around letters": _each_letter(lambda c: f"[{c}](http://a.example)"),
    "link with title": _part("[", '](https://a.example "look")'),
    "link hidden": _part("[", "](<https://a.example>)"),
    "reference link": _part("[", "][1]"),
    "slack link": _part("<https://a.example|", ">"),
    "slack links": _each_letter(lambda c: f"<https://a.example|{c}>"),
    "slack mail": _part("<mailto:a@a.example|", ">"),
    "slack date": _cut("<!date^1700000000^{date}|>", "<!here>", "<!subteam^S012345>", "<#C012345|>"),
    "slack person": _cut("<@U012345>", "<@W012345|>", "<!channel>"),
    "discord time": _cut("<t:1700000000>", "<t:1700000000:F>"),
    "discord command": _cut("</story add:123456789012345678>", "<id:customize>", "<id:guide>"),
    "discord role": _cut("<@&123456789012345678>", "<@123456789012345678>", "<#123456789012345678>"),
    "discord picture": _cut("<:ok:123456789012345678>", "<a:ok_hand:123456789012345678>"),
    "shortcodes between": _between(":fire:", ":+1:", ":skin-tone-2:"),
    "heading": _wrapped("# "),
    "subtext": _wrapped("\n-# "),
    "quoted": lambda w, _: "\n> " + "\n> ".join(w),
    "quoted deep": lambda w, _: "\n>>> " + "\n>> ".join(w),
    "list": lambda w, _: "\n" + "\n".join(f"- {c}" for c in w),
    "numbered list": lambda w, _: "\n" + "\n".join(f"{i}. {c}" for i, c in enumerate(w, 1)),
    "table row": lambda w, _: "| " + " | ".join(w) + " |",
    "acrostic": lambda w, _: "\n" + "\n".join(w.upper()) + "\n",
    # HTML and encodings
    "decimal entities": _each_letter(lambda c: f"&#{ord(c)};"),
    "padded entities": _each_letter(lambda c: f"&#{ord(c):07d}"),
    "hex entities": _each_letter(lambda c: f"&#X{ord(c):04X};"),
    "double entities": _each_letter(lambda c: f"&amp;#{ord(c)};"),
    "named nothings": _mixed("&shy;", "&zwnj;", "&zwj;", "&#8203;", "&nbsp;", "&thinsp;"),
    "comment": _cut("<!-- x -->", "<!---->", "<!-- a > b -->", "<!-- <b> -->"),
    "tags around letters": _each_letter(lambda c: f"<span class='q'>{c}</span>"),
    "tags between": _between("<wbr>", "<br />", "<i></i>", "<b/>"),
    "processing": _cut("<?x?>", "<!x>", "<![CDATA[]]>"),
    "per cent": _each_letter(lambda c: f"%{ord(c):02X}"),
    "per cent twice": _each_letter(lambda c: f"%25{ord(c):02x}"),
    "per cent some": _some(_each_letter(lambda c: f"%{ord(c):02x}"), 0.5),
    "plus for space": _between("%20", "+", "%0A", "%2E"),
    "unicode escapes": _each_letter(lambda c: f"\\u{ord(c):04x}"),
    "hex escapes": _each_letter(lambda c: f"\\x{ord(c):02x}"),
    "code points": lambda w, _: " ".join(f"U+{ord(c):04X}" for c in w),
    # spellings
    "neighbour key": _neighbour,
    "extra key": _extra,
    "no vowels": lambda w, _: w[0] + "".join(c for c in w[1:] if c not in "aeiou"),
    "vowels doubled": _each_letter(lambda c: c * 2 if c in "aeiou" else c),
    "consonants doubled": _each_letter(lambda c: c if c in "aeiou" else c * 2),
    "stretched": _stretched,
    "all stretched": _each_letter(lambda c: c * 4),
    "by sound": _spelt(("ck", "kk"), ("f", "ph"), ("c", "k"), ("er", "uh")),
    "by sound two": _spelt(("ss", "zz"), ("s", "z"), ("i", "ee"), ("u", "oo")),
    "by sound three": _spelt(("ou", "u"), ("y", "ee"), ("ks", "x"), ("wh", "h"), ("oo", "u"), ("ed", "d")),
    "swapped": _swapped,
    "one left out": _left_out,
    "reversed": lambda w, _: w[::-1],
    "reversed spaced": lambda w, _: " ".join(w[::-1]),
    "upside down": lambda w, _: "".join(_TURNED.get(c, c) for c in reversed(w)),
    "mirrored only": _table("cɔ eɘ rɿ nᴎ sƨ bd dq"),
    "pig latin": _pig,
    # masks
    "vowels ?": _vowels("?"),
    "vowels .": _vowels("."),
    "vowels picture": _vowels("🍆"),
    "one vowel hidden": _hidden(
        "*", "#", "%", "@", "-", "_", ".", "?", "×", "●", "█", "□", "◯", "🔥", "…", "^", "~", "+"
    ),
    "a letter underlined": _hidden("_", "__", "**"),
    "vowels backslash star": _vowels("\\*"),
    # company
    "glued in front": lambda w, dice: dice.choice(["absolute", "ultra", "mega", "fat", "total", "old", "big"]) + w,
    "glued behind": lambda w, dice: (
        w + dice.choice(["face", "man", "town", "lord", "fest", "monster", "brain", "ville"])
    ),
    "digits around": lambda w, dice: f"{dice.randrange(99)}{w}{dice.randrange(999)}",
    "name like": lambda w, dice: dice.choice([f"xX_{w}_Xx", f"the.real.{w}", f"{w}_1987", f"-{w}-", f"@{w}_x"]),
    "in an address": lambda w, dice: dice.choice([f"www.{w}.com", f"https://a.example/?q={w}", f"{w}@a.example"]),
    "camel": lambda w, dice: dice.choice([f"big{w.title()}Energy", f"I{w.title()}You", f"The{w.title()}s"]),
    "hyphenated": lambda w, dice: dice.choice([f"{w}-head", f"non-{w}", f"semi-{w}-ish"]),
    "two halves": _cut(" ", "\n", " - ", "-\n", "... "),
    "three pieces": lambda w, dice: dice.choice([" ", "-", ".", "_"]).join([w[:2], w[2:-1], w[-1]]),
}
"""Every mask by name."""

_LIGHT = (
    "cyrillic", "some look-alikes", "leet one", "leet some", "superscript", "any case", "accents", "hooked",
    "stretched", "full width capitals", "greek", "any look-alike", "vowels doubled", "by sound", "small capitals",
)  # fmt: skip
_HEAVY = (
    "dots between", "dashes between", "nothing between", "bold inside", "spoiler part", "link around part",
    "slack link",
    "discord time", "comment", "pictures between", "lines between", "brackets around", "code part",
    "mixed signs between",
    "shortcodes between", "empty bold", "escaped", "digits around", "tags between", "overlays", "wide spaces between",
    "two halves", "name like", "discord role",
)  # fmt: skip


def drawn(number: int, *, three: bool = False) -> tuple[str, Mask]:
    """Two masks, or three, one over the other; the same ones for the same number."""
    dice = random.Random(number)
    names = [dice.choice(_LIGHT), dice.choice(_HEAVY)]
    if three:
        names.insert(
            1, dice.choice(["overlays", "nothing between", "any case", "stretched", "bold inside", "spoiler part"])
        )

    def wear(word: str, dice: Dice) -> str:
        for name in names:
            word = SINGLE[name](word, dice)
        return word

    return " + ".join(names), wear


CARRIERS = (
    "Then she said {} to us.", "{}", "You {}!", "What the {} is that?", "“{},” he muttered, and went.",
    "They called him a {} again and again\nuntil he left.", "so {} it is", "Oh, {}.",
)  # fmt: skip
