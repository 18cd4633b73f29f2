// Package pattern is the language in which Amazon EventBridge and Amazon SNS
// say which events they want: a JSON object of the shape of the event whose
// leaves are lists of what a field may be.
//
// ParseEvent reads an event pattern of EventBridge, ParseFilter a filter policy
// of an SNS subscription. Both give a Pattern, which never changes and may be
// used by any number of goroutines at once.
//
// # What a pattern means
//
// All fields that a pattern names must match, and a field matches when any
// value of its list does. $or chooses between objects: a pattern is the union
// of its combinations, each a plain set of fields. A name with dots is the
// same as objects in objects, in the pattern as in the event.
//
// A field of the event that stands in an array has as many values as the array
// has elements. What two fields match must not come from two elements of one
// array: an employee Anna Smith is not found by Anna and Jones. exists looks at
// leaves alone; a field is absent when the elements that the other fields chose
// do not have it.
//
// Numbers are equal when their values are, between -5e9 and 5e9 and up to six
// decimals; others when they are written alike.
//
// # Cost
//
// The event is not decoded: one walk over its bytes keeps what the pattern
// asks for. Wildcards match in linear time. Events made to be expensive, with
// arrays side by side that must be tried in every pairing, run out of steps
// and do not match.
//
// Errors are those of the services, with line and column counted as they
// count them.
package pattern
