// Package segment keeps log events: compressed blocks of events, one row of a
// SQL table each.
//
// # Events
//
// An event belongs to a stream and a stream to a group; both are numbers that
// are never used twice. Events are numbered as they come. An [ID] is an
// event's time, when it was received, its number and its stream: it names the
// event for ever, and the order of ids is the order in which events are read.
//
// # Blocks
//
// [Put] writes the events of one call as a block, in the transaction of the
// call. So a block is durable when the call is answered, in the same commit
// as everything else that the call does, and calls that wait for the disk
// together are committed together. A block spans at most a day.
//
// What is read often is written in small pieces. [Upkeep] merges the small
// blocks of a stream into larger ones, removes the blocks whose events have
// expired, and those of streams that are gone. Merging is one transaction in
// which the merged blocks take the place of the small ones: a reader sees
// either, an event is never lost and never there twice, and a crash leaves
// one or the other. Its transactions are fenced by a lease, so of several
// replicas one does the work.
//
// # Reading
//
// [Log.Read] yields events in order from one moment of the database. It reads
// blocks by the dozen, unpacks and searches them on all processors, and asks of
// a whole block whether there is anything to find in it before it looks at
// events one by one.
package segment
