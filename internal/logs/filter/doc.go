// Package filter is the language of filter patterns, by which CloudWatch Logs
// selects log events: in FilterLogEvents, metric filters and subscription
// filters. It is pure: a pattern and the bytes of a message go in, a verdict
// comes out.
//
// A pattern is one of three. Terms (ERROR -"not found", ?WARN ?ERROR,
// %4[0-9]{2}%) are looked for anywhere in the message. Fields
// ([ip, ..., status = 4*, size]) stand for the words of a line; what is in
// brackets or quotes is one word. Conditions ({ $.eventName = "Create*" })
// are asked of the members of a JSON document.
//
// Conditions are compiled into an automaton of the paths they name, and a
// document is read once, from left to right, without being decoded; documents
// that lack the bytes that a condition needs are not read at all. Matching
// takes time linear in the message, whatever the pattern, and allocates
// nothing unless a name or value that is asked for has escapes.
package filter
