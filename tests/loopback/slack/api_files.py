"""files.*External: an address to send a file to, and its sharing."""

from tests.loopback.slack import views
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.ledger import Request
from tests.loopback.slack.message import File, Message
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Upload

methods = Methods()


@methods("files.getUploadURLExternal", "files:write")
def _address(call: Call) -> Json:
    key = call.platform.world.ids.new("F")
    upload = Upload(key, str(call.body["filename"]), int(call.body["length"]))
    call.platform.world.uploads[key] = upload
    return {"upload_url": f"{call.platform.base}/upload/{key}", "file_id": key}


def receive(platform: Platform, key: str, data: bytes, request: Request) -> None:
    """The file itself came. Its text is among what people see."""
    upload = platform.world.uploads.get(key)
    if upload is None or upload.data is not None:
        raise ApiError("not_found", status=404)
    if len(data) != upload.length:
        platform.ledger.violate(f"spec: upload of {len(data)} bytes where {upload.length} were announced")
        raise ApiError("bad_length", status=400)
    upload.data = data
    try:
        platform.ledger.read(data.decode(), "file", request)
    except UnicodeDecodeError:
        return


@methods("files.completeUploadExternal", "files:write")
def _share(call: Call) -> Json:
    body, world = call.body, call.platform.world
    files = []
    for each in body["files"]:
        upload = world.uploads.get(each["id"])
        if upload is None or upload.data is None:
            raise ApiError("file_not_found")
        files.append(File(upload.file_id, upload.name, upload.data, each.get("title") or upload.name))
    keys = [each for each in (body.get("channel_id"), *str(body.get("channels") or "").split(",")) if each]
    channels = [call.channel(key) for key in keys]
    if any(not call.member(each) for each in channels):
        raise ApiError("not_in_channel")
    for each in files:
        world.files[each.id] = each
        del world.uploads[each.id]
    for channel in channels:
        message = Message(world.ids.ts(), channel, call.app.bot, body.get("initial_comment") or "", by_app=True)
        message.thread_ts = call.parent(channel, body.get("thread_ts"))
        message.files = files
        message.blocks = [] if message.raw else views.named(body.get("blocks") or [])
        call.platform.written(message)
    return {"files": [{"id": each.id, "title": each.title} for each in files]}
