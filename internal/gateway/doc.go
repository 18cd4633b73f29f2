// Package gateway is the one front door: the whole path of a request, from
// the bytes that arrive to the bytes that leave.
//
//	identify → authenticate → decode → authorize → invoke → record → encode
//
// No service can skip a step, because no service is reached by another way.
// Three promises are kept here:
//
//   - No state change exists without its record: a writing call runs inside
//     one transaction that holds both (exchange.change).
//   - Nobody does what no policy allows: every permission that a call needs
//     is decided, in the same transaction, before its service sees it.
//   - A reply leaves only after the call's record is durable. When it cannot
//     be made durable the call fails.
package gateway
