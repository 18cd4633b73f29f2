// Package insights is the query language of CloudWatch Logs Insights. It is
// pure: a query and events go in, rows come out; the time that now() answers
// is given to it.
//
// [Parse] compiles a query into a pipeline of commands. An event flows through
// it as a row of values. Fields of an event are looked for only when a command
// asks for one: the message is then read once, from left to right, and the
// paths that the query names are picked out.
//
// Rows are not kept but where an order or an aggregate needs it: limit keeps
// the best rows it has seen, stats its groups, dedup one row for each value.
// All of them have a bound, and exceeding it is an error ([ErrTooLarge]), not
// a wrong result.
package insights
