// Package delivery follows the journal and turns it into the log files of
// trails: one gzip object per trail, key layout, account and region for each
// delivery interval.
//
// The work is divided into a fixed number of shards by account. A shard is
// carried by whichever replica holds its lease. It reads chunks from its
// cursor into a window, and when the window is due it makes a cut, in three
// steps: commit the plan, put the files, commit what was put together with
// the new cursor. A crash anywhere repeats the same files with the same
// bytes; docs/design/delivery.md says what survives where.
//
// Files that a bucket refuses wait in the spool with their bytes, so that the
// journal never waits for a bucket.
package delivery
