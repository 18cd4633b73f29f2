// Package chain is the stage that signs digests: it follows the manifest of
// delivery and vouches for every file in it. A digest lists the log files of
// one trail, account and region that were delivered in its window, and says
// what the digest before it was; package digest has the format.
//
// # A chain
//
// A place is a trail in an account and a region. It has one chain at a time,
// and one row in the table of chains is all that is known of a chain: where
// its next window starts, what its newest digest was, what is planned. A
// survey compares the rows with the trails now and then: it opens the chains
// that are missing and gives an end to those that are over. Everything else
// is a matter of which rows are due.
//
// What delivery has done is read from its tables manifest, cut, spool, cursor
// and delivery_status; nothing in them is written but the manifest's column
// digested.
//
// A digest is made in three steps, as a cut of delivery is: commit its plan,
// which has its very bytes and marks the files that it lists; put it; commit
// that it is there. A crash anywhere repeats the same object. The windows of
// a chain are delivered in order and none is skipped: a chain whose bucket
// refuses waits with its plan, and takes up the rest when the bucket is
// mended. docs/design/chain.md has the details.
//
// # Which digest lists a file
//
// The time of a delivery is read from the clock just before the transaction
// that puts its row into the manifest, so a row may appear after its own
// time, when the window it belongs to is closed. Two rules make sure that
// each file that was delivered while validation was on stands in exactly one
// digest.
//
// First, a digest lists the files of its place that were delivered before its
// end and stand in no digest yet, as far as they are visible. The plan's
// transaction marks them, and fails if it would mark others than were read.
// So a file stands in the first digest that is planned after its row
// appeared, whatever time the row carries, and in no other. This rule does
// not depend on any clock.
//
// Second, a window is closed only when no cut can deliver before its end any
// more, so that the windows are true. Let the clock show now, and then let
// one snapshot of the database be read. A cut that is in the snapshot, planned
// and not settled, will deliver later than it was planned: windows that end
// after that moment stay open. A cut that is not in the snapshot was settled,
// and its rows are seen, or it will be planned later, and will deliver after
// now. So a window may be closed that ends neither after now nor after the
// oldest standing cut. What is left are files of the spool, which have no
// plan, and replicas whose clocks differ: their rows may appear some
// milliseconds late, and then the first rule has them listed in the next
// digest.
//
// Only visible rows count, and rows may appear even when a chain seemed to be
// over: then it gets one more digest, or the chain that came after it lists
// them.
package chain
