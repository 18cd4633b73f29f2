-- The tables of package chain. Every time is in Unix milliseconds.

-- The end of the digest that lists the file, 0 while none does.
ALTER TABLE manifest ADD COLUMN digested BIGINT NOT NULL DEFAULT 0;
CREATE INDEX manifest_undigested ON manifest (trail, account, region, delivered) WHERE digested = 0;

-- The chains of digests, one row each: all there is to know to go on with it.
-- since and start are whole seconds: where its first window starts, and where
-- the next one does. last is where the last one ends, 0 while that is not
-- known. due is when there is something to do, the greatest number when
-- nothing is to come; wait is the pause after a refusal, 0 after a success.
-- plan is the digest that is signed and not yet delivered, and planned its
-- key; both are empty when there is none. bucket, object, hash and signature
-- are what the next digest says of the newest delivered one.
CREATE TABLE chain (
    trail        TEXT   NOT NULL,
    account      TEXT   NOT NULL,
    region       TEXT   NOT NULL,
    since        BIGINT NOT NULL,
    run          TEXT   NOT NULL,
    organization TEXT   NOT NULL,
    start        BIGINT NOT NULL,
    last         BIGINT NOT NULL,
    due          BIGINT NOT NULL,
    wait         BIGINT NOT NULL,
    planned      TEXT   NOT NULL,
    plan         BYTEA  NOT NULL,
    bucket       TEXT   NOT NULL,
    object       TEXT   NOT NULL,
    hash         TEXT   NOT NULL,
    signature    TEXT   NOT NULL,
    PRIMARY KEY (trail, account, region, since)
);
CREATE INDEX chain_due ON chain (due);
CREATE INDEX chain_folder ON chain (account, region);

-- How the digests of one trail, account and region went last. error is ''
-- after a success, delivered 0 before the first.
CREATE TABLE digest_status (
    trail     TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    region    TEXT   NOT NULL,
    delivered BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    PRIMARY KEY (trail, account, region)
);
