-- An import: the files as they were sent, kept from the dry run until they are applied, and what came of it.
create table import (
    organization_id  uuid        not null,
    id               uuid        not null,
    member_id        uuid        not null,
    at               timestamptz not null,
    -- The text of each file by its kind: members, skills, teams, memberships.
    files            jsonb       not null,
    applied_at       timestamptz,
    -- Row by row what was added, changed, refused and why; written when it is applied.
    outcome          jsonb,
    version          integer     not null default 1,
    constraint import_pkey primary key (organization_id, id),
    constraint import_member_fkey foreign key (organization_id, member_id) references member (organization_id, id)
);
create index import_at_idx on import (organization_id, at desc);
