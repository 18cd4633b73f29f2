// Package relay passes on what the journal and delivery bring, to those who
// do not read buckets: records to the log groups of trails and to the event
// buses of accounts, notices of delivered files to the topics of trails.
//
//	journal  ─ records ─┬─ log group, through the trail's role
//	                    └─ event bus
//	manifest ─ notices ─── topic
//
// Log groups, buses, topics and queues are state of the same store. So what
// is passed on, and the mark of how far, are one transaction: everything
// arrives once, whatever crashes.
//
// A log group or a topic that refuses is told in the trail's status and not
// asked again for the same records: they are in the bucket. Nobody waits for
// the relay, and it waits for delivery: while that has a backlog to put, the
// relay lets it have the machine.
package relay
