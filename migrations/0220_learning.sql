-- What an apprentice learns: the plan with its steps, practice as evidence, sign-offs, feedback, and a reflection of each week.
--
-- What is not here is meant: no figure is kept of a person (H9). A plan says how far it is by itself and is compared with no other.

-- The plan of an apprenticeship: one, and none before the lead PM has made it.
create table learning_plan (
    organization_id    uuid        not null,
    apprenticeship_id  uuid        not null,
    starts_on          date        not null,
    weeks              smallint    not null default 12,
    -- What it is about, in a sentence.
    focus              text        not null default '',
    -- A squad in whose work the apprentice learns.
    squad_id           uuid,
    made_at            timestamptz not null,
    made_event         uuid        not null,
    version            integer     not null default 1,
    constraint learning_plan_pkey primary key (organization_id, apprenticeship_id),
    constraint learning_plan_apprenticeship_fkey foreign key (organization_id, apprenticeship_id) references apprenticeship (organization_id, id),
    constraint learning_plan_squad_fkey foreign key (organization_id, squad_id) references team (organization_id, id),
    constraint learning_plan_made_event_fkey foreign key (organization_id, made_event) references event (organization_id, id) deferrable initially deferred,
    constraint learning_plan_weeks_check check (weeks between 1 and 52),
    constraint learning_plan_focus_check check (char_length(focus) <= 300)
);

-- What is to be practised, how often, and how well in the end.
create table learning_step (
    organization_id    uuid        not null,
    id                 uuid        not null,
    apprenticeship_id  uuid        not null,
    family             text        not null,
    title              text        not null,
    target             smallint    not null,
    rung               text        not null,
    week               smallint    not null,
    version            integer     not null default 1,
    constraint learning_step_pkey primary key (organization_id, id),
    constraint learning_step_plan_fkey foreign key (organization_id, apprenticeship_id) references learning_plan (organization_id, apprenticeship_id),
    constraint learning_step_plan_key unique (organization_id, apprenticeship_id, id),
    constraint learning_step_family_check check (family in ('calls', 'facilitation', 'competition', 'data')),
    constraint learning_step_title_check check (char_length(title) between 1 and 120),
    constraint learning_step_target_check check (target between 1 and 50),
    constraint learning_step_rung_check check (rung in ('observe', 'assist', 'with_support', 'alone', 'teach')),
    constraint learning_step_week_check check (week between 1 and 52)
);

-- Practice, written down by the apprentice. It is never changed: a step that was practised stays.
create table learning_evidence (
    organization_id    uuid        not null,
    id                 uuid        not null,
    apprenticeship_id  uuid        not null,
    step_id            uuid        not null,
    on_day             date        not null,
    practised          text        not null,
    learned            text        not null,
    -- The item of the product's backlog that it was about.
    item_id            uuid,
    link               text        not null default '',
    -- Whether it was a call with a customer (P4).
    is_call            boolean     not null default false,
    at                 timestamptz not null,
    event_id           uuid        not null,
    constraint learning_evidence_pkey primary key (organization_id, id),
    constraint learning_evidence_step_fkey foreign key (organization_id, apprenticeship_id, step_id) references learning_step (organization_id, apprenticeship_id, id),
    constraint learning_evidence_step_key unique (organization_id, step_id, id),
    constraint learning_evidence_item_fkey foreign key (organization_id, item_id) references backlog_item (organization_id, id),
    constraint learning_evidence_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint learning_evidence_practised_check check (char_length(practised) between 1 and 300),
    constraint learning_evidence_learned_check check (char_length(learned) between 1 and 1000),
    constraint learning_evidence_link_check check (link = '' or (link like 'https://_%' and char_length(link) <= 500))
);
create index learning_evidence_log_idx on learning_evidence (organization_id, apprenticeship_id, on_day desc, id desc);

-- The lead PM's word that a step is done. It rests on evidence of the same step, which it names, and can be taken back with a reason.
create table learning_sign_off (
    organization_id    uuid        not null,
    id                 uuid        not null,
    step_id            uuid        not null,
    evidence_id        uuid        not null,
    by_id              uuid        not null,
    at                 timestamptz not null,
    event_id           uuid        not null,
    taken_back_at      timestamptz,
    taken_back_event   uuid,
    taken_back_reason  text        not null default '',
    standing           boolean     generated always as (case when taken_back_at is null then true end) stored,
    constraint learning_sign_off_pkey primary key (organization_id, id),
    constraint learning_sign_off_evidence_fkey foreign key (organization_id, step_id, evidence_id) references learning_evidence (organization_id, step_id, id),
    constraint learning_sign_off_by_fkey foreign key (organization_id, by_id) references member (organization_id, id),
    constraint learning_sign_off_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint learning_sign_off_taken_back_fkey foreign key (organization_id, taken_back_event) references event (organization_id, id) deferrable initially deferred,
    constraint learning_sign_off_standing_key unique (organization_id, step_id, standing),
    constraint learning_sign_off_taken_back_check check ((taken_back_at is null) = (taken_back_event is null) and (taken_back_at is null) = (taken_back_reason = ''))
);

