-- Users, settings, outbox and audit log; the same text for SQLite and PostgreSQL.
-- Times are milliseconds since the Unix epoch, flags are 0 or 1, secrets are text as the keyring writes it.

CREATE TABLE users (
    -- The name in lower case; the empty one is nobody, against whom the PINs of unknown organizers are checked.
    name_key TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    mail TEXT,
    phone TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    conference_id TEXT,
    pin_hash TEXT,
    pin_digits BIGINT NOT NULL,
    number TEXT,
    toll_free_number TEXT,
    allow_toll_free BIGINT NOT NULL,
    allow_anonymous_start BIGINT NOT NULL,
    language TEXT NOT NULL,
    wrong_pins TEXT NOT NULL,
    wrong_in_all BIGINT NOT NULL,
    locked_until BIGINT,
    locked_by_hand BIGINT NOT NULL
);

CREATE UNIQUE INDEX users_conference_id ON users (conference_id);

INSERT INTO users VALUES ('', '', 1, '', NULL, '', 0, NULL, NULL, 0, NULL, NULL, 0, 0, 'en-US', '', 0, NULL, 0);

-- One row: settings that differ from the defaults, as JSON.
CREATE TABLE tenant (
    id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    settings TEXT NOT NULL
);

INSERT INTO tenant VALUES (1, 0, '[]');

CREATE TABLE numbers (
    number TEXT NOT NULL PRIMARY KEY,
    toll_free BIGINT NOT NULL,
    primary_language TEXT NOT NULL,
    secondary_languages TEXT NOT NULL
);

CREATE TABLE mails (
    id BIGINT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    user_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    from_address TEXT,
    from_name TEXT,
    language TEXT NOT NULL,
    facts TEXT NOT NULL,
    sealed_pin TEXT,
    carries_pin BIGINT NOT NULL,
    put_in_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    last_error TEXT,
    claim TEXT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE INDEX mails_due ON mails (state, next_attempt_at);
CREATE INDEX mails_claim ON mails (claim);

CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    origin TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);

-- One row: the ends of the audit log and of the outbox. Whoever appends to one of them holds this row first.
CREATE TABLE ends (
    id BIGINT NOT NULL PRIMARY KEY,
    audit_number BIGINT NOT NULL,
    audit_hash TEXT NOT NULL,
    audit_seal TEXT NOT NULL,
    mail_id BIGINT NOT NULL
);

INSERT INTO ends VALUES (1, 0, '', '', 0);
