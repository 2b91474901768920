"""The filter `danger`: signs that somebody real may be in danger or is being hurt, found without a model.

Precise rather than greedy. It looks for a writer who says of themselves, now, that they want to die or hurt themselves
(CRISIS); a writer who announces violence to somebody with a place or time of real life (THREAT); sexual words beside a
child's age or name for a child (MINORS): English and Chinese, also in disguise. In English also for what the modules
`hostility` (HATE, BULLYING) and `scenes` (SEXUAL, HARMFUL) know.

What it cannot do: understand. A character's line is told from the writer's only by quotation marks, and the past tense
of a narrator is taken for a story; who speaks in hints, in other words or languages, or of somebody else, is not found,
and a narrator in the present tense may be taken for the writer. A model's filter and people stand beside it.
Nothing of any text is kept or logged.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterator

from core.filters.disguise import unleeted, unspaced, untagged
from core.filters.hostility import hostilities
from core.filters.scenes import scenes
from core.filters.shapes import folded
from core.filters.spoken import Spoken
from core.policy import ALLOWED, Category, Policy, Verdict
from core.text import sentences

_NO_WORD = re.compile("[^a-z0-9]+")
_MIXED = re.compile(r"\b[a-z]+[0-9@$!]+[a-z0-9@$]*[a-z]")
_APOSTROPHES = re.compile("['’`´]")
_SEXUAL_HINTS = (
    "sex", "erotic", "porn", "nude", "naked", "lewd", "hentai", "lingerie", "arous", "orgasm", "masturbat",
    "ejaculat", "blow", "hand", "fellatio", "cunnilingus", "genital", "penis", "vagina", "nipple", "clit", "cum",
    "cock", "pussy", "dick", "fuck", "seduc", "undress", "moan", "love", "sleep with", "deflower", "grop", "fondl",
    "striptease", "private part", "privates", "lust", "got hard", "between her legs", "between his legs",
)  # fmt: skip

_SO = (
    r"(?:(?:really|just|literally|honestly|seriously|actually|still|so|do|only|truly|kinda|kind of|sort of"
    r"|also|always|often|sometimes|even|now|badly) ){0,3}"
)
_WANT = (
    rf"(?:(?:i|im|i am|ive|i have|ill|id) {_SO}(?:want to|wanna|want|wanting to|need to|going to|gonna|about to"
    rf"|will|plan to|planning to"
    r"|planning on|decided to|feel like|think about|thinking about|thinking of|keep thinking about"
    r"|cant stop thinking about|think i should"
    r"|think i will|think ill|think im going to|think im gonna|ready to|want it to end and|wish i could|trying to"
    r"|try to|considering|tempted to)"
    rf"|(?:ill|imma|i might|i should|i could|i may) {_SO}(?:just|go|probably)?) (?:(?:just|really|go|to|and|about"
    rf"|of|all) ){{0,2}}"
)
_IM = r"(?:i am|im|i m)"
_HARM = (
    r"(?:kill(?:ing)?|hurt(?:ing)?|cut(?:ting)?|harm(?:ing)?|hang(?:ing)?|drown(?:ing)?|shoot(?:ing)?|starve"
    r"|starving|burn(?:ing)?|unalive"
    r"|poison(?:ing)?|end(?:ing)?|off(?:ing)?|stab(?:bing)?) (?:myself|my self|me)(?! (?:off|short|a|some|from"
    r"|the|out|into|away|laughing|shaving|by accident|with laughter))"
)
_END = (
    r"(?:(?:take|taking|end|ending) (?:my (?:own )?life|it all|my suffering)|(?:commit|committing) suicide"
    r"|jump(?:ing)? off (?:a|the|this) (?:bridge|roof|building|cliff)"
    r"|overdose|slit(?:ting)? my (?:wrists?|throat)|cut(?:ting)? my (?:wrists?|arms?|thighs?|legs?)|be dead"
    r"|stop existing|not (?:be here|be alive|exist|live|wake up)"
    r"|(?:die|dying)(?! (?:of|from|in|for|a|as|like|on|with|happy|free|old|trying|laughing|by|hard|another|to|at"
    r"|inside|here with|your|my|the|his|her|down|out|away|off)))"
)
_CRISIS = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        rf"{_WANT}(?:{_HARM}|{_END})",
        rf"{_IM} {_SO}(?:suicidal|going to kms|gonna kms|cutting myself|hurting myself|self harming"
        rf"|starving myself|going to end it)",
        r"(?:i|im|ill|imma) (?:\w+ ){0,3}kms",
        r"i (?:\w+ )?(?:dont|do not|no longer|never) (?:\w+ ){0,2}(?:want|wanna|wish|deserve) (?:to )?(?:live"
        r"|be alive|exist|be here|wake up|go on living)(?: anymore| any more| any longer)?(?! (?:with|in|on|at"
        r"|near|like|under|by|there|a|to|for|the))",
        r"i (?:\w+ )?wish (?:that )?i (?:was|were|had been|would be|d be) (?:dead|never born"
        r"|not alive)(?! (?:tired|serious|wrong|right))",
        r"i wish i (?:had never been|hadnt been|wasnt) (?:born|alive)",
        r"i (?:have|see|ve) (?:got )?(?:no|nothing|not a) (?:\w+ )?(?:reason|left)? ?to live(?: for)?(?: anymore"
        r"| any more)?(?! (?:in|with|on|here|there))",
        r"(?:everyone|everybody|they|the world|my family|my parents|you) (?:all )?(?:would be|will be|d be|are|is"
        r"|ll be) better off (?:without me|if i (?:was|were) (?:dead|gone)|when i m (?:dead|gone))",
        r"(?:no one|noone|nobody) (?:would|will|d) (?:\w+ )?(?:care|miss me|notice) if i (?:died|die|was dead"
        r"|were dead|killed myself|was gone|disappeared)",
        r"i (?:have |ve |just )?(?:took|taken|swallowed) (?:a lot of|all (?:of )?(?:my|the)|too many|a bottle of"
        r"|the whole bottle of) (?:\w+ )?(?:pills|tablets|sleeping pills|painkillers|meds)",
        r"(?:i|ive|i have) (?:cut|hurt|harm|burn|been cutting|been hurting|been burning"
        r"|started cutting) myself (?:again|every|all the time|on purpose|to feel|when|because|so|last night"
        r"|today|at night|tonight|whenever|for months)",
        r"(?:this is my (?:suicide note|last goodbye)|i wrote (?:a|my) suicide note|i wont be (?:alive"
        r"|here) (?:tomorrow|anymore|after tonight))",
        r"i (?:tried|attempted) (?:to (?:kill myself|end my life|commit suicide)|suicide) (?:last|yesterday|today"
        r"|tonight|this|again|before|and|once|twice)",
        rf"{_IM} {_SO}(?:gonna|about to|ready to) end it(?! with)",
        r"(?:i have|ive|i ve|i got|have) (?:got )?(?:the|my|a|enough) (?:\w+ )?(?:pills|tablets|rope|noose|razor"
        r"|blades?)"
        r" (?:ready|here|in my hand|next to me|in front of me)",
        rf"(?:on|at) (?:the|a) (?:edge|bridge|roof|ledge|railway|tracks) and {_IM} {_SO}(?:going to|gonna"
        rf"|about to) jump",
        r"how (?:many|much) (?:\w+ ){1,4}(?:do i (?:need|take|have to take)|should i take|does it take|would it take"
        r"|will)"
        r" (?:to )?(?:overdose|die|od|kill me|kill myself|be fatal|not wake up)",
        r"(?:best|easiest|quickest|fastest|painless|easy|quick|least painful) way to (?:kill (?:your|my|one)self|die"
        r"|commit suicide|end (?:my|your) life|overdose)",
        r"i (?:cant|can not|cannot) (?:do this|go on|take it|take this|live like this)(?: any ?more| any longer)?"
        r"(?: \w+){0,8} (?:stop forever|end forever|be over forever|die|be dead|not wake up)",
        r"(?:my last|last) (?:message|goodbye)(?: \w+){0,6} (?:wont|will not|not going to) (?:be here|be alive|see)",
        r"i (?:keep|cant stop) (?:hurting|cutting|harming|burning|starving) myself",
        r"i (?:starve|am starving|hurt|cut|harm|burn) myself (?:so|to) (?:that )?(?:i|be|feel|become|get)",
        r"(?:see|feel like there is|feel like theres|there is|theres) no (?:reason|point) (?:\w+ )?(?:to|in|of)"
        r" (?:go on |keep |keep on |going on )?(?:live|living|being alive|existing)(?: anymore| any more)?(?! (?:in"
        r"|with|on|here|there))",
        r"i (?:hate|cant stand|cant take) (?:my life|myself|living|being alive) (?:\w+ ){0,4}(?:want to die"
        r"|wanna die|to be dead|kill myself|end it)",
    )
)  # fmt: skip
_CRISIS_CHINESE = re.compile(
    "我(?:真的|好|很|就|现在|現在|只|都|已经|已經){0,2}(?:想|要|想要|打算|准备|準備|决定|決定)(?:去)?"
    "(?:自杀|自殺|自尽|自盡|自残|自殘|轻生|輕生|跳楼|跳樓|割腕|上吊|死了算了|死掉|结束(?:自己的|我的)?生命|結束(?:自己的|我的)?生命|一死了之)"
    "|我(?:真的|已经|已經)?(?:不想活|活不下去|不想再活)|我(?:真的|好|很){0,2}想死(?:了|$|[。！，,!…])"
    "|我(?:在|又|经常|經常|每天)?(?:自残|自殘|割腕)了?"
    "|我(?:活着|活著)(?:没意思|沒意思|没有意义|沒有意義)|(?:没有|沒有)我.{0,4}(?:会|會)更好"
)

_YOU = (
    r"(?:you|u|ya|your (?:\w+ )?(?:face|family|mom|mum|mother|dad|father|sister|brother|parents|head|legs?"
    r"|arms?|neck|teeth|bones|ribs|nose|skull)|your (?:\w+ )?(?:friend|cousin|teacher|child|children|kids)"
    r"|my (?:\w+ )?(?:teacher|classmates?|principal|headmaster|boss|neighbou?r)|mr \w+"
    r"|mrs \w+|ms \w+|everyone|everybody|all of (?:you|them)|that kid|them all)"
)
_WILL = (
    rf"(?:i|we) {_SO}(?:will|ll|am going to|m going to|are going to|re going to|am gonna|m gonna|gonna"
    rf"|swear i will|swear ill|swear to god i will|promise i will|want to|am coming to|m coming to|plan to"
    rf"|am planning to)|\b(?:ill|imma|im gonna|im going to|im coming to|im planning to|gonna|we re gonna|well)"
)
_DO = (
    r"(?:kill|murder|hurt|stab|shoot|beat(?: up| the)?|punch|strangle|choke|burn|attack|jump|smash|break|bash"
    r"|knife|gut|slit|rape|break into|destroy|bring a (?:gun|knife))"
)
_REAL = (
    r"(?:after school|before school|at school|in school|to school|outside (?:the )?school|in (?:the )?class"
    r"|in real life|irl|at your house|to your house|your house|where you live|your address"
    r"|at recess|at lunch|on the bus|bus stop|when you (?:get|walk|go) home|on your way home|on (?:monday|tuesday"
    r"|wednesday|thursday|friday)|tomorrow(?! never)|at work|in the parking lot|playground"
    r"|not (?:a joke|joking|kidding)|isnt a joke|for real|no joke|watch your back|when school is over|goes to school)"
)
_THREATS = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        rf"(?:{_WILL}) (?:\w+ ){{0,8}}?{_DO} (?:\w+ ){{0,4}}?{_YOU}(?! at (?!school)) (?:\w+ ){{0,12}}?{_REAL}",
        rf"{_REAL} (?:\w+ ){{0,8}}?(?:{_WILL}) (?:\w+ ){{0,8}}?{_DO} (?:\w+ ){{0,4}}?{_YOU}",
        rf"(?:{_WILL}) (?:find|get|catch|wait for|be waiting for|hunt|come for|follow"
        rf"|track) you (?:\w+ ){{0,8}}?{_REAL} (?:\w+ ){{0,8}}?(?:{_DO}|knife|gun|bat|regret|pay|dead)",
        rf"you (?:are|re|r) (?:so |gonna be |going to be )?(?:dead|done|dead meat) (?:\w+ ){{0,5}}?{_REAL}",
        rf"youre (?:so |gonna be |going to be )?(?:dead|dead meat) (?:\w+ ){{0,5}}?{_REAL}",
        r"i know (?:where (?:you|ur|your family) (?:live|lives|go to school)|your (?:home )?address)(?: and| so"
        r"| ill| im| i)? (?:\w+ ){0,8}?(?:kill|hurt|come|coming|find|get|visit|burn|sorry|regret)",
        rf"(?:{_WILL}) (?:\w+ ){{0,6}}?(?:shoot up|blow up|bomb|burn down|bring (?:\w+ ){{1,3}}?(?:gun|knife|bomb"
        rf"|rifle|pistol|weapon) to) (?:(?:the"
        rf"|my|our|this|your) )?(?:school|class|classroom|office|church|mosque|synagogue|house)",
        r"watch your back (?:\w+ ){0,4}(?:dead|school|tomorrow|kill|coming|regret)",
        rf"(?:{_WILL}) find out where (?:\w+ ){{1,4}}?(?:lives?|goes? to school|works?) (?:\w+ ){{0,4}}?{_DO}",
        rf"you d better not (?:come|show|go) (?:\w+ ){{0,6}}?or (?:{_WILL}) (?:\w+ ){{0,2}}?{_DO} (?:\w+ ){{0,4}}?you",
        rf"youd better not (?:come|show|go) (?:\w+ ){{0,6}}?or (?:{_WILL}) (?:\w+ ){{0,2}}?{_DO} (?:\w+ ){{0,4}}?you",
        r"(?:somebody|someone|we|i|you|they) (?:should|must|need to|ought to|will|have to|want to"
        r"|am going to) (?:\w+ )?"
        r"(?:shoot|kill|assassinate|murder|poison) the (?:\w+ )?(?:president|prime minister|chancellor|mayor|pope)",
        rf"(?:{_WILL}) (?:\w+ ){{0,3}}?{_DO} (?:you|my (?:teacher|classmates?)) (?:\w+ ){{0,3}}?(?:irl"
        rf"|in real life|for real|not joking|no joke)",
    )
)  # fmt: skip
_THREATS_CHINESE = re.compile(
    "放[学學](?:后|後|以后|以後)?.{0,8}(?:打死|弄死|砍|捅|揍死|杀|殺)[了死]?你"
    "|(?:我|老子)(?:会|會|要|一定|明天|放学|今天|去){1,3}.{0,6}(?:杀|殺|弄死|打死|砍死|捅死)[了死]?你(?:全家|们|們)?.{0,10}(?:学校|學校|教室|放学|放學|明天|你家|真的)"
    "|(?:明天|在学校|在學校|去你家).{0,8}(?:杀|殺|弄死|打死|砍死|捅死)[了死]?你|(?:杀|殺)(?:了)?你全家|我知道你(?:家)?住(?:在)?(?:哪|哪里|哪裡|那).{0,12}(?:杀|殺"
    "|死|找你|弄|小心)"
)

_AGES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|1[0-7]|[1-9]"
)
_YOUNG = re.compile(
    rf"\b(?:(?:{_AGES}) ?(?:years?|yrs?|y) ?(?:old|o)\b|(?:{_AGES}) ?yo\b|aged? (?:{_AGES})\b|(?:is|was|am|im|only"
    rf"|just|turned|be) (?:{_AGES}) (?!times|hours|minutes|days|weeks|of|feet|miles|men|women|dollars|people"
    rf"|or more|in)"
    r"|under ?age|minors?\b(?! (?:injur|detail|problem|issue|key|wound|league|offen))|pre ?teens?\b"
    r"|child(?:ren)?\b|little (?:girl|boy|kid)s?\b|school ?(?:girl|boy)s?\b|toddlers?\b"
    r"|(?:young|small|tiny|teen|teenage|teenaged) (?:girl|boy|daughter|son|kid|student)s?\b|kids?\b|(?:first"
    r"|second|third|fourth|fifth|sixth|seventh|eighth|ninth) graders?\b|lolis?\b|shotas?\b)"
)  # fmt: skip
_GROWN = re.compile(
    r"\b(?:years? ago|children s (?:book|home|hospital)|adult children|inner child|their children|have children"
    r"|having children|child ?birth|birth of)\b"
)
_SEXUAL = re.compile(
    r"\b(?:ha(?:d|ve|ving|s) (?:\w+ )?sex|sex (?:with|slave|scene|toy|tape|act|doll)s?|anal sex|oral sex|sexy"
    r"|sexual (?:act|acts|desire|desires|pleasure|fantasy|fantasies|relationship|relations|content|scene"
    r"|intercourse|encounter|roleplay)"
    r"|sexually (?:arous\w+|excit\w+|explicit|attracted|active)|sexualiz\w+|sexualis\w+|erotic\w*|porn\w*|nudes"
    r"|nude (?:pics?|photos?|pictures?|selfies?)|naked (?:pics?|photos?|pictures?)|lewd\w*|hentai|lingerie"
    r"|aroused|arousal|orgasm\w*|masturbat\w+|ejaculat\w+|blow ?jobs?|hand ?jobs?|fellatio|cunnilingus|genitals?"
    r"|penis|vagina|nipples?|clit\w*|cum|cumming|cock|pussy|dick|fuck(?:s|ed|ing)?|seduc(?:e|ed|es|ing)"
    r"|undress(?:es|ed|ing)? (?:her|him|them) (?:slowly|sensually)|moan(?:s|ed|ing)? (?:in|with) pleasure"
    r"|make love|made love|making love|sleep with (?:her|him|a child|children|kids)|deflower\w*|grope[ds]?"
    r"|groping|fondl\w+|striptease|private parts?|with lust|lustfully|lusted|got hard for"
    r"|touch(?:es|ed|ing)? (?:her|him|his|their) (?:breasts?|crotch|bottom|thighs?|privates)"
    r"|(?:hand|fingers?|mouth|face) between (?:her|his) (?:legs|thighs))\b"
)  # fmt: skip
_TAUGHT = re.compile(
    r"\b(?:sex(?:ual)? (?:education|abuse|assault|harassment|offen\w+|violence|exploitation|health)|protect\w*"
    r"|prevent\w*|abuse survivors?|illegal|crime|law|arrest\w*|convict\w*)\b"
)
_AT_ONCE = 2_000
_WINDOW = 20_000


class DangerFilter:
    """Finds what must alarm people, and whoever is cruel to others without a listed word."""

    name = "danger"

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; a long one in a thread."""
        if len(text) <= _AT_ONCE:
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now, text, policy)

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        found = tuple(dict.fromkeys(evidence(text)))
        return policy.verdict(found) if found else ALLOWED


