"""What people decide about a robot's work, and what it has looked at and come to.

The triggers of policies are made from ``casework.triggers`` as it is when this revision runs.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import casework.triggers

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_result",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "result IN ('awaiting_approval', 'applied', 'noop', 'deferred', 'task', 'skipped', 'blocked', "
            "'left_out', 'shadow', 'rolled_back', 'overtaken', 'taken_over')",
            name="ck_work_result_result",
        ),
        sa.CheckConstraint("tasks >= 0", name="ck_work_result_tasks"),
        sa.PrimaryKeyConstraint("item_id", "row"),
    )
    op.create_index("ix_work_result_robot", "work_result", ["robot", "at"], unique=False)
    op.create_index("ix_work_result_row", "work_result", ["robot", "row"], unique=False)
    op.create_table(
        "policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'in_force', 'superseded', 'rejected')", name="ck_policy_state"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_policy_four_eyes"),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="ck_policy_decided",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("robot", "version", name="uq_policy_version"),
    )
    op.create_index(
        "uq_policy_in_force",
        "policy",
        ["robot"],
        unique=True,
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_hold_open",
        "hold",
        ["robot", "row"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('sweep', 'comparison')", name="ck_sweep_kind"),
        sa.CheckConstraint("state IN ('running', 'finished', 'stopped')", name="ck_sweep_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_sweep_running",
        "sweep",
        ["robot", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by_run", sa.Uuid(), nullable=True),
        sa.CheckConstraint("what IN ('gap', 'mass_change')", name="ck_acceptance_what"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_acceptance_mark", "acceptance", ["robot", "what", "mark"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_open_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("robot", "source", "token"),
    )
    op.create_table(
        "closed_party",
        sa.Column("robot", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("robot", "row"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # SQLite's index of the unique reference serves for prefixes, too.
        op.create_index(
            "ix_work_item_reference_prefix",
            "work_item",
            ["robot", "reference"],
            unique=False,
            postgresql_ops={"reference": "text_pattern_ops"},
        )
    for statement in casework.triggers.create_statements(op.get_bind().dialect.name, table="policy"):
        op.execute(sa.text(statement))


def downgrade() -> None:
    message = "the record is not taken back; restore a backup"
    raise RuntimeError(message)
