-- The tables of package relay. Every time is in Unix milliseconds.

-- The topic that is still to be told of the file, '' when there is none.
ALTER TABLE manifest ADD COLUMN topic TEXT NOT NULL DEFAULT '';
CREATE INDEX manifest_untold ON manifest (delivered) WHERE topic <> '';

-- How passing on to a log group (kind logs) or a topic (kind topic) went
-- last. error is '' after a success, taken 0 before the first.
CREATE TABLE relay_status (
    trail     TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    region    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    attempted BIGINT NOT NULL,
    taken     BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    PRIMARY KEY (trail, account, region, kind)
);
