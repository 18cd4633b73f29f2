// Package plane keeps the bytes of objects. A plane is an S3 endpoint and one
// credential: a store in this process (Embedded), which is versitygw's S3
// server over a directory, or any S3-compatible store outside of it
// (External). It knows no accounts and asks nobody for permission.
//
// Both take the typed inputs of S3's operations and give their outputs: Do
// encodes a call, signs it, streams bodies through and decodes the answer. A
// store outside gets keys and versions as they are, and keeps its promises
// itself. The rest of this page is about the store in this process.
//
//	Do → tree → Endpoint → unix socket → versitygw → durable → files
//
// Reading goes from the tree to durable directly (direct.go).
//
// # Keys are names
//
// versitygw keeps an object in the file that its key is the path of, which
// leaves no room for "a" beside "a/b", for "x//y" and for "..". The tree writes
// every key as a path that does (name.go says how), in the order of the keys.
// So the store's sorted listings are S3's, and no index has to be kept in step
// with the files.
//
// # Versions are files
//
// versitygw keeps versions by copying what is overwritten, and loses some on
// the way: it takes a null version for the newest one, and drops the current
// version when an upload in parts replaces it while versioning is suspended.
// The tree does without. In a bucket with versioning every version of a key is
// a file of its own, in a directory whose names sort newest first; a delete
// marker is an empty one. The newest is whichever comes first: nothing is
// copied, no pointer moves, and each write is one file that appears or does
// not. Whether a bucket has versioning is a tag of the store's bucket.
//
// # What a nil error promises
//
// versitygw writes without ever syncing. durable stands between its server
// and its files: whoever was told that something is written finds it after a
// power failure, an object that replaces another one does so whole, and a body
// that broke off leaves nothing, where versitygw would keep what had arrived.
// What a crash leaves half done is finished or undone when the store is opened
// (recovery.go), except for empty directories, which no listing shows.
//
// # What it cannot do
//
// Keys that differ only in case need a file system that tells them apart.
// Metadata and tags of one object share the space that the file system has
// for extended attributes: on ext4 four kilobytes. The time of an object is
// the machine's, not that of a moved clock. An upload in parts that began
// before its bucket had versioning becomes the null version.
package plane
