-- A drop can be taken back: the item is proposed or ready again, as it was, in one step and at the place that it kept.
alter table backlog_transition drop constraint backlog_transition_steps;
alter table backlog_transition add constraint backlog_transition_steps check (case coalesce(from_stage, '')
        when '' then to_stage in ('proposed', 'ready', 'done', 'dropped')
        when 'proposed' then to_stage in ('ready', 'dropped')
        when 'ready' then to_stage in ('in_progress', 'proposed', 'dropped')
        when 'in_progress' then to_stage in ('learning', 'done', 'ready')
        when 'learning' then to_stage in ('done', 'in_progress', 'ready')
        when 'dropped' then to_stage in ('proposed', 'ready')
        else false end);
