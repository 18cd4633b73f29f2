// Package calltest makes calls of a service as the gateway makes them, in
// tests of the service that have no gateway: checked against the model,
// permitted, and in a transaction where the operation writes.
//
// Permissions are the gateway's own code (gateway.Authorize), over documents
// that the test attaches. Without HTTP there is no exchange, so the order of
// a call's steps is written here again: Door.Make follows exchange.change,
// exchange.read and exchange.refuse, but keeps no records. What is journaled
// is for the tests that have a server.
package calltest
