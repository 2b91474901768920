"""Links and mentions, from outside. No address here belongs to anybody but to those who reserve it for examples."""

import itertools

import pytest

from core.filters.links import LinkFilter, leading_out
from core.moderation import Gate
from core.policy import Category, Decision, Policy, Rating
from core.text import hygienic

_NAMES = (
    "example.com",
    "a.example.org/x",
    "my-page.example.net",
    "discord.gg/abc123",
    "join.slack.com/t/fox/shared_invite/zt-1",
)
_SHAPES = (
    "{}", "https://{}", "http://{}", "hxxps://{}", "h**ps://{}", "HTTPS://{}", "see:{}", "({})", "<https://{}>",
    "[look](https://{})",
    "<https://{}|look>", "||{}||", "`{}`", "**{}**", "look at {}, quick", "//{}/x", "ftp://{}", "https:\\\\{}",
    "https :// {}",
    "www.{}",
)  # fmt: skip
_DISGUISES = {
    "fullwidth": lambda u: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in u),
    "ideographic dot": lambda u: u.replace(".", "。"),
    "one dot leader": lambda u: u.replace(".", "․"),
    "bracketed dot": lambda u: u.replace(".", "[.]"),
    "spelt dot": lambda u: u.replace(".", " dot "),
    "bracketed word": lambda u: u.replace(".", "(dot)"),
    "spaced dot": lambda u: u.replace(".", " . "),
    "per cent": lambda u: u.replace(".", "%2E"),
    "entity": lambda u: u.replace(".", "&#46;"),
    "zero width": "\u200b".join,
    "soft hyphen": lambda u: u.replace(".", "\u00ad.\u00ad"),
    "bold dot": lambda u: u.replace(".", "**.**"),
    "escaped dot": lambda u: u.replace(".", "\\."),
    "cyrillic": lambda u: u.replace("e", "е").replace("o", "о"),
    "bold letters": lambda u: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in u),
    "circled": lambda u: "".join(chr(0x24D0 + ord(c) - 97) if "a" <= c <= "z" else c for c in u),
    "upper": str.upper,
    "spoiler": lambda u: u.replace(".", "||.||"),
}
LINKS = [shape.format(name) for shape, name in itertools.product(_SHAPES, _NAMES)] + [
    disguise(name) for disguise, name in itertools.product(_DISGUISES.values(), _NAMES[:4])
]
ODD_LINKS = (
    "javascript:alert(1)", "data:text/html;base64,PHA+", "mailto:ann@example.org", "tel:+442079460018",
    "192.0.2.1:8080",
    "192.0.2.1/x", "http://192.0.2.1", "http://0x7f000001/", "http://[2001:db8::1]/", "xn--bcher-kva.example",
    "пример.рф",
    "münchen.de", "bit.ly/x1", "t.co/abc", "youtu.be/dQw4", "linktr.ee/fox", "wa.me/44207946",
    "discord.com/invite/abc", "dsc.gg/fox",
    "discord gg/abc1", ".gg/abcd1", "[x]: https://example.com", '<a href="https://example.com">x</a>', "<img src=x>",
    "localhost:3000", "story1.live/x", "foo.co.uk", "bar.com.au", "example.com.", "go to example.com?x=1",
    "slack://channel?id=C1",
    "discord://-/channels/1", "EXAMPLE.COM", "sub.sub.example.io", "fox-tales.club", "magnet:?xt=urn:btih:1",
)  # fmt: skip
CALLS = (
    "@everyone", "@here", "hey @EVERYONE!", "@channel", "<@123456789012345678>", "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>", "<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<!subteam^S012AB>",
    "<!subteam^S012AB|@team>",
    "<@U012AB3CD>", "<@W012AB|ann>", "<#C012AB3CD|general>", "</story add:123456789012345678>", "@\u200beveryone",
    "＠everyone",
    "<id:customize>", "@eve\u00adryone", "&lt;!channel&gt;", "**@**everyone",
)  # fmt: skip


def test_there_are_two_hundred_shapes() -> None:
    assert len({*LINKS, *ODD_LINKS, *CALLS}) >= 200


@pytest.mark.parametrize("text", [*LINKS, *ODD_LINKS])
def test_a_link_is_found_in_every_shape(text: str) -> None:
    assert Category.LINK in leading_out(hygienic(f"Then she said {text} to us"))


@pytest.mark.parametrize("text", CALLS)
def test_a_mention_is_found_in_every_shape(text: str) -> None:
    assert Category.MENTION in leading_out(hygienic(f"Then she said {text} to us"))


@pytest.mark.parametrize(
    "text",
    [
        "e.g. this, i.e. that, etc. And so on.",
        "It was 3.14 at 10.30 a.m. on 24.11.2026, v1.2.3.",
        "Mr.Smith went to St.Petersburg.",
        "the end.Then she went home.so did he.",
        "He left.In the morning.It was cold.No one.To be.Me.",
        "Wait...what?Yes.But...no.",
        "The U.S. and the U.K., A.D. 1066, J.R.R. Tolkien's.",
        "She wrote and/or said: either/or; 1/2; he/she.",
        "“Stop!”she said.“Go.”And he went.",
        "She met @fox in the wood, at home, <3 :) >:( [sic] (see p. 3).",
        "The file was story.txt, then notes.md and run.py.",
        "Ratio 3:4, at 12:30:15, Genesis 1:3.",
        "everyone is here, channel by channel",
        "*softly* **no** ~~never~~ ||secret|| `code`",
        "“I…”—“You?”—“We.”",
        "connect the dot com moment",
        "a < b and c > d; x|y",
        "他说。然后走了。好的。",
        "Он сказал.Потом ушёл.",
        "",
    ],
)
def test_ordinary_writing_leads_nowhere(text: str) -> None:
    assert list(leading_out(hygienic(text))) == []


@pytest.mark.parametrize("rating", Rating)
async def test_links_are_stopped_under_every_rating_in_long_texts_too(rating: Rating) -> None:
    gate = Gate([LinkFilter()])
    for text in ("see example.com", "All was well. " * 1000 + "see example.com"):
        verdict = await gate.judge(text, Policy(rating))
        assert verdict.decision is Decision.BLOCK
        assert verdict.reasons == ("link",)
