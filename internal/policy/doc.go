// Package policy is the policy language: parsing, validation and evaluation.
// It is pure. Documents and the facts of a request go in, a decision and its
// reason come out; nothing here reads a clock, a store or the network.
//
// [Parse] compiles a document once; [Evaluate] is the one place where service
// control policies, resource control policies, boundaries, session policies,
// identity policies and the policy of the resource meet. It answers every
// call, every delivery and every simulation.
//
// The Check functions are what the services ask before they store a document.
// They differ, as AWS's do, in what they demand and in the words they refuse
// with; what they let through, Parse accepts.
package policy
