-- Which keyring is the directory's own, and a seal for each entry of the audit log.

-- One row, from the first opening on: the newest key's name and fingerprint. The key itself is nowhere in the database.
CREATE TABLE keyring (
    id BIGINT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL
);

-- Empty in the entries of programs that sealed the end only.
ALTER TABLE audit ADD COLUMN seal TEXT NOT NULL DEFAULT '';
