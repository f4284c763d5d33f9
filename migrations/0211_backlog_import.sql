-- Items that come from elsewhere: a file from another tool, read into a product's backlog after a dry run.

-- Where an item was before, as the file names it: "github:norvik/app#12", "jira:NA-12", "trello:5f1c…". By it, the same file a second
-- time finds its items and makes none.
alter table backlog_item add column source text;
alter table backlog_item add constraint backlog_item_source_check check (char_length(source) between 1 and 200);
create unique index backlog_item_source_key on backlog_item (organization_id, product_id, source) where source is not null;

-- A file that was sent for a product's backlog, kept from the dry run until it is applied, and what came of it.
create table backlog_import (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    member_id        uuid        not null,
    at               timestamptz not null,
    -- What the file is called, and its text; the text is let go of when it is applied.
    name             text        not null,
    text             text        not null,
    -- Which column says what, and which of its words is which stage.
    choice           jsonb       not null,
    applied_at       timestamptz,
    event_id         uuid,
    -- Row by row what came in and what did not, and why; written when it is applied.
    outcome          jsonb,
    version          integer     not null default 1,
    constraint backlog_import_pkey primary key (organization_id, id),
    constraint backlog_import_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint backlog_import_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint backlog_import_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint backlog_import_applied_check check ((applied_at is null) = (outcome is null))
);
create index backlog_import_product_idx on backlog_import (organization_id, product_id, at desc);
-- The file of a dry run that nobody applies is swept out after a day.
create index backlog_import_waiting_idx on backlog_import (at) where applied_at is null;
