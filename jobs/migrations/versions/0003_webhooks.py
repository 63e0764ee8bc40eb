"""The table of webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("job", sa.String(32), primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("receiver", sa.String, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("attempts", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.Double),
    )
    op.create_index("ix_webhooks_state_not_before", "webhooks", ["state", "not_before"])
