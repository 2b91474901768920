"""A Discord of one's own, on 127.0.0.1, for the real discord.py client of the application.

    async with LoopbackDiscord(ratelimit_scale=0.1) as discord:
        # DISCORD_API_BASE=discord.api_base, DISCORD_GATEWAY_URL=discord.gateway_url, DISCORD_TOKEN=discord.token
        ana = discord.user("ana", locale="de")
        guild = discord.guild("Writing club", owner=ana)
        tales = guild.text_channel("tales")
        ...start the application here...
        await discord.registered("story")                   # its commands are there
        await discord.ready()                               # all its shards are connected
        x = await discord.slash(ana, tales, "story start", title="The Lamp")
        assert x.acked_after < 1
        await x.says("Once upon a time")                    # waits for it; no sleeping
        again = await discord.click(ana, x.reply, "Retry")  # by label or custom_id
        assert (await again.done()).ephemeral

Leaving the block asserts that `discord.violations` is empty; stop the application before that. A test that wants a
violation takes it back with `discord.forgive("a regular expression")`. A test that asks for what nobody could do on
Discord (an unknown option, a disabled button, a command that is hidden from this person) gets a `DriverError`.
Only a block that ends without an exception asserts, and `check=False` switches it off.

**Rules** (keyword arguments of `LoopbackDiscord`, see `rules.Rules`): `ack_deadline=3`, `token_life=900`,
`ratelimit_scale=1` (0: none), `shards=1`, `privileged=("message_content",)`, `heartbeat_interval`,
`identify_interval`, `old_after`, `old_edits`, `file_limit`, `follow_ups`, `token`, `global_limit`,
`validate="now" | "deferred" | "off"` (a burst wants `deferred`).

**The place.** `discord.user(name, locale=, display=, bot=)`, `discord.bot`, `discord.guild(name, owner=, locale=,
installed=True)` (`installed=False`: only users have the application there), `discord.dm(user)`,
`discord.private(ana, ben)`, `discord.thread(channel, name, by=user)`, `await discord.kick(guild)`,
`await discord.invite(guild)`, `await discord.remove_channel(channel)`. `guild.system_channel = tales`,
`guild.text_channel(name, nsfw=, topic=)`, `guild.forum(name, tags=[...])`,
`guild.role(name, "manage_guild", ...)`, `guild.join(user, roles=[...], permissions=<bits>, nick=)`.
`channel.deny(discord.bot, "send_messages")`, `channel.allow(...)`, `thread.archive(locked=)`. `channel.messages`
(what everybody sees, oldest first), `channel.log` (all of it, also deleted and ephemeral), `channel.threads`,
`discord.threads`. All of it may be made before or after the application connects.

**People.** `slash(user, channel, "story lore add", **options)` (options: str, int, float, bool, `User`, `Role`,
`Channel`, `File`), `autocomplete(user, channel, command, focused=, value=, **options)` (returns choices),
`context_menu(user, channel, name, message_or_user)`, `click(user, message, label_or_custom_id)`,
`select(user, message, custom_id_or_placeholder_or_None, values)`, `submit(user, x.modal, {label_or_custom_id: value})`,
`say(user, channel, text, reply_to=, files=)`, `edit(message, text)`, `delete(message)`,
`delete_bulk(messages)`, `react(user, message, emoji)`.
`deliver_again(x)` sends the same interaction once more, as a gateway may. Those that make an interaction return an
`Exchange` once it is acknowledged, or was not in time (`x.silent`).

**Exchange.** `x.acked_after`, `x.response` (the callback), `x.response_type`, `x.deferred`, `x.ephemeral`,
`x.message` / `x.reply` (the response as it stands now; `reply` asserts that there is one), `x.followups`,
`x.messages`, `x.text` (all that can be read now), `x.modal`, `x.choices`, `x.errors` (Discord's codes of refusals),
`x.orphaned`, `x.payload` (what was sent). Wait with `await x.done(seconds, quiet=0)`, `await x.says("text")`,
`await x.until(lambda x: ...)`. With streamed edits `done` returns at the first; use `says`, `until` or `quiet=`.

**Message.** `text`, `content`, `embeds`, `components`, `labels` (of buttons), `files` ({name: bytes}), `edits`
([`Edit(at, text)`], monotonic), `spacings`, `ephemeral`, `thinking`, `pinned`, `deleted`, `reactions`, `thread`,
`reply_to`, `mentions`, `older(seconds)` (let it be older).

**What was seen.** `discord.requests` (method, path, template, query, body, files, at, status, code),
`discord.called("PATCH", "@original")`, `discord.exchanges`, `discord.acks`, `discord.commands`,
`discord.seen_by_people()` and `discord.texts` (every text of the application in any request, refused ones too, without
command payloads), `discord.on_text = call(text, where)`, `discord.hasty_edits(1.0)`, `discord.unauthorized`,
`await discord.until(lambda: ..., seconds)` (looks again at every request and gateway change).

**What goes wrong.** `discord.faults.add("PATCH", "@original", code=10008 | status=500 | status=429, via=False |
drop=True | delay=0.2, after=True, times=3)`. `discord.gateway`: `await drop(code)`, `drop(None)` (cut),
`drop(None, mid_stream=True)`, `reconnect()` (op 7), `invalidate(resumable=False)` (op 9), `ask_heartbeat()`,
`acking = False` (zombie), `refuse_next(4014)`; `identifies`, `resumes`, `heartbeats`, `closes`, `live`.

**Violations** begin with their layer: `spec` (Discord's OpenAPI; refused with 50035), `strict` (unknown keys),
`limits` (documented, not described; refused too), `policy` (allowed_mentions that resolve nothing in every message;
an ack in time; no "thinking…" for ever), `429 that we caused`, `IDENTIFY`, and `the loopback Discord itself` for
responses and events of ours that break the contract, or a crash of a handler. The contracts are taken from
`$CONTRACTS` or `../shared/contracts` beside the repository; where that is missing, spec and strict are off and pytest
says so at the end.
"""

from tests.loopback.discord.driver import LoopbackDiscord
from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.exchange import Exchange, Modal
from tests.loopback.discord.ledger import Request, Seen
from tests.loopback.discord.message import File, Message, User
from tests.loopback.discord.world import Channel, Guild, Role

__all__ = [
    "Channel",
    "DriverError",
    "Exchange",
    "File",
    "Guild",
    "LoopbackDiscord",
    "Message",
    "Modal",
    "Request",
    "Role",
    "Seen",
    "User",
]
