// Package s3 is Amazon S3: buckets with their policies and settings, and the
// objects in them.
//
// A bucket and everything said about it is a record of the control plane,
// changed in the same transaction as the log of the call. The bytes of
// objects, and what S3 keeps beside them, are in the data plane (package
// plane), which knows no accounts and no policies and is reached through one
// method. Four calls change both: making and deleting a bucket, its
// versioning and its object lock. They change the data plane inside the
// transaction's function, in a way that may be repeated: a crash in between
// leaves at most an empty bucket in the data plane that nobody can name,
// which the next bucket of that name takes over, or a record whose deletion
// has to be asked for again.
//
// # Who may do what
//
// Access names the permissions of every call: the caller's policies and the
// bucket's own decide. Access control lists are kept and shown where a
// bucket's object ownership enables them, and give nobody access: S3 itself
// has them disabled on new buckets, and everything that they can say a bucket
// policy can.
//
// A service that delivers into a bucket, as CloudTrail does, goes through
// LogBucketProbe, LogKeyProbe and PutAsService. Only the bucket's policy lets
// it in, and that of the key that encrypts what it delivers.
//
// # Encryption
//
// What is encrypted with a key of KMS is encrypted here, before the data
// plane sees it: sealed.go has the stored form, envelope.go what is said of
// it, kms.go who may use which key. Clients see the sizes and checksums of
// what they wrote.
//
// # Notifications
//
// Topics, queues and EventBridge are told of what happens to objects when it
// is durable. That a destination cannot be told never fails a call.
//
// # What is kept and not acted upon
//
// Lifecycle rules, access logging, cross-origin rules, website hosting and
// transfer acceleration are checked, stored and shown as S3 does; nothing in
// this program expires objects or serves pages. Every region's buckets are
// reached through the one endpoint, so a call is not redirected to the region
// of its bucket.
package s3
