// Package journal is the form of the journal: what one entry is, how many
// entries are packed into a chunk, and how a follower says how far it has
// read. It does no I/O: the store writes chunks as rows and reads them back.
//
// # Chunk format
//
// A chunk is one byte, the version (1), and a zstd frame. SHA-256 of the whole
// is kept beside it and checked before anything is read. The frame's content
// is the number of entries, and the entries:
//
//	chunk  = uvarint(count) entry*
//	entry  = account region seconds nanos bytes(event id) routes bytes(record)
//	account, region, trail, organization = ref
//	seconds = varint, Unix seconds less those of the entry before
//	nanos   = uvarint below 1e9
//	routes  = uvarint(count) (trail organization)*
//	bytes   = uvarint(length) and that many bytes
//	ref     = uvarint(0) bytes   a string, which gets the next number from 1
//	        | uvarint(number)    a string that stood here before
//
// Numbers are those of encoding/binary. Nothing may follow the last entry.
package journal
