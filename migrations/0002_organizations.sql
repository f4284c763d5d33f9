-- Organizations and their members. Every tenant table is keyed (organization_id, id) and refers to others
-- only by composite keys, so that a row of one organization cannot name a row of another (H10).

create table organization (
    id              uuid        not null,
    slug            text        not null,
    name            text        not null,
    common_purpose  text        not null default '',
    -- Kept by a trigger on member.
    admin_count     integer     not null default 0,
    created_at      timestamptz not null,
    version         integer     not null default 1,
    constraint organization_pkey primary key (id),
    constraint organization_slug_key unique (slug),
    constraint organization_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint organization_name_check check (char_length(name) between 1 and 80)
);

-- A person of one organization, with or without a user.
create table member (
    organization_id  uuid        not null,
    id               uuid        not null,
    user_id          uuid,
    name             text        not null,
    email            text,
    discipline       text        not null default '',
    title            text        not null default '',
    time_zone        text        not null default 'UTC',
    -- Beside being a member, which everybody is.
    roles            text[]      not null default '{}',
    deactivated_at   timestamptz,
    created_at       timestamptz not null,
    version          integer     not null default 1,
    constraint member_pkey primary key (organization_id, id),
    constraint member_organization_fkey foreign key (organization_id) references organization (id),
    constraint member_user_fkey foreign key (user_id) references user_account (id),
    constraint member_user_key unique (organization_id, user_id),
    constraint member_email_key unique (organization_id, email),
    constraint member_email_check check (email = lower(email)),
    constraint member_name_check check (char_length(name) between 1 and 120),
    constraint member_roles_check check (roles <@ array['admin', 'leader', 'coach'])
);
create index member_name_idx on member (organization_id, lower(name), id);
create index member_user_idx on member (user_id);

-- H11: an organization always has an admin: a member who is active and can sign in. The count is a column of
-- the organization's row, so that two admins who step down at once wait for one another.
create function member_is_admin(member) returns boolean language sql immutable as $$
    select 'admin' = any ($1.roles) and $1.deactivated_at is null and $1.user_id is not null
$$;

create function member_count_admins() returns trigger language plpgsql as $$
declare
    difference integer := 0;
begin
    if tg_op <> 'INSERT' and member_is_admin(old) then difference := difference - 1; end if;
    if tg_op <> 'DELETE' and member_is_admin(new) then difference := difference + 1; end if;
    if difference <> 0 then
        update organization set admin_count = admin_count + difference
        where id = coalesce(new.organization_id, old.organization_id);
    end if;
    return null;
end
$$;
create trigger member_count_admins after insert or update or delete on member
    for each row execute function member_count_admins();

create function organization_keep_admin() returns trigger language plpgsql as $$
begin
    if (select admin_count from organization where id = new.id) < 1 then
        raise exception using errcode = 'check_violation', constraint = 'organization_admin',
            message = 'an organization always has an admin';
    end if;
    return null;
end
$$;
create constraint trigger organization_admin after insert or update on organization
    deferrable initially deferred for each row execute function organization_keep_admin();

-- A link with which a person becomes the user of a member, once. Bound to an address, an organization and roles.
create table invitation (
    organization_id  uuid        not null,
    id               uuid        not null,
    member_id        uuid        not null,
    email            text        not null,
    roles            text[]      not null,
    token_hash       bytea       not null,
    invited_by       uuid        not null,
    created_at       timestamptz not null,
    expires_at       timestamptz not null,
    used_at          timestamptz,
    revoked_at       timestamptz,
    constraint invitation_pkey primary key (organization_id, id),
    constraint invitation_token_hash_key unique (token_hash),
    constraint invitation_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint invitation_invited_by_fkey foreign key (organization_id, invited_by) references member (organization_id, id),
    constraint invitation_roles_check check (roles <@ array['admin', 'leader', 'coach'])
);
-- A new invitation ends the older one.
create unique index invitation_open_key on invitation (organization_id, member_id)
    where used_at is null and revoked_at is null;

-- The answer to a form or a call that was sent with a one-time key, written in the transaction of its effect:
-- the same request sent again gets the same answer and has no second effect. Kept for a day.
-- The organization is the nil UUID for what belongs to no organization.
create table idempotency_key (
    organization_id  uuid        not null,
    user_id          uuid        not null,
    key              text        not null,
    request_hash     bytea       not null,
    answer           jsonb,
    at               timestamptz not null,
    constraint idempotency_key_pkey primary key (organization_id, user_id, key),
    constraint idempotency_key_key_check check (char_length(key) between 8 and 100)
);
create index idempotency_key_at_idx on idempotency_key (at);
