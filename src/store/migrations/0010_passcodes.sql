-- The passcode of a user's meetings, kept as the PIN is, and a lockout of its own. Nothing is no digits, and no wrong ones.

ALTER TABLE users ADD COLUMN passcode_hash TEXT;
ALTER TABLE users ADD COLUMN passcode_digits BIGINT;
ALTER TABLE users ADD COLUMN wrong_passcodes TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN wrong_passcodes_in_all BIGINT;
ALTER TABLE users ADD COLUMN passcodes_locked_until BIGINT;
