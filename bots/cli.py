"""The command line.

    python -m bots play [--channel NAME]     tell stories in this terminal, or from piped lines
    python -m bots discord                   tell stories on Discord
    python -m bots slack                     tell stories on Slack
    python -m bots run                       tell stories on every platform that is configured
    python -m bots slack-manifest [--url U]  print the manifest from which Slack makes the app
    python -m bots doctor                    what is configured, what is missing, how to get it
    python -m bots tidy                      take away what is over its time (the bot itself does so daily)
    python -m bots audit                     the log of decisions, as JSON lines, and whether it is whole
    python -m bots moderate [--rating R]     judge JSON lines from standard input

Exit codes: 0 done · 1 could not do its job · 2 settings or arguments are wrong · 75 try again later ·
130 stopped by Ctrl-C · 143 stopped by SIGTERM.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bots import logs
from bots.settings import Settings, SettingsError, load
from bots.stopping import FAILED, INTERRUPTED, LATER, MISUSED, OK, TERMINATED
from core.errors import StoreLocked, StoryError
from core.storyteller import Storyteller
from core.text import hygienic, visible

if TYPE_CHECKING:
    from bots.together import Platform


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = load()
        logs.set_up(settings)
        _arm(settings)
        return _commands(arguments, settings)
    except SettingsError as error:
        return _sorry(str(error), MISUSED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except StoreLocked as error:
        return _sorry(error.notice, LATER)
    except StoryError as error:
        return _sorry(error.notice, FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone; do not complain to nobody at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _commands(arguments: argparse.Namespace, settings: Settings) -> int:
    match arguments.command:
        case "doctor":
            from bots.doctor import doctor  # noqa: PLC0415 - each command loads only what it needs

            return asyncio.run(doctor(settings, sys.stdout))
        case "moderate":
            from bots.moderate import moderate  # noqa: PLC0415

            return asyncio.run(moderate(settings, arguments.rating, sys.stdin.buffer, sys.stdout))
        case "tidy" | "audit" as errand:
            return asyncio.run(_errand(errand, settings))
        case "slack-manifest":
            from bots.slack.manifest import printed  # noqa: PLC0415

            sys.stdout.write(printed(arguments.url or settings.slack_public_url, messages=arguments.messages))
            return OK
        case "discord" | "slack" | "run" as platform:
            return _together(settings) if platform == "run" else _alone(platform, settings)
        case _:
            return _play(settings, arguments.channel)


async def _errand(errand: str, settings: Settings) -> int:
    if errand == "tidy":
        from bots.tidy import tidy  # noqa: PLC0415

        return await tidy(settings, sys.stdout)
    from bots.audited import audit  # noqa: PLC0415

    return await audit(settings, sys.stdout, sys.stderr)


def _play(settings: Settings, channel: str) -> int:
    from bots.console.run import STOPPED  # noqa: PLC0415

    try:
        return asyncio.run(_until_terminated(settings, channel))
    except KeyboardInterrupt:
        return _sorry(STOPPED, INTERRUPTED)
    except asyncio.CancelledError:
        return _sorry(STOPPED, TERMINATED)


async def _until_terminated(settings: Settings, channel: str) -> int:
    from bots.assembly import storyteller  # noqa: PLC0415
    from bots.console.run import run  # noqa: PLC0415

    playing = asyncio.current_task()
    assert playing is not None  # noqa: S101 - asyncio.run made one
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    async with storyteller(settings, limited=False) as teller, _watched(teller, settings):
        return await run(teller, channel=channel)


def _alone(platform: str, settings: Settings) -> int:
    """One platform in this process."""
    try:
        return asyncio.run(_on_one(platform, settings))
    except asyncio.CancelledError:  # asked twice to stop
        return TERMINATED


async def _on_one(platform: str, settings: Settings) -> int:
    from bots import together  # noqa: PLC0415
    from bots.assembly import storyteller  # noqa: PLC0415

    run = {"discord": together.discord, "slack": together.slack}[platform]
    async with storyteller(settings) as teller, _watched(teller, settings):
        return await run(teller, settings)


def _together(settings: Settings) -> int:
    from bots import together  # noqa: PLC0415

    platforms = together.configured(settings)
    return together.main(lambda: _on_all(settings, platforms))


async def _on_all(settings: Settings, platforms: "Mapping[str, Platform]") -> int:
    from bots.assembly import storyteller  # noqa: PLC0415
    from bots.together import run  # noqa: PLC0415

    async with storyteller(settings) as teller, _watched(teller, settings):
        return await run(teller, platforms, settings)


def _watched(teller: Storyteller, settings: Settings) -> contextlib.AbstractAsyncContextManager[None]:
    """The health pages, if they are wanted; their web server is slow to import."""
    if settings.health_port is None:
        return contextlib.nullcontext()
    from bots.health import health  # noqa: PLC0415

    return health(teller, settings.health_port, settings.health_host)


def _sorry(sentence: str, code: int) -> int:
    with contextlib.suppress(BrokenPipeError):
        print(sentence, file=sys.stderr)
    return code


def _arm(settings: Settings) -> None:
    if settings.faults:
        from core import faults  # noqa: PLC0415 - for tests alone

        try:
            faults.arm(settings.faults)
        except ValueError as error:
            raise SettingsError(f"FAULTS: {error}.") from None


def _address(url: str) -> str:
    if not url.startswith("https://"):
        raise argparse.ArgumentTypeError("a public address begins with https://")
    return url


def _channel(name: str) -> str:
    if name != hygienic(name) or not visible(name) or len(name) > 64:
        raise argparse.ArgumentTypeError("a channel's name has 1 to 64 ordinary characters")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bots", description="Storycircle: one story, told together.")
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="tell stories in this terminal, or from piped lines")
    play.add_argument(
        "--channel", default="terminal", type=_channel, help="which channel's stories (default: terminal)"
    )
    commands.add_parser("discord", help="tell stories on Discord (needs DISCORD_TOKEN)")
    commands.add_parser("slack", help="tell stories on Slack (needs SLACK_APP_TOKEN and SLACK_BOT_TOKEN)")
    commands.add_parser("run", help="tell stories on every platform that is configured")
    shown = commands.add_parser("slack-manifest", help="print the manifest from which Slack makes the app")
    shown.add_argument("--url", default=None, type=_address, help="for HTTP: where the internet reaches you")
    shown.add_argument("--messages", action="store_true", help="have ordinary messages count where an admin allows it")
    commands.add_parser("doctor", help="say what is configured, what is missing and how to get it")
    commands.add_parser("tidy", help="take away what is over its time, and forget again whom a backup brought back")
    commands.add_parser("audit", help="print the log of moderators' decisions, and check that nobody changed it")
    moderate = commands.add_parser("moderate", help="judge JSON lines {id, text} from standard input")
    moderate.add_argument("--rating", choices=("g", "pg", "teen", "mature"), default=None)
    return parser
