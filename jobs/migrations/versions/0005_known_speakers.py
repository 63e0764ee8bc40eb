"""People whose voices are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "known_speakers",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("consent", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.UniqueConstraint("id", name="uq_known_speakers_id"),
        sa.UniqueConstraint("owner", "name", name="uq_known_speakers_owner_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "voiceprints",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("speaker", sa.String(32), nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voiceprints_speaker", "voiceprints", ["speaker"])
