"""What people may ask about themselves: to see everything that is kept, and to be forgotten."""

from dataclasses import replace

from core.erasure import Erasure
from core.errors import NotPossible
from core.forgetting import Person
from core.moderation import Cleared, own, phrase
from core.operation import Effect, Param, operation
from core.operations.replies import note, say
from core.reply import Attachment, Block, Reply, Shape
from core.session import Session
from core.wording import said

_KEEP, _REMOVE, _CONFIRM = "keep", "remove", "confirm"


@operation("mydata export", effect=Effect.READS)
async def mydata_export(session: Session) -> Reply:
    """Get a file with everything that is kept about you."""
    kept = await _erasure(session).kept(Person.of(session.turn))
    told = phrase("Everything that is kept about you is in this file. It is for you alone, and no copy is kept.")
    return Reply((note(told),), private=True, file=Attachment("mydata.json", kept), vouched=True)


@operation(
    "mydata delete",
    Param("passages", "Whether what you wrote stays, without your name", choices=(_KEEP, _REMOVE)),
    Param("confirm", "That you mean it; it cannot be undone", choices=(_CONFIRM,)),
    also="forget-me",
    example="/story mydata delete remove | confirm",
)
async def mydata_delete(session: Session, passages: Cleared, confirm: Cleared) -> Reply:
    """Be forgotten: your name goes from every story, and your passages too if you wish."""
    if not passages or not confirm:
        return Reply(_what_will_happen(), private=True)
    person = Person.of(session.turn)
    done = await _erasure(session).forget(person, remove=passages == _REMOVE)
    if not done.messages:
        return say(
            phrase(
                "You are forgotten. Messages that were posted before stay on the platform until you or a moderator "
                "deletes them there; I no longer know which of them were yours."
            ),
            private=True,
        )
    told = phrase(
        "You are forgotten. Messages of mine that show your words are being emptied now, one after the other "
        "({count}); I tell you here when that is done. What you wrote in a channel by yourself stays until you delete "
        "it there.",
        count=done.messages,
    )
    return replace(say(told, private=True), withdraws=_erasure(session).mac(person))


def _what_will_happen() -> tuple[Block, ...]:
    return (
        note(phrase("This cannot be undone, and it holds for every channel. Nothing has been changed yet.")),
        Block(
            Shape.ITEM,
            phrase("Your passages stay in the stories, by “a participant”; your name and id are removed."),
            own("/story mydata delete keep | confirm"),
        ),
        Block(
            Shape.ITEM,
            phrase("Your passages, titles and facts are removed too, in every version; “[…]” stands in their place."),
            own("/story mydata delete remove | confirm"),
        ),
        note(
            phrase(
                "Both remove what was kept back of yours and the words of your reports. What others wrote about you, "
                "what the storyteller made of your words, and the moderators' record of decisions stay. With remove, "
                "messages of mine that show your words are emptied, as far as I know them and may; with keep, they "
                "stay. What you wrote in a channel by yourself, you delete there: /story mydata export lists it."
            )
        ),
    )


def _erasure(session: Session) -> Erasure:
    if session.erasure is None:
        raise NotPossible(said("That is not set up here. Please ask the operator."))
    return session.erasure
