-- The files of a dry run that nobody applies are swept out after a day.
create index import_waiting_idx on import (at) where applied_at is null;
