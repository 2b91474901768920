"""A Slack of one's own on 127.0.0.1, to which the real slack-bolt application connects over real sockets.

    async with LoopbackSlack() as slack:
        ana, ben = slack.user("ana", admin=True), slack.user("ben", locale="de-DE")
        tales = slack.channel("tales", ana, ben)                # the bot is a member unless bot=False
        # start the application with slack.api_base, slack.app_token, slack.bot_token, slack.signing_secret
        await slack.connected()                                 # Socket Mode; or slack.http_to("http://127.0.0.1:.../")
        x = await slack.command(ana, tales, "start The Lamp | a lamp")
        await x.done()                                          # or x.says("..."), x.until(lambda x: ...)
        assert x.acked_after < 1 and "The Lamp" in x.text
        y = await slack.click(ben, x.message, "Undo")
        z = await slack.mention(ben, tales, "continue", thread=x.message)
    # leaving asserts slack.violations == []; slack.forgive("regex") takes back what a test wanted

It does not judge what the application says, only whether Slack would carry it, and whether it keeps our own rules.

**Settings** are `Rules` by keyword: `LoopbackSlack(stream_life=0.1, ack_deadline=0.5, ratelimit_scale=0.01,
retry_delays=(0, .01, .02), manifest=..., scopes=(...), validate="deferred", token_rotation=True, echo=False, ...)`.
With a `manifest` only its scopes, events, commands and shortcuts exist, and the manifest itself is validated.

**The world.** `slack.home` is the workspace in which the application is installed (`slack.installation`, `slack.bot`,
`slack.bot_token`). `slack.team(name, enterprise=...)`, `slack.enterprise(name)` (Grid), `slack.install(team,
org_wide=False)`. `slack.user(name, team, display=, locale=, admin=, owner=, guest=, email=)`. `slack.channel(name,
*people, team=, private=, bot=, shared_with=, topic=)`: with `shared_with=other_team` it is a Slack Connect channel,
and people of that team are strangers in it. `slack.dm(user)`. A `Channel` has `.messages`, `.everything` (threads
too); a `Message` `.text` (what people read, decoded), `.raw`, `.blocks`, `.fallback`, `.labels`, `.files`, `.edits`,
`.stream`, `.replies`, `.thread_ts`, `.only_for`, `.tombstone`; a `View` `.title`, `.text`, `.fields`, `.labels`,
`.errors`, `.open`.

**People act**, and get an `Exchange` once the application has acknowledged, or has not in time:

- `command(user, channel, "start x")`. In threads and in the assistant's container it is a DriverError, as on Slack.
- `say(user, channel, text, thread=None)`, `mention(...)` (delivered as `app_mention` *and* `message`), `edit(message,
  text)`, `delete(message)`. In a typed text `user.mention`, `channel.mention`, `@channel`, `@here` and addresses
  become references; everything else is escaped as Slack does it, a typed `<!channel>` too.
- `click(user, message_or_view, label_or_action_id)`, `select(user, holder, which, answer)`, `suggestions(user,
  holder, which, typed)` (external selects: returns options).
- `shortcut(user, callback_id)`, `message_shortcut(user, message, callback_id)`.
- `submit(user, view, {label_or_block_id: answer})`, `dismiss(user, view)`. Required fields, lengths and options are
  the client's: what it would not send is a DriverError. Modals on the screen: `user.modals`, the top one last.
- `open_home(user)` returns the published View. `assistant_thread(user, context=None)` returns an AssistantThread
  (`.status`, `.statuses`, `.title`, `.prompts`); talk with `say(user, thread.channel, "...", thread=thread)`.
- `stop_stream(user, message)`, `react(user, message, name)`, `join(user, channel)`, `leave(user, channel)`
  (`slack.bot` too), `archive(channel, by)`, `uninstall(team)`, `revoke_tokens(team)`.

**An Exchange** is what came of it: `.acked_after` (seconds), `.ack` (its payload), `.status` (HTTP), `.messages`,
`.message`, `.reply`, `.ephemeral`, `.view`, `.opened`, `.changed`, `.options`, `.statuses`, `.errors` (Slack's words
for refusals), `.text`, `.silent`, `.said` (the person's own message), `.deliveries`, `.payload`. `await
x.done(seconds, quiet=)`: acknowledged, answered, streams closed, no status shown. A placeholder counts as an answer:
where more is to come, wait with `says` or `until`. None of these sleeps; all look again at every change.

**What goes wrong, to order.** `slack.faults.add(r"chat\\.update", error="is_archived", times=2)` or `status=500`,
`status=429, retry_after=1`, `drop=True`, `delay=0.2`, `after=True` (the deed is done, the answer lost).
`slack.expire(x)` (trigger_id and response_url), `slack.expire(message)` (stream), `slack.expire(installation)`
(token). Deliveries: `await slack.again(x, retry=False)` doubles (identical bytes by HTTP), `async with
slack.out_of_order():`, `slack.forge("wrong", "absent", "old")` for the next HTTP requests, `slack.sender.verify(url)`
(url_verification). Events that are not acknowledged come again by themselves after `retry_delays`. Several URLs in
`http_to` take turns. `slack.link`: `disconnect("warning" | "refresh_requested" | "link_disabled" |
"too_many_websockets")`, `drop()`, `refuse_next()`, `ping()`, `deaf = True`, `opened`, `connections`. OAuth: `consent
= await slack.consent(install_url, user, org_wide=False)`, then `approve(state=, code=, cookies=)` or `deny()`;
settings need `slack.client_id`, `slack.client_secret`, `slack.authorize_url`.

**What is written down.** `slack.requests` (`called(r"chat\\.update")`), `slack.violations`, `slack.deliveries`,
`slack.exchanges`, `slack.acks`, `slack.references` (what resolved, whom it pings), `slack.texts`, `seen_by_people()`
and `slack.on_text = call(text, where)` (every text in any request as it was sent, refused ones too), `hasty_edits()`,
`await slack.until(condition)`, `await slack.idle()` (everything told is acknowledged).

A violation begins with its layer: `spec` (Slack's types), `strict` (unknown arguments), `limits` (documented limits;
slack_sdk's validators), `policy` (nothing resolves that could ping or link, nothing unfurls, blocks have a fallback,
deliveries are acknowledged, streams are stopped, threads are named by their parent), `429 that we caused`, or `the
loopback Slack itself`. The contracts lie in `$CONTRACTS` or `../shared/contracts`; without them `spec` and `strict`
are off.
"""

from tests.loopback.slack.consent import Consent, Landed
from tests.loopback.slack.driver import LoopbackSlack
from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.exchange import Delivery, Exchange
from tests.loopback.slack.ledger import Reference, Request, Seen
from tests.loopback.slack.message import File, Message, View
from tests.loopback.slack.world import AssistantThread, Channel, Enterprise, Installation, Team, User

__all__ = [
    "AssistantThread",
    "Channel",
    "Consent",
    "Delivery",
    "DriverError",
    "Enterprise",
    "Exchange",
    "File",
    "Installation",
    "Landed",
    "LoopbackSlack",
    "Message",
    "Reference",
    "Request",
    "Seen",
    "Team",
    "User",
    "View",
]
