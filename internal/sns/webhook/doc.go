// Package webhook delivers what is published on SNS topics to subscribers
// that are reached by HTTP or HTTPS, and serves the certificates by which they
// check who signed it.
//
// One replica delivers, the one that holds the lease. It makes an attempt for
// each entry of the outbox that is due, and when the attempt has ended takes
// the entry out or puts it off, in one transaction. A crash before that leaves
// the entry where it was: every message is delivered at least once, and twice
// when the answer to an attempt was lost.
//
// An endpoint has a few attempts under way at a time and the rest of its
// messages wait. One that hangs, or fails, keeps nobody but itself.
//
// The server calls addresses that its users choose. It dials none that the
// guard of package outbound forbids, follows no redirect, uses no proxy and
// reads nothing of an answer but its status.
package webhook
