-- The tables of package delivery. Every time is in Unix milliseconds.

-- How far a follower of the journal has come: seq is the last chunk of the
-- writer whose effects are durable.
CREATE TABLE cursor (
    follower TEXT   NOT NULL,
    shard    BIGINT NOT NULL,
    writer   BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (follower, shard, writer)
);

-- The planned cut of a shard: which range of the journal becomes which
-- objects. It is committed before the first object is put.
CREATE TABLE cut (
    shard   BIGINT NOT NULL PRIMARY KEY,
    id      TEXT   NOT NULL,
    created BIGINT NOT NULL,
    body    BYTEA  NOT NULL
);

-- One row for each delivered object. sha256 (hex) and size are those of the
-- uncompressed bytes.
CREATE TABLE manifest (
    trail     TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    region    TEXT   NOT NULL,
    delivered BIGINT NOT NULL,
    bucket    TEXT   NOT NULL,
    object    TEXT   NOT NULL,
    sha256    TEXT   NOT NULL,
    oldest    BIGINT NOT NULL,
    newest    BIGINT NOT NULL,
    records   BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    PRIMARY KEY (trail, account, region, delivered, object)
);
CREATE INDEX manifest_delivered ON manifest (delivered);

-- Objects that a bucket refused, with their compressed bytes, until it takes
-- them. object is the key without the trail's prefix.
CREATE TABLE spool (
    shard   BIGINT NOT NULL,
    trail   TEXT   NOT NULL,
    account TEXT   NOT NULL,
    region  TEXT   NOT NULL,
    created BIGINT NOT NULL,
    object  TEXT   NOT NULL,
    sha256  TEXT   NOT NULL,
    oldest  BIGINT NOT NULL,
    newest  BIGINT NOT NULL,
    records BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (shard, trail, account, region, created, object)
);

-- How delivery to one trail, account and region went last. error is '' after
-- a success, delivered 0 before the first.
CREATE TABLE delivery_status (
    trail     TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    region    TEXT   NOT NULL,
    attempted BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    PRIMARY KEY (trail, account, region)
);
