// Package kms is AWS Key Management Service: keys and what is done with them,
// their policies, grants and aliases.
//
// A key belongs to an account and a region. What it encrypts and signs with is
// its material, of which a key that has been rotated has several: the newest
// does the work, all of them open what they have closed. Material is sealed
// with the master key before it is stored, bound to its key, and leaves the
// package only as the result of an operation that AWS defines.
//
// Who may use a key is decided by the one evaluation of policies that decides
// everything: the key's policy is required to let the caller in, and a grant
// is a further statement of that policy for the calls that it covers
// (Key.policyFor). The services of the house ask in the same way, through
// Target.
//
// What time makes due, such as deletions, rotations and the end of imported
// material, is found by looking at the keys (work.go). A key whose time has
// come but which nobody has looked at yet is already unusable: what is left to
// do never opens anything.
package kms
