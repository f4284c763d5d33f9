-- Live pages: who has one open, so that people who design together see each other.

-- One row for each open stream of a page that shows who is there, refreshed every 10 seconds and removed at its end. Unlogged: it
-- describes this minute only, and after a crash nobody is anywhere. A row that is older than 30 seconds is over.
create unlogged table presence (
    organization_id  uuid        not null,
    id               uuid        not null,
    -- The kind of the page, and what it is about; the nil UUID for a page about the whole organization.
    page             text        not null,
    subject          uuid        not null,
    member_id        uuid        not null,
    session_id       uuid        not null,
    -- The database's time, since several instances write it.
    seen_at          timestamptz not null,
    constraint presence_pkey primary key (organization_id, id),
    constraint presence_member_fkey foreign key (organization_id, member_id) references member (organization_id, id) on delete cascade
);
create index presence_page_idx on presence (organization_id, page, subject);
create index presence_seen_idx on presence (seen_at);
