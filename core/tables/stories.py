"""Stories and what belongs to them: passages, tokens, facts, summaries, steps, and wordings that wait for consent."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.tables.naming import metadata

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
