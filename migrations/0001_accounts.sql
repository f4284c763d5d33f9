-- Accounts: who signs in, where they are signed in, and the secrets that are on their way.
-- No secret is stored: of every token only its SHA-256.

-- A user: an account that signs in. It may belong to several organizations, as a member of each.
create table user_account (
    id               uuid        not null,
    email            text        not null,
    name             text        not null,
    password_hash    text        not null,
    failed_sign_ins  integer     not null default 0,
    sign_in_after    timestamptz,
    created_at       timestamptz not null,
    version          integer     not null default 1,
    constraint user_account_pkey primary key (id),
    constraint user_account_email_key unique (email),
    constraint user_account_email_check check (email = lower(email) and email like '%_@_%')
);

-- One row for each browser that is signed in.
create table session (
    id            uuid        not null,
    token_hash    bytea       not null,
    user_id       uuid        not null,
    created_at    timestamptz not null,
    last_seen_at  timestamptz not null,
    expires_at    timestamptz not null,
    idle_seconds  integer     not null,
    ip            text        not null,
    user_agent    text        not null,
    constraint session_pkey primary key (id),
    constraint session_token_hash_key unique (token_hash),
    constraint session_user_fkey foreign key (user_id) references user_account (id) on delete cascade
);
create index session_user_idx on session (user_id);

-- A browser from which the user has signed in before: a right password from there is never delayed.
create table known_device (
    token_hash  bytea       not null,
    user_id     uuid        not null,
    seen_at     timestamptz not null,
    constraint known_device_pkey primary key (token_hash),
    constraint known_device_user_fkey foreign key (user_id) references user_account (id) on delete cascade
);
create index known_device_user_idx on known_device (user_id);

-- A link with which a user chooses a new password, once.
create table password_reset (
    token_hash  bytea       not null,
    user_id     uuid        not null,
    expires_at  timestamptz not null,
    used_at     timestamptz,
    constraint password_reset_pkey primary key (token_hash),
    constraint password_reset_user_fkey foreign key (user_id) references user_account (id) on delete cascade
);
create index password_reset_user_idx on password_reset (user_id);

-- The link that is printed at the first start and makes the first admin, once.
create table setup_link (
    token_hash  bytea       not null,
    created_at  timestamptz not null,
    used_at     timestamptz,
    constraint setup_link_pkey primary key (token_hash)
);

-- Token buckets. They are rows, so that they are right with several instances.
create table rate_limit (
    scope   text             not null,
    key     text             not null,
    tokens  double precision not null,
    at      timestamptz      not null,
    constraint rate_limit_pkey primary key (scope, key)
);
create index rate_limit_at_idx on rate_limit (at);
