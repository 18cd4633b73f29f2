// Package lease holds a lease of the store for as long as its holder works.
//
// A lease says which replica does a piece of work that one does at a time: a
// shard of delivery, the signing of digests, the passing on of records. It
// spares the others the work; it is not what keeps them from harm. Whatever a
// holder believes, a transaction fenced by a lease that was taken over does
// nothing, so a process that was paused past its time commits nothing.
package lease
