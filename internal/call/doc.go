// Package call is what the front door hands to a service: one request, with
// who makes it, where, when, over which state, and what the record of it
// should say beyond what the wire already tells.
//
// A service sees no HTTP and no SQL. It gets a Call and a typed input, and
// gives a typed output or an error with an AWS code.
package call
