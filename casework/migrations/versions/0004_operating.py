"""What keeps the work going: paused robots, the items of an incident, notices, and which worker has a run.

Columns are only added, so that no table is made anew and no trigger is lost.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "robot_state",
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'paused', 'stopped')", name="ck_robot_state_state"),
        sa.CheckConstraint("state = 'active' OR changed_by IS NOT NULL", name="ck_robot_state_named"),
        sa.PrimaryKeyConstraint("robot"),
    )
    op.create_table(
        "incident_item",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "item_id"),
    )
    op.create_index("ix_incident_item_item_id", "incident_item", ["item_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('incident', 'deadlines', 'approvals')", name="ck_notice_kind"),
        sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'given_up')", name="ck_notice_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject", "day", "target", name="uq_notice_once"),
    )
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.add_column("run", sa.Column("worker_id", sa.Uuid(), nullable=True))
    op.add_column("run", sa.Column("failure", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("collects", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_run_open",
        "run",
        ["robot"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("incident", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("acknowledged_by", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("acknowledge_note", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    message = "the record is not taken back; restore a backup"
    raise RuntimeError(message)
