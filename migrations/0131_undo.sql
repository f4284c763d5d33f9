-- Undo: an event may say which other one it takes back.
alter table event add column undoes uuid;
alter table event add constraint event_undoes_fkey
    foreign key (organization_id, undoes) references event (organization_id, id);
-- Each event is undone at most once.
create unique index event_undoes_key on event (organization_id, undoes) where undoes is not null;
-- What an event began and ended, which is what an undo takes back.
create index membership_from_event_idx on membership (organization_id, from_event);
create index membership_until_event_idx on membership (organization_id, until_event) where until_event is not null;
create index mission_event_idx on mission (organization_id, event_id);
