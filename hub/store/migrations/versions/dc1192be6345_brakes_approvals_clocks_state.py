"""brakes, approvals, clocks and the hub's own state"""

import sqlalchemy as sa
from alembic import op

revision = "dc1192be6345"
down_revision = "4551f0e95242"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column(
            "meaning", sa.Text(), nullable=False, comment="the mapping a person approved, comments left out"
        ),
        sa.Column(
            "creations", sa.Text(), nullable=False, comment="system → records the approved plan creates there"
        ),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity"),
    )
    op.create_table(
        "brake",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False, comment="empty: every route of the entity"),
        sa.Column("kind", sa.Text(), nullable=False, comment="see hub.brakes.Kind"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("released_at", sa.Text(), nullable=True, comment="when a person let it go, for once"),
        sa.PrimaryKeyConstraint("entity", "system", "kind"),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="what the hub remembers of itself: that it is being rebuilt, when it was last backed up",
    )
    op.create_table(
        "system_clock",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("offset", sa.Float(), nullable=False, comment="seconds its clock is ahead of the hub's"),
        sa.Column("measured_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system"),
    )
    op.execute(
        "INSERT INTO brake (entity, system, kind, reason, since) "
        "SELECT entity, system, 'deletions', brake, COALESCE(pulled_at, '') "
        "FROM \"cursor\" WHERE brake IS NOT NULL AND brake <> 'released'"
    )
    with op.batch_alter_table("cursor", schema=None) as batch_op:
        batch_op.drop_column("brake")


def downgrade() -> None:
    raise RuntimeError("a database is not taken back: restore a backup instead")
