// Package iam is AWS Identity and Access Management: the accounts, their
// users, groups, roles, access keys and policies, and the answers that
// everything else asks of them — whose credentials these are, which policies
// speak for a principal, whether a principal exists.
//
// Everything belongs to one account; the account of the caller decides what is
// seen. Names are unique in their account without regard to case, so the key
// of a record is its account and the name in lower case. What points to
// something else holds its key (the groups of a user, the user of an access
// key) or its ARN (attached policies); the way back is an index, never a
// counter.
//
// Policy documents are stored as they were written and parsed once, when they
// are stored or loaded. Passwords are hashed with argon2id; the seeds of MFA
// devices and the private keys of certificates are sealed with the master key
// and opened when they are used. Secret access keys are sealed with the master key
// under their access key id; a bounded cache of opened ones keeps the front
// door fast. The cache maps what is sealed to what was in it and nothing else:
// whether a key is active, whose it is and whether it still exists is read
// from the caller's snapshot every time.
package iam
