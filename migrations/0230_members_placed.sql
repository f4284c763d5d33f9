-- How many members are in squads is counted without reading who they are.
create index member_load_placed_idx on member_load (organization_id) where squads > 0;
