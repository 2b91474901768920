"""Scenes that no listed word gives away: sex told in plain words (SEXUAL), and manuals for weapons or drugs (HARMFUL).

Forms of sentences, not single words, so that a ball may roll between her legs. English only; in other words it is not
found. A model's filter stands beside it.
"""

import re
from collections.abc import Iterator

from core.filters.spoken import Spoken
from core.policy import Category

_PART = (
    r"(?:breasts?|boobs?|tits|nipples?|ass|crotch|groin|erection|cock|dick|shaft|manhood|pussy|clit|folds|thighs?"
    r"|panties"
    r"|underwear|bra|member|length)"
)
_BODY = (
    r"(?:fingers?|hands?|tongue|cock|dick|member|length|shaft|manhood|mouth|lips|face|head|erection|himself|herself)"
)
_HIS = r"(?:his|her|my|your|their)"
_HIM = r"(?:him|her|me|you|them)"
_SEX = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        rf"(?:came|finished|released) (?:deep )?inside (?:of )?{_HIM}(?! (?:room|house|mind|thoughts|dream|office|hut"
        rf"|tent))",
        rf"(?:came|cum|climaxed|ejaculated|spilled) (?:all )?(?:in|on|over|into) {_HIS} (?:mouth|face|chest|belly"
        rf"|stomach|breasts)",
        rf"thrust(?:s|ed|ing)? (?:\w+ ){{0,3}}?(?:into|inside|in and out of) {_HIM}",
        rf"thrust(?:s|ing)? {_HIS} (?:hips|cock|dick|tongue|fingers)",
        rf"(?:slid|slides?|slipped|slips?|pushed|pushes|sank|plunged|eased|shoved|buried|put|moved|ran"
        rf"|forced) (?:{_HIS} )?(?:\w+ )?{_BODY}"
        rf" (?:\w+ ){{0,2}}?(?:inside|into|between|up|under|down) {_HIS} (?:\w+ )?(?:thighs?|legs|folds|panties|skirt"
        rf"|bra|underwear|pants)",
        rf"{_BODY} (?:\w+ ){{0,3}}?(?:between|inside) {_HIS} (?:\w+ )?(?:thighs|legs|folds|panties)",
        rf"(?:slid|slipped|pushed|sank|plunged|eased|buried|entered) (?:{_HIS} (?:\w+ )?{_BODY}"
        rf"|himself) (?:deep )?(?:inside|into) {_HIM}",
        rf"{_BODY} (?:slid|slipped|pushed|sank|plunged) (?:deep )?(?:inside|into) {_HIM}",
        rf"(?:took|takes|taking|take) (?:{_HIM}|{_HIS} (?:\w+ )?{_BODY}) (?:deep )?in(?:to)? {_HIS} mouth",
        r"went down on (?:him|her|me)(?! (?:one|his|her|a|bended) knees?)",
        rf"(?:rode|riding|rides|ride) {_HIM} (?:harder|slowly|until (?:she|he|they|we|i|both)|faster|hard|to climax)",
        rf"{_HIM} (?:both )?climax(?:ed)?|they both (?:came|climaxed)|reached (?:\w+ )?(?:climax|orgasm)|(?:i|he|she"
        rf"|they) climaxed",
        r"(?:hard|harder|throbbing|stiff|erect|swollen|rock hard) (?:\w+ )?(?:member|manhood|shaft|cock|dick|penis"
        r"|length)",
        rf"(?:ripped|tore|pulled|slid|took|yanked|peeled) (?:off|down|away|aside) {_HIS} (?:\w+ )?(?:panties|bra"
        rf"|underwear|thong|boxers)",
        rf"(?:squeez|suck|lick|bit|biting|strok|grop|fondl|caress|cupp|kiss|grabb|rubb|pinch|massag"
        rf"|knead)\w* (?:on )?{_HIS} (?:\w+ ){{0,2}}?{_PART}",
        rf"(?:lick|suck|eat|ride|fuck|smash|taste) (?:on )?(?:your|my|that) (?:\w+ )?(?:{_PART}|d)",
        rf"(?:fingered|fingering|fisted) (?:{_HIM}|herself|himself|myself)",
        rf"(?:suck|sucked|sucking|sucks|jerk|jerked|jerking|get|got|getting) {_HIM} off(?! (?:the|his|her|my|a|with"
        rf"|guard|to|at|of))",
        rf"bent {_HIM} over (?:\w+ ){{0,4}}?(?:behind|took|entered|spank)",
        rf"(?:took|taking|entered|fucked|pounded) {_HIM} from behind(?! (?:the|a|his|her|bars))",
        rf"(?:unzip|unbutton|undo|undid)\w* {_HIS} (?:\w+ )?(?:trousers|pants|fly|jeans)(?: \w+){{0,8}} (?:blow|knees"
        rf"|mouth|suck|hard|erection)",
        r"(?:blow|suck) me(?: \w+){0,6} (?:unzip|unbutton|trousers|pants|jeans|cock|dick)\w*",
        r"(?:wanna|want to|lets|can we|let us|we should|shall we) (?:\w+ ){0,2}?(?:sext|have sex|fuck|hook up"
        r"|have sexy time|get naked|make out naked)"
        r"(?: with me| right now| now| tonight)?",
        r"(?:send|show|post|dm|text) (?:me |us |him |her )?(?:\w+ ){0,3}?(?:nudes|dick pics?|pics? of (?:your"
        r"|ur) (?:boobs|tits|ass|dick|body|pussy)"
        r"|(?:nude|naked|topless) (?:pics?|photos?|selfies?)|(?:your|ur) (?:boobs|tits|ass|dick|pussy))",
        r"dick pics?",
        rf"{_HIS} (?:wet|slick|dripping) (?:\w+ )?(?:folds|slit|heat|core|pussy|hole|entrance)",
        r"moan(?:s|ed|ing)? (?:\w+ ){0,3}?(?:as|while|when) (?:he|she|they|i) (?:\w+ )?(?:entered|licked|sucked"
        r"|thrust|stroked|touched|fingered|rode|pounded)",
    )
)
_GOODS = (
    r"(?:(?:pipe |nail |car |dirty |time |home ?made )?(?<!bath )(?<!photo )(?<!glitter )(?<!water )(?<!stink )bombs?"
    r"|explosives|molotov|grenades?"
    r"|napalm|thermite|meth"
    r"|methamphetamines?|crack cocaine|cocaine|heroin|lsd|mdma|ecstasy|fentanyl|nerve (?:gas|agent)|sarin|ricin"
    r"|anthrax|mustard gas|chlorine gas"
    r"|chloramine|ghost guns?|silencers?|poison gas|date rape drugs?)"
)
_MAKE = (
    r"(?:make|making|build|building|cook|cooking|synthesi[sz]e|create|produce|construct|assemble|manufacture|mix|brew"
    r"|grow|extract)"
)
_THEN = r"(?:at|in|with|using|from|out|that|which|and|or|to|without|of|on|step|you|by|so|like|myself|yourself)"
"""What may stand behind a thing that is made; a noun there would make it another thing."""
_MANUAL = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^ (?:\w+ ){{0,6}}?(?:how (?:to|do i|do you|can i|would i|you)|ways? to|steps? to|recipe (?:for|to)"
        rf"|guide to|instructions? (?:for|to|on))"
        rf" (?:\w+ ){{0,2}}?(?:{_MAKE} )?(?:\w+ ){{0,4}}?{_GOODS} (?:$|{_THEN} )",
        rf"\b(?:step \d|you (?:will |ll )?need|first you|take \d|add \d)\b.{{0,200}}\b{_GOODS}\b",
        rf"\b{_GOODS}\b.{{0,200}}\b(?:step \d|you (?:will |ll )?need|first you)\b",
        r"^ (?:\w+ ){0,3}?mix (?:bleach|ammonia|chlorine) (?:and|with) (?:bleach|ammonia|acid|vinegar|chlorine)\b",
    )
)


def scenes(spoken: Spoken) -> Iterator[Category]:
    """`SEXUAL` and `HARMFUL`, if they are there."""
    for words in spoken.whole:
        if words.near("scene", _SEX):
            yield Category.SEXUAL
        if words.near("goods", _MANUAL):
            yield Category.HARMFUL
