-- Records of calls and meetings that are over, each as the line of JSON that it is given out as, numbered in the order in
-- which they were kept. Times are in milliseconds since the Unix epoch.

CREATE TABLE records (
    id BIGINT NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL,
    line TEXT NOT NULL
);

CREATE INDEX records_ended ON records (ended_at, id);

ALTER TABLE ends ADD COLUMN record_id BIGINT;

UPDATE ends SET record_id = 0;
