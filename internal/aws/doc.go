// Package aws holds the values that every other package speaks in: account
// ids, ARNs, principals, regions, identifiers and errors. They are comparable
// and parseable, and do no I/O; what only one service uses lives there.
package aws
