// Package sqs is Amazon SQS: queues, their attributes and policies, and the
// messages in them.
//
// A message is a record of the control plane, so that who may receive it next
// is decided by the one transaction that hides it from all others, whichever
// replica makes it. What it says is kept out of memory, in the store's heap,
// and is read by whoever has received it. Messages stand in the order of their
// keys as they were sent, and in that of an index by the moment from which
// they may be received; time alone makes a message visible, nobody has to
// come by.
//
// Of a FIFO queue only the first message of a group is in that index. Whatever
// changes a group puts its line in order again in the same transaction.
//
// Purging and deleting a queue takes its messages away at once, because their
// keys begin with what belongs to no queue any more. Run removes them later,
// with messages that were kept for long enough, and carries out move tasks.
// It looks at the state to see what is to be done, so a crash loses nothing
// of it.
package sqs
