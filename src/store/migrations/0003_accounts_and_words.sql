-- Accounts by which people sign in to the page, and the words by which users are found.

CREATE TABLE accounts (
    name_key TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    must_change BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Words in hexadecimal: prefixes are ranges then, whatever order a database gives to letters.
CREATE TABLE user_words (
    word TEXT NOT NULL,
    name_key TEXT NOT NULL,
    PRIMARY KEY (word, name_key)
);

CREATE INDEX user_words_of ON user_words (name_key);