-- What the apprentice thinks of a week: for themselves and whoever is the product's lead PM at the moment of reading. No event, export
-- or search has the text, and every statement that reads it asks for one of the two.
create table learning_reflection (
    organization_id    uuid        not null,
    apprenticeship_id  uuid        not null,
    week               smallint    not null,
    text               text        not null,
    at                 timestamptz not null,
    event_id           uuid        not null,
    version            integer     not null default 1,
    constraint learning_reflection_pkey primary key (organization_id, apprenticeship_id, week),
    constraint learning_reflection_plan_fkey foreign key (organization_id, apprenticeship_id) references learning_plan (organization_id, apprenticeship_id),
    constraint learning_reflection_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint learning_reflection_week_check check (week between 1 and 52),
    constraint learning_reflection_text_check check (char_length(text) between 1 and 2000)
);

-- Whom the apprentice asked for feedback; answered by what that member says next.
create table learning_request (
    organization_id    uuid        not null,
    apprenticeship_id  uuid        not null,
    member_id          uuid        not null,
    about              text        not null,
    at                 timestamptz not null,
    event_id           uuid        not null,
    answered_at        timestamptz,
    constraint learning_request_pkey primary key (organization_id, apprenticeship_id, member_id, event_id),
    constraint learning_request_plan_fkey foreign key (organization_id, apprenticeship_id) references learning_plan (organization_id, apprenticeship_id),
    constraint learning_request_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint learning_request_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint learning_request_about_check check (char_length(about) between 1 and 300)
);

create table learning_feedback (
    organization_id    uuid        not null,
    id                 uuid        not null,
    apprenticeship_id  uuid        not null,
    by_id              uuid        not null,
    text               text        not null,
    -- The step that it is about.
    step_id            uuid,
    at                 timestamptz not null,
    event_id           uuid        not null,
    constraint learning_feedback_pkey primary key (organization_id, id),
    constraint learning_feedback_plan_fkey foreign key (organization_id, apprenticeship_id) references learning_plan (organization_id, apprenticeship_id),
    constraint learning_feedback_step_fkey foreign key (organization_id, apprenticeship_id, step_id) references learning_step (organization_id, apprenticeship_id, id),
    constraint learning_feedback_by_fkey foreign key (organization_id, by_id) references member (organization_id, id),
    constraint learning_feedback_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint learning_feedback_text_check check (char_length(text) between 1 and 600)
);
create index learning_feedback_log_idx on learning_feedback (organization_id, apprenticeship_id, at desc, id desc);

-- Plans that are kept for the next apprentice: their steps as a list of family, title, target, rung and week.
create table learning_template (
    organization_id    uuid        not null,
    id                 uuid        not null,
    name               text        not null,
    weeks              smallint    not null,
    steps              jsonb       not null,
    constraint learning_template_pkey primary key (organization_id, id),
    constraint learning_template_organization_fkey foreign key (organization_id) references organization (id),
    constraint learning_template_name_check check (char_length(name) between 1 and 80),
    constraint learning_template_weeks_check check (weeks between 1 and 52),
    constraint learning_template_steps_check check (jsonb_typeof(steps) = 'array')
);
create unique index learning_template_name_key on learning_template (organization_id, lower(name));

-- What P4 asks of an apprenticeship.
create view apprenticeship_learned as
    select a.organization_id, a.id as apprenticeship_id, p.starts_on,
           (select max(e.on_day) from learning_evidence e
            where (e.organization_id, e.apprenticeship_id) = (a.organization_id, a.id)) as evidence_on,
           (select max(e.on_day) from learning_evidence e
            where (e.organization_id, e.apprenticeship_id) = (a.organization_id, a.id) and e.is_call) as call_on
    from apprenticeship a
    left join learning_plan p on (p.organization_id, p.apprenticeship_id) = (a.organization_id, a.id);
