-- Values that are too large to be kept in memory. k begins with the name of
-- their heap.
CREATE TABLE heap (
    k   TEXT  NOT NULL PRIMARY KEY,
    val BYTEA NOT NULL
);

-- 4: the revision up to which deleted records may have left no trace.
INSERT INTO head (id, rev) VALUES (4, 0);
