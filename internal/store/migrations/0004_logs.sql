-- The tables of package segment: log events. Every time is in Unix
-- milliseconds.

-- Blocks of events, each of one stream. seq is the least number of an event
-- in the block. first_time and last_time are those of the events and at most
-- a day apart; written is when the earliest of them was received, and size
-- what they count for in bytes. data_key is the number of the key that seals
-- the block, 0 when none does. fresh is 1 while the block may still be merged
-- with others.
CREATE TABLE log_block (
    stream     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    grp        BIGINT NOT NULL,
    first_time BIGINT NOT NULL,
    last_time  BIGINT NOT NULL,
    written    BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    data_key   BIGINT NOT NULL,
    fresh      BIGINT NOT NULL,
    data       BYTEA  NOT NULL,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX log_block_group ON log_block (grp, first_time, stream, seq, size);
CREATE INDEX log_block_first ON log_block (stream, first_time);
CREATE INDEX log_block_last ON log_block (stream, last_time);
CREATE INDEX log_block_fresh ON log_block (stream, written, size) WHERE fresh = 1;

-- What was deleted and has blocks that are still to be removed. stream is 0
-- when it is the whole group.
CREATE TABLE log_dropped (
    grp    BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    PRIMARY KEY (grp, stream)
);

-- The rows that queries have found.
CREATE TABLE log_result (
    query TEXT  NOT NULL PRIMARY KEY,
    data  BYTEA NOT NULL
);
