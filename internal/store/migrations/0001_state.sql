-- Portable to SQLite, PostgreSQL and what speaks its protocol: TEXT, BIGINT
-- and BYTEA only. SQLite takes BYTEA for a type it does not know and stores
-- bytes as they come.

-- Durable counters. 1: the revision of the control plane, whose row is also
-- the lock of whoever changes it. 2: how often everything was emptied.
-- 3: the number of the newest writer.
CREATE TABLE head (
    id  BIGINT NOT NULL PRIMARY KEY,
    rev BIGINT NOT NULL
);
INSERT INTO head (id, rev) VALUES (1, 0), (2, 0), (3, 0);

-- The control plane. A deleted record stays with val NULL, so that whoever
-- follows by revision learns of it.
CREATE TABLE rec (
    kind TEXT   NOT NULL,
    k    TEXT   NOT NULL,
    rev  BIGINT NOT NULL,
    val  BYTEA,
    PRIMARY KEY (kind, k)
);
CREATE INDEX rec_rev ON rec (rev);

-- The incarnations of processes that write the journal. expires is in Unix
-- milliseconds; a writer past it is not alive.
CREATE TABLE writer (
    id      BIGINT NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);

-- The journal. first_time and last_time are Unix milliseconds of the entries,
-- 0 when n is 0; data is a chunk of package journal and hash its SHA-256.
CREATE TABLE chunk (
    writer     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    first_time BIGINT NOT NULL,
    last_time  BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    hash       BYTEA  NOT NULL,
    data       BYTEA  NOT NULL,
    PRIMARY KEY (writer, seq)
);

-- What was begun and has no record yet.
CREATE TABLE intent (
    id      TEXT   NOT NULL PRIMARY KEY,
    writer  BIGINT NOT NULL,
    payload BYTEA  NOT NULL
);

-- Leases. A row is never removed, so that its epoch only grows. expires is in
-- Unix milliseconds.
CREATE TABLE lease (
    name    TEXT   NOT NULL PRIMARY KEY,
    holder  BIGINT NOT NULL,
    epoch   BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
