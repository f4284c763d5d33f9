-- The organization's catalogue of skills, and who has which.

create table skill (
    organization_id  uuid        not null,
    id               uuid        not null,
    name             text        not null,
    -- One of the four core capabilities; null for a craft.
    capability       text,
    description      text        not null default '',
    archived_at      timestamptz,
    version          integer     not null default 1,
    constraint skill_pkey primary key (organization_id, id),
    constraint skill_organization_fkey foreign key (organization_id) references organization (id),
    constraint skill_capability_check check (capability in ('analyze', 'decide', 'solve', 'act')),
    constraint skill_capability_key unique (organization_id, capability),
    constraint skill_capability_stays_check check (capability is null or archived_at is null),
    constraint skill_name_check check (char_length(name) between 1 and 60)
);
create unique index skill_name_key on skill (organization_id, lower(name));

-- What a member says of a skill: a level in words of doing (1 to 5), or only that they want to learn it.
create table member_skill (
    organization_id  uuid        not null,
    member_id        uuid        not null,
    skill_id         uuid        not null,
    level            smallint,
    wants_to_learn   boolean     not null default false,
    rated_at         timestamptz not null,
    confirmed_by     uuid,
    confirmed_at     timestamptz,
    version          integer     not null default 1,
    constraint member_skill_pkey primary key (organization_id, member_id, skill_id),
    constraint member_skill_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint member_skill_skill_fkey foreign key (organization_id, skill_id) references skill (organization_id, id),
    constraint member_skill_confirmed_by_fkey foreign key (organization_id, confirmed_by) references member (organization_id, id),
    constraint member_skill_level_check check (level between 1 and 5),
    constraint member_skill_says_something_check check (level is not null or wants_to_learn),
    constraint member_skill_confirmed_by_another_check check (confirmed_by <> member_id),
    constraint member_skill_confirmed_check check ((confirmed_by is null) = (confirmed_at is null) and (confirmed_at is null or level is not null))
);
create index member_skill_skill_idx on member_skill (organization_id, skill_id, level desc);
