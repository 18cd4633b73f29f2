// Package seal keeps secrets unreadable to whoever has only the database:
// access keys, signing keys and key material are sealed with a master key that
// lives in a file or in the environment.
//
// A sealed value is
//
//	1 byte   version, 1
//	4 bytes  which key sealed it, so that a wrong master key is called that
//	12 bytes nonce, random
//	the rest AES-256-GCM of the secret with its tag of 16 bytes
//
// The label (what the secret is and whose, such as "iam.accesskey/AKIA…") is
// authenticated with it: a sealed value that is moved to another record does
// not open there. Nonces are random, so one key may seal 2^32 values; For
// derives a key of its own for each purpose.
package seal
