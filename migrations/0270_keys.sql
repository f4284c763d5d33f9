-- The newest one-time key of a user decides which edition their pages are, and is asked for with each of them: it is found at the end of an
-- index, however many there are of a busy day. A number and not the time, since instances' clocks differ. The sweep finds old ones where they
-- lie: keys are written in the order of their time.

alter table idempotency_key add column seq bigint generated always as identity;
create index idempotency_key_last_idx on idempotency_key (organization_id, user_id, seq);
drop index idempotency_key_at_idx;
create index idempotency_key_at_idx on idempotency_key using brin (at) with (pages_per_range = 8);
