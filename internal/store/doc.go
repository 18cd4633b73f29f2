// Package store keeps the state of orgtrail in one SQL database, SQLite or
// PostgreSQL, with one SQL text for both. There are two kinds of state.
//
// The control plane is typed records: each Kind has keys, values and indexes.
// SQL holds them as JSON under one global revision; each process holds them
// decoded in memory as an immutable image, and a Snapshot is one such image.
// Reading takes no lock, costs nanoseconds and sees one revision throughout,
// for as long as the reader likes.
//
// The journal is chunks of entries. Each process numbers its own chunks
// without gaps, so that processes need not agree on anything to write, and
// followers keep a journal.Cursor: for each writer, how far they have come.
// Reading never deletes.
//
// # Life of a commit
//
// Callers of Update, Append, OpenIntent and AppendClosing wait in a queue. One
// goroutine, the committer, takes what waits as a batch and makes it durable
// in one SQL transaction:
//
//  1. If the batch has updates, it takes the next revision. The row of the
//     revision is the lock of the control plane: other replicas wait here. A
//     batch without updates does not touch it.
//  2. It reads what other replicas have changed since, and runs the updates
//     one after another on private copies of the image. One that fails changes
//     nothing and gets its own error.
//  3. It writes the changed records, opens and closes intents, and packs the
//     entries of all requests into one chunk. There is a chunk even when there
//     are no entries.
//  4. It commits, and waits for the answer however long that takes.
//  5. It publishes the new image, and then tells the callers.
//
// While one batch is being committed the next one gathers, which is all the
// batching there is: nobody waits for company.
//
// When the connection is lost after COMMIT was sent, or the server answers
// with a warning, nobody knows what happened. The committer then commits
// nothing else until it has asked: the batch's chunk is in the database, or
// it is not, and a last transaction makes sure that it cannot appear later.
// Callers are told the truth; only when it cannot be read for Options.Patience
// are they told ErrUnknown.
//
// # What is promised
//
// A nil error means durable: synced to disk, and on PostgreSQL on as many
// standbys as the server is told to wait for. A change and the entries
// appended in the same Tx are durable together. A crash at any moment keeps
// all of what was acknowledged and keeps every batch whole or not at all.
//
// SQLite runs with a write-ahead log and synchronous=FULL, and belongs to one
// process at a time. PostgreSQL may be shared by several; each follows the
// others by their revisions and calls itself unhealthy when it cannot. Nothing
// but tables is used of it, no triggers, sequences, advisory locks or
// notifications, so that databases that speak its protocol will do.
package store
