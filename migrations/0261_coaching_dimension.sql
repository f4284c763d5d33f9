-- A request names the dimension of a health check that led to it by its id, so that what the squad says of it later is found in whatever
-- words it is asked then. Its name is kept as it was when the squad asked; requests from before this have the name alone.
alter table coaching_request
    add column dimension_id uuid,
    add constraint coaching_request_dimension_fkey foreign key (organization_id, dimension_id)
        references health_dimension (organization_id, id),
    add constraint coaching_request_dimension_named_check check (dimension_id is null or dimension <> '');
-- What led to it does not change.
create trigger coaching_request_about before update on coaching_request
    for each row when ((old.dimension_id, old.dimension) is distinct from (new.dimension_id, new.dimension))
    execute function coaching_refuse_change();
