-- The lease of the directory on PostgreSQL: which bridge answers calls on it. Times are the database's, in milliseconds
-- since the Unix epoch; whoever takes the lease gets the next incarnation, and who holds an earlier one commits nothing.

CREATE TABLE lease (
    id BIGINT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    incarnation BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

INSERT INTO lease VALUES (1, '', 0, 0);
