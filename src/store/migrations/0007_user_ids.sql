-- A number for each user, which also numbers their meeting wherever one is named outside of a process. It stays the user's
-- own for good, and is never given twice: whoever adds a user takes the next one from the row of the ends.

-- Nothing for nobody.
ALTER TABLE users ADD COLUMN id BIGINT;

UPDATE users SET id = numbered.place - 1
FROM (SELECT name_key, ROW_NUMBER() OVER (ORDER BY name_key) AS place FROM users WHERE name_key <> '') AS numbered
WHERE users.name_key = numbered.name_key;

CREATE UNIQUE INDEX users_id ON users (id);

ALTER TABLE ends ADD COLUMN next_user BIGINT;

UPDATE ends SET next_user = (SELECT COUNT(*) FROM users WHERE name_key <> '');
