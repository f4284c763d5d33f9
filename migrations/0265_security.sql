-- What a review of the security found.

-- H6: statistics of these two tables would hold notes, colours, keys and secrets, and keep them after the closing, for Postgres replaces
-- them only when a later look finds rows. So nothing is ever sampled from them, and what was is dropped, which is what a change of a
-- column's type does first. Trellis vacuums both itself, every minute, so Postgres need not look at them of its own accord.
alter table health_ballot
    alter column organization_id set statistics 0,
    alter column round_id        set statistics 0,
    alter column key             set statistics 0,
    alter column dimension_id    set statistics 0,
    alter column colour          set statistics 0,
    alter column trend           set statistics 0,
    alter column comment         set statistics 0,
    alter column is_open         set statistics 0,
    set (autovacuum_enabled = false, toast.autovacuum_enabled = false);
alter table health_round_secret
    alter column organization_id set statistics 0,
    alter column round_id        set statistics 0,
    alter column secret          set statistics 0,
    alter column is_open         set statistics 0,
    set (autovacuum_enabled = false);
alter table health_ballot
    alter column organization_id type uuid,
    alter column round_id        type uuid,
    alter column key             type bytea,
    alter column dimension_id    type uuid,
    alter column colour          type text,
    alter column trend           type text,
    alter column comment         type text,
    alter column is_open         type boolean;
alter table health_round_secret
    alter column organization_id type uuid,
    alter column round_id        type uuid,
    alter column secret          type bytea,
    alter column is_open         type boolean;
