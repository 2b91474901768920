"""The tables, in SQLAlchemy Core; the same on SQLite and PostgreSQL. Migrations must arrive at exactly these
(a test compares them)."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    # Null and empty until an admin sets it.
    Column("rating", String(10), nullable=True),
    Column("language", String(10), nullable=True),
    Column("channels", JSON, nullable=False),
    Column("moderators", JSON, nullable=False),
    Column("blocked", JSON, nullable=False, server_default="[]"),
    # Why, by person; of those whom a moderator shut out.
    Column("reasons", JSON, nullable=False, server_default="{}"),
    Column("writers", JSON, nullable=False, server_default="[]"),
    Column("quotas", JSON, nullable=False, server_default="{}"),
    Column("alerts", String(64), nullable=True),
    Column("messages", Boolean, nullable=False),
    Column("turns", String(12), nullable=False),
    Column("patterns", JSON, nullable=False, server_default="[]"),
    Column("approval", String(12), nullable=False, server_default="flagged"),
    Column("threads", Boolean, nullable=False, server_default=true()),
    Column("tuning", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False),
    UniqueConstraint("platform", "workspace"),
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    # Null until somebody sets it: then the operator's default holds, also when that changes.
    Column("rating", String(10), nullable=True),
    Column("length", String(10), nullable=True),
    # Counts what changed here. A turn that found another number than it meets at its commit is performed again.
    Column("version", Integer, nullable=False),
    Column("dedicated", Boolean, nullable=False, server_default=false()),
    # No foreign key: story points back at place, and the two would wait for each other.
    Column("story_id", Integer, nullable=True),
    UniqueConstraint("platform", "workspace", "channel", "thread"),
)

turn = Table(
    "turn",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(128), nullable=False),
    Column("place_id", ForeignKey("place.id"), nullable=False),
    Column("operation", String(32), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("place_id", "request_id"),
    Index("ix_turn_contributor_id", "contributor_id", "created_at", "place_id"),
    # For the quotas of several processes.
    Index("ix_turn_created_at", "created_at", "place_id").ddl_if(dialect="postgresql"),
)

post = Table(
    "post",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False, unique=True),
    Column("place_id", ForeignKey("place.id"), nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("passage", JSON(none_as_null=True), nullable=True),
    Column("delivered_at", DateTime(timezone=True), nullable=True),
    # Which process shows it, by its id in `lease`; another one does once that has ended. Empty: whoever starts.
    Column("holder", String(32), nullable=False, server_default=""),
    Index("ix_post_delivered_at", "delivered_at"),
)

# What moderators are still to be told. The row is gone once they were.
alert = Table(
    "alert",
    metadata,
    Column("post_id", ForeignKey("post.id"), primary_key=True),
    Column("blocks", JSON, nullable=False),
    # The message that it is about; empty if there is none.
    Column("source", String(64), nullable=False),
)

# Which message of the platform shows a post, or is where a passage came from.
message = Table(
    "message",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False, index=True),
    # Whether the bot posted it itself; only then can it be written over.
    Column("ours", Boolean, nullable=False, server_default=true()),
)

# Messages of ours that show words of somebody who was forgotten, until they are written over.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    # Who was forgotten, as in `tombstone`.
    Column("mac", LargeBinary(32), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    # No foreign key: what is reported may be no passage.
    Column("passage_id", Integer, nullable=True),
    Column("message_id", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # Null until a moderator has seen to it.
    Column("decided_at", DateTime(timezone=True), nullable=True),
)

# Texts that were allowed, exactly as they were rendered for a platform. A row comes before the text goes out.
verdict = Table(
    "verdict",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("policy", String(32), primary_key=True),
    Column("decided_at", DateTime(timezone=True), nullable=False, index=True),
)

# What moderation kept back: sealed, for its author's appeal and the moderators' review, and dropped in time.
held = Table(
    "held",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    Column("request_id", String(128), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("author", Text, nullable=False),
    # The request as it was made, to be performed when a moderator lets it pass; empty once dropped.
    Column("operation", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("reasons", JSON, nullable=False),
    # refused, waiting, approved, edited, rejected or expired
    Column("state", String(12), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # When a moderator decided; before that, when its author asked one to look.
    Column("decided_at", DateTime(timezone=True), nullable=True),
    Column("decided_by", String(64), nullable=True),
    UniqueConstraint("place_id", "request_id"),
    Index("ix_held_state", "state", "created_at"),
    Index("ix_held_contributor_id", "contributor_id"),
)

# Texts that a moderator lets pass on a server although the filters do not.
override = Table(
    "override",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(64), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# What was decided by whom, each row sealed with the hash of the one before it on its server. Holds no text.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    # Counts from 1 on each server: two processes cannot both write the next row.
    Column("number", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("details", JSON, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
    UniqueConstraint("platform", "workspace", "number"),
)

# Who asked to be forgotten, as a keyed hash: a backup that is restored is made to forget them again.
tombstone = Table(
    "tombstone",
    metadata,
    Column("mac", LargeBinary(32), primary_key=True),
    Column("created_at", DateTime(timezone=True), primary_key=True),
    # Whether the texts go too, or the names alone.
    Column("removes", Boolean, nullable=False),
    # Null while it is not yet done in this database.
    Column("finished_at", DateTime(timezone=True), nullable=True),
)

# What only one of several processes may hold at a time. It ends by itself if its holder does not say that it lives.
lease = Table(
    "lease",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    # By the database's clock, since those of several machines differ.
    Column("until", DateTime(timezone=True), nullable=False),
)

# Turns for which the engine is being asked, and what is to be said if their process dies meanwhile. None on SQLite.
begun = Table(
    "begun",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("operation", String(32), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("holder", String(32), nullable=False),
)

# What an adapter wants to know again after a restart.
note = Table(
    "note",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Deliveries of a platform that were taken, so that no process takes one again.
sighting = Table(
    "sighting",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)

story = Table(
    "story",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("premise", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_id", String(64), nullable=True),
    Column("head", Integer, nullable=True),
    # Null until somebody chose one: then the engine's own choice holds, also when that changes.
    Column("voice", String(40), nullable=True),
    Column("ended", Boolean, nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=True),
    Column("lines", JSON, nullable=False, server_default="[]"),
    Column("veils", JSON, nullable=False, server_default="[]"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

passage = Table(
    "passage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False, index=True),
    Column("parent", ForeignKey("passage.id"), nullable=True),
    Column("number", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("author_id", String(64), nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("before", Integer, nullable=False),
    Column("given", JSON(none_as_null=True), nullable=True),
    # The first version of which this is a later one.
    Column("origin", Integer, nullable=True),
    # The key of the policy under which the text was cleared; under another it is judged again before it is shown.
    Column("policy", String(32), nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# A new wording of a person's passage, until that person or a moderator decides on it; then the row is gone.
proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    # The turn of whoever asked for it.
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    # The version whose words it was made from.
    Column("passage_id", ForeignKey("passage.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("given", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# What a person thinks of a passage that the storyteller wrote; one word each, the last.
opinion = Table(
    "opinion",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("passage_id", ForeignKey("passage.id"), nullable=False),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("good", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("passage_id", "contributor_id"),
)

# Who agreed that what they wrote on a server may train a model. Whoever has no row did not.
consent = Table(
    "consent",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(64), primary_key=True),
    Column("contributor_id", String(64), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# Answers to those who agreed, where their server did too, and what they thought of them.
explanation = Table(
    "explanation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    # The passage with which the story ended then.
    Column("head", ForeignKey("passage.id"), nullable=False),
    Column("answer", Text, nullable=False),
    # As of a passage; its words are the question.
    Column("given", JSON, nullable=False),
    # Null until its reader said what they think of it.
    Column("good", Boolean, nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
)

token = Table(
    "token",
    metadata,
    Column("passage_id", ForeignKey("passage.id"), primary_key=True),
    Column("tokenizer", String(16), primary_key=True),
    Column("ids", LargeBinary, nullable=False),
    # What the storyteller was asked when it wrote the passage; null for people's, and where it was forgotten.
    Column("asked", LargeBinary, nullable=True),
)

lore = Table(
    "lore",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("fact", Text, nullable=False),
    Column("since", Integer, nullable=False, server_default="0"),  # passages that the story had then
    Column("holds", Boolean, nullable=False),
)

# What passages tell, in few words, for prompts that have no room for them. Made anew when it is missing.
summary = Table(
    "summary",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("layer", Integer, nullable=False),
    # The numbers of the passages, as they were then.
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    # The passage before the first one, and the last one. A passage has one parent, so these say which all of them are.
    Column("after", ForeignKey("passage.id"), nullable=True),
    Column("through", ForeignKey("passage.id"), nullable=False),
    Column("text", Text, nullable=False),
    # The key of the policy under which the text was cleared; under another it is not used.
    Column("policy", String(32), nullable=False),
    # Who corrected it by hand.
    Column("author_id", String(64), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("story_id", "layer", "first", "through", "policy"),
)

move = Table(
    "move",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    Column("head_before", Integer, nullable=True),
    Column("head_after", Integer, nullable=True),
    Column("lore_before", Integer, nullable=True),
    Column("lore_after", Integer, nullable=True),
    # The step that was the last one when this one was taken: steps are a tree, like passages.
    Column("previous", ForeignKey("move.id"), nullable=True),
    # Whether the step is in force; False once it was undone.
    Column("done", Boolean, nullable=False),
)

# What Slack's own library keeps of workspaces that added the bot: exactly the tables that its stores draw up.
slack_installations = Table(
    "slack_installations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(32), nullable=False),
    Column("app_id", String(32), nullable=False),
    Column("enterprise_id", String(32)),
    Column("enterprise_name", String(200)),
    Column("enterprise_url", String(200)),
    Column("team_id", String(32)),
    Column("team_name", String(200)),
    Column("bot_token", String(200)),
    Column("bot_id", String(32)),
    Column("bot_user_id", String(32)),
    Column("bot_scopes", String(1000)),
    Column("bot_refresh_token", String(200)),
    Column("bot_token_expires_at", DateTime),
    Column("user_id", String(32), nullable=False),
    Column("user_token", String(200)),
    Column("user_scopes", String(1000)),
    Column("user_refresh_token", String(200)),
    Column("user_token_expires_at", DateTime),
    Column("incoming_webhook_url", String(200)),
    Column("incoming_webhook_channel", String(200)),
    Column("incoming_webhook_channel_id", String(200)),
    Column("incoming_webhook_configuration_url", String(200)),
    Column("is_enterprise_install", Boolean, nullable=False),
    Column("token_type", String(32)),
    Column("installed_at", DateTime, nullable=False),
    Index("slack_installations_idx", "client_id", "enterprise_id", "team_id", "user_id", "installed_at"),
)

slack_bots = Table(
    "slack_bots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(32), nullable=False),
    Column("app_id", String(32), nullable=False),
    Column("enterprise_id", String(32)),
    Column("enterprise_name", String(200)),
    Column("team_id", String(32)),
    Column("team_name", String(200)),
    Column("bot_token", String(200)),
    Column("bot_id", String(32)),
    Column("bot_user_id", String(32)),
    Column("bot_scopes", String(1000)),
    Column("bot_refresh_token", String(200)),
    Column("bot_token_expires_at", DateTime),
    Column("is_enterprise_install", Boolean, nullable=False),
    Column("installed_at", DateTime, nullable=False),
    Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),
)

slack_oauth_states = Table(
    "slack_oauth_states",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(200), nullable=False),
    Column("expire_at", DateTime, nullable=False),
)
