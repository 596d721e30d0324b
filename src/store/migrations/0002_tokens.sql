-- Tokens by which programs sign in, as keyed hashes.

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL,
    role TEXT NOT NULL,
    label TEXT NOT NULL,
    hash TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
