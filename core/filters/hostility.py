"""Cruelty without a listed word: contempt for a group of people (HATE), and for somebody who reads it (BULLYING).

It looks for forms of sentences, in the present tense and outside quotation marks: a group *is* vermin, *should* be
shot; *I* hate them all; nobody would miss *you*. What somebody in a story said, or who denies or condemns it, is not
meant. English only. It cannot understand: who is cruel in other words is not found. A model's filter stands beside it.
"""

import re
from collections.abc import Iterator

from core.filters.spoken import Spoken, Words, condemns
from core.policy import Category

_OF = (
    r"(?:black|white|brown|asian|chinese|mexican|latino|hispanic|african|arab|jewish|muslim|islamic|christian|catholic"
    r"|hindu|gay|lesbian|bisexual|queer|homosexual|trans|transgender|transgendered|transsexual|disabled|handicapped"
    r"|autistic|deaf|blind|indigenous|native|aboriginal|romani|gypsy|turkish|polish|pakistani|indian|foreign|immigrant"
    r"|coloured|colored|female|fat|poor|homeless|old)"
)
_GROUP = (
    rf"(?:{_OF} (?:people|persons|folks?|men|women|kids|children|girls|boys|families|lives)|women|females|blacks|asians"
    r"|mexicans|latinos|hispanics|africans|arabs|jews|muslims|moslems|christians|catholics|hindus|sikhs|immigrants"
    r"|migrants|refugees|foreigners|asylum seekers|gays|lesbians|homosexuals|bisexuals|queers|transgenders|transsexuals"
    r"|cripples|the disabled|the handicapped|gypsies|indians|pakistanis|turks|(?:people|kids|men|women) with"
    r" (?:disabilities|autism|down syndrome))"
)
_ONE = rf"(?:{_OF} (?:person|man|woman|girl|boy|kid|child)|woman|jew|muslim|moslem|immigrant|migrant|refugee|foreigner)"
_ALL = (
    r"(?:(?:all|every|each|any|these|those|the|that|this|you|of|your|a|an|most|such|other|more|next|single|fucking"
    r"|damn|bloody|filthy|dirty|stupid) ){0,4}"
)
_ANY = rf"{_ALL}(?:{_GROUP}|{_ONE})s?"
_THEY = rf"{_GROUP}(?: (?:like|such as) (?:you|them|him|her))?(?: around here)?"
_VILE = (
    r"(?:vermin|scum|filth|filthy|trash|garbage|rubbish|dirt|refuse|waste|animals|beasts|rats?|pigs?|cockroach(?:es)?"
    r"|parasites?|leeches|maggots?|lice|insects?|monkeys|apes|plague|disease|cancer|virus|burden|menace|curse|threat"
    r"|subhumans?|savages|barbarians|freaks?|perverts?|degenerates?|abominations?|criminals?|terrorists?|thieves"
    r"|rapists?|liars|whores|sluts|idiots|morons|imbeciles|stupid|dumb(?:est)?|brainless|ignorant|lazy|dirty|smelly"
    r"|disgusting|repulsive|revolting|repugnant|despicable|sickening|pathetic|worthless|useless|inferior|lesser|evil"
    r"|wicked|vile|violent|cruel|dishonest|greedy|sneaky|ugly|hideous|horrible|awful|worst|gross|unnatural|weak"
    r"|primitive|uncivili[sz]ed|retarded|less than human|subhuman|beneath us|taking over|ruining|destroying|to blame)"
)
_VERY = (
    r"(?:(?:all|just|so|such|really|truly|nothing|but|more|than|like|a|an|the|simply|complete|total|utter|bunch|kind"
    r"|sort|of|pretty|too|very|always|most|common|human|fucking|damn|bloody|little|\w+ly|literally|every|one|them"
    r"|and|absolute) ){0,6}"
)
_ARE = (
    r"(?:are|re|r|is|s|seem|look|act|smell|were born|can be|will always be|have always been"
    r"|cant stop (?:themselves )?(?:from )?being|cant help being)"
)
_HATE = r"(?:hate|loathe|despise|detest|abhor|cant stand|cannot stand|cant bear|am sick of|m sick of|im sick of)"
_GONE = (
    r"(?:kill|killed|shot|hang|hanged|hung|burn|burned|burnt|gassed|exterminat\w+|eradicat\w+|eliminat\w+|wiped out"
    r"|deported|locked up|locked away|put down|put in camps?|beaten|raped|tortured|banned|steri\w+|die|suffer|rot"
    r"|exist|disappear|dumped|stoned|lynched|executed|slaughtered|enslaved|punished|whipped|drowned|go back|perish"
    r"|castrated|have no rights?|have rights?|be allowed to (?:live|vote|breed|exist))"
)
_KILL = (
    r"(?:kill|shoot|murder|hang|burn|gas|exterminate|eradicate|eliminate|wipe out|slaughter|lynch|stab|bomb|deport"
    r"|get rid of|rid the world of|put an end to|beat up|attack|torture|hurt|rape|destroy|end|drown|enslave|send)"
)
_WE = r"(?:i|we|im|ill|id|lets|let us|you should|people should|somebody should|someone should|they should|please)"
_HATEFUL = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_THEY} {_ARE} {_VERY}{_VILE}\b",
        rf"\b{_THEY} (?:all |\w+ \w+ and )?(?:should|must|ought to|need to|deserve to|deserve|dont deserve to"
        rf"|would be better"
        rf"|shouldnt|should not) (?:(?:all|just|be|get|to|really|not|have|been|never|even) ){{0,4}}{_GONE}\b",
        rf"\b(?:i|we) (?:(?:\w+ly|just|so|fucking|do|have come to) ){{0,3}}{_HATE} {_ANY}\b(?! (?:who|that|on|s|in))",
        rf"\b(?:disgusted|sickened|repulsed|revolted) by {_ANY}\b",
        rf"\b(?:hatred|contempt|disgust|hate) (?:\w+ ){{0,3}}for {_ANY}\b",
        rf"\b{_THEY} (?:make|makes) me (?:\w+ )?(?:sick|vomit|puke)\b",
        rf"\bfind {_ANY} {_VERY}{_VILE}\b",
        rf"\bonly {_THEY} (?:can|could) be (?:that|so|this) {_VILE}\b",
        rf"\btypical (?:of|for) {_ANY}\b.{{0,40}}\b{_VILE}\b",
        rf"\b{_WE} (?:(?!never|not|dont|wouldnt|didnt|wont)\w+ ){{0,6}}{_KILL} (?:all|every|each|any|these|those"
        rf"|the next|that|you|a) {_ANY}\b",
        rf"^ (?:\w+ )?{_KILL} (?:all|every|each|any|these|those|the|you)? ?{_ANY}\b",
        rf"\b(?:i|we) (?:want|wish|hope|would love|d love) (?:to (?:see )?)?{_ANY} (?:\w+ ){{0,3}}{_GONE}\b",
        rf"\bmake {_ANY} suffer\b",
        rf"\b(?:nothing but|just|another|such) (?:a )?(?:common )?{_OF} (?:trash|scum|filth|garbage|rat|pig|vermin)\b",
        rf"\brights (?:should not|shouldnt|do not|dont|must not) apply to {_ANY}\b",
        rf"\b{_THEY} (?:should have no|dont deserve|do not deserve|deserve no|have no) (?:\w+ )?"
        r"(?:rights?|respect|place|life|sympathy|mercy)\b",
        rf"\b(?:no|not any) (?:compassion|respect|sympathy|mercy|empathy) (?:\w+ ){{0,3}}for {_ANY}\b",
        rf"\b{_THEY} (?:are|can|could) never (?:be )?(?:\w+ ){{0,4}}"
        r"(?:smart|intelligent|attractive|trusted|equal|human|good|clever|honest)\b",
        rf"\b(?:smarter|more intelligent|better|cleaner) than (?:any|all|every|those|these|most) {_ANY}\b",
        rf"\bnothing (?:is )?(?:\w+ )?(?:worse|lower|more \w+) than (?:a |an |these |those )?{_ANY}\b",
        rf"\b{_THEY} (?:\w+ ){{0,12}}?(?:and|but)? ?i (?:\w+ ){{0,2}}?{_HATE} (?:them|every|all of them|their kind)\b",
        rf"\b{_THEY} (?:\w+ ){{0,12}}?(?:they are|theyre|them are|you are|youre|about them|about you) {_VERY}"
        rf"(?:{_VILE}|disgusts?)\b",
        rf"\b{_THEY} belong (?:in|on|behind) (?:the|a) (?:kitchen|zoo|cage|cages|jungle|camp|camps|stove|landfill)\b",
        rf"\b{_THEY} (?:dont|do not) belong (?:here|in (?:our|this|my))\b",
        r"\b(?:hitler|the nazis|the kkk|the klan|mussolini) (?:did nothing wrong|was right|were right|did it right)\b",
    )
)
_REPORTED = re.compile(
    r"\b(?:no|not|never|dont|doesnt|didnt|without|nobody|nor|neither|stop|against|say|says|said|saying|claim\w*"
    r"|believes?"
    r"|believing|thinks|thinking|call(?:s|ed|ing)?|treats?|told|tells?|telling|heard|hears?|write|writes|wrote|writing"
    r"|posts?|comments?|statements?|threats?|threatening|things|stuff|lies|shouted|cried|swore|thought|whether|if|why"
    r"|idea|wrong|myth|your|his|their|people who|those who|anyone who|somebody who|someone who"
    r"|suggest\w*) (?:\w+ ){0,4}$"
)
_MEANT = re.compile(
    r"\b(?:i (?:(?!never|dont|didnt)\w+ )?(?:think|believe|say|said|find|swear)|obvious that|not obvious that"
    r"|no wonder) (?:\w+ ){0,4}$"
)
_CRUEL = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        r"(?:you|u|ya) (?:all )?(?:should|need to|deserve to|must|ought to|better|shouldve) (?:(?:just|all|really|go"
        r"|be|get"
        r"|to|have|already) ){0,4}(?:die|dead|drop dead|jump off (?:a|the) (?:bridge|roof|cliff|building)|hang yourself"
        r"|kill yourself|disappear forever|not exist|never been born|rot in hell|been aborted)",
        r"(?:i|we|everyone|everybody) (?:\w+ )?(?:hope|hopes|wish|wishes|pray|prays) (?:that )?(?:you|u|ya) (?:(?:all"
        r"|will|would|just"
        r"|both|get|fucking|could) ){0,4}(?:die|dead|cancer|raped|killed|burn|rot|run over|hit by a|never been born"
        r"|were (?:dead|never born))(?! (?:of|with) (?:laugh|happi|old))",
        r"(?:no one|noone|nobody) (?:here |will |would |will ever |would ever |even |really |d ){0,2}(?:miss you"
        r"|care if (?:you|u)"
        r"|cares if (?:you|u)|likes (?:you|u)|wants (?:you|u) (?:here|around|in))",
        r"(?:everyone|everybody|we all|all of us|the whole class|the whole school) (?:\w+ ){0,4}?(?:hates?|despises?"
        r"|loathes?) (?:you|u)",
        r"(?:world|we|everyone|everybody|class|school|server|group|place) (?:\w+ ){0,4}?better (?:off "
        r"|place )?without (?:you|u)",
        r"(?:mom|mum|mother|parents) (?:should have|shouldve|should of) (?:\w+ )?aborted (?:you|u)",
        r"(?:eat shit and die|go hang yourself|go drown yourself|go kill yourself|drop dead|rot in hell)",
        r"(?:you|u|you re|youre|your|ur|you are|u r) (?:(?:such|so|just|nothing|but|a|an|the|fucking|really|total"
        r"|absolute) ){0,4}"
        r"(?:worthless (?:\w+ )?(?:sack|piece|bitch|loser|human|waste|pig|scum|trash|shit|and (?:should|nobody"
        r"|everyone))|waste of (?:space|air|oxygen|life"
        r"|skin)|piece of (?:trash|shit|garbage|crap|filth)|retarded)",
        r"(?:everyone|everybody|nobody|no one|noone|we all) (?:in|at|from|on) (?:\w+ )?(?:our|my|this|the) (?:class"
        r"|school|grade|team"
        r"|server|group|channel|chat) (?:\w+ ){0,2}?(?:hates?|thinks?|likes?|knows?|laughs?)(?: at)? (?!me|us|it|that"
        r"|the|this|my|our)\w+",
        r"(?:everyone|everybody) (?:in|at|from) \d?\w{1,3} (?:hates?|thinks (?:you|\w+ (?:is|are)) )",
        r"from (?:our|my|this) (?:class|school|grade|street|team) is (?:a|an|such a|so|the) (?:\w+ ){0,3}?(?:slut"
        r"|whore|pig|freak"
        r"|loser|ugly|fat|bitch|retard|cow|psycho|liar|disgusting|pathetic)",
        r"(?:leave|quit) (?:the|this|our) (?:school|class|server|channel|group) already",
    )
)


def hostilities(spoken: Spoken) -> Iterator[Category]:
    """`HATE` and `BULLYING`, if they are there."""
    for words in spoken.own if any(map(str.isalpha, spoken.outside)) else spoken.whole:
        if _hateful(words):
            yield Category.HATE
        if words.near("cruel", _CRUEL):
            yield Category.BULLYING


def _hateful(words: Words) -> bool:
    return bool(words.hints["group"]) and not condemns(words.text) and words.near("group", _HATEFUL, _is_meant)


def _is_meant(match: re.Match[str]) -> bool:
    """Whether the words before a match do not show that somebody else says it, or that it is denied."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    return not _REPORTED.search(before) or bool(_MEANT.search(before))