def evidence(text: str) -> Iterator[Category]:
    """What the filter finds in `text`; a kind may come more than once."""
    spoken = Spoken(text)
    yield from _dangers(spoken)
    yield from hostilities(spoken)
    yield from scenes(spoken)


def _dangers(spoken: Spoken) -> Iterator[Category]:
    if not spoken.text.isascii():
        han = unspaced(spoken.outside)
        if _CRISIS_CHINESE.search(han):
            yield Category.CRISIS
        if _THREATS_CHINESE.search(han):
            yield Category.THREAT
    for words in spoken.own:
        if words.near("crisis", _CRISIS):
            yield Category.CRISIS
        if words.hints["place"] and words.near("threat", _THREATS):
            yield Category.THREAT
    if _abuses(spoken.text):
        yield Category.MINORS


def _any(words: str, hints: tuple[str, ...]) -> bool:
    return any(map(words.__contains__, hints))


def _abuses(text: str) -> bool:
    """Whether sexual words stand within two sentences of a child."""
    lower = text.lower()
    if text.isascii() and not _MIXED.search(lower) and not _any(lower, _SEXUAL_HINTS):
        return False
    whole = _shown(text)
    if not (_any(whole, _SEXUAL_HINTS) and _SEXUAL.search(whole) and _YOUNG.search(whole)):
        return False
    plain = list(map(_shown, sentences(text)))
    for index, sentence in enumerate(plain):
        both = sentence if index == 0 else f"{plain[index - 1]} . {sentence}"
        if _SEXUAL.search(both) and _YOUNG.search(both) and not _TAUGHT.search(both) and not _GROWN.search(both):
            return True
    return False


def _shown(text: str) -> str:
    plain = _MIXED.sub(lambda word: unleeted(word[0])[-1], folded(untagged(text)))
    return _NO_WORD.sub(" ", _APOSTROPHES.sub(" ", plain))
