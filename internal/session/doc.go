// Package session is the form of credentials: access key ids, which carry
// their account, and the tokens of temporary credentials, which carry
// everything else.
//
// Temporary credentials are kept nowhere. Their token is the session itself,
// sealed with the master key under the access key id that it belongs to, so
// that whoever holds the key can verify it without state, on every replica
// and after every crash, and a token that is presented with another access key
// does not open. Nothing can be taken out of a token and nothing put in; what
// ends a session before its time (its role or user is gone) is for the
// verifier to look up.
package session
