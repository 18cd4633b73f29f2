// Package advice judges policies before anybody stores them and explains
// decisions after the fact. It is pure: documents and facts go in, findings
// go out.
//
// Three questions are answered here. [Policy.Lint] tells what in a document
// the services would refuse and what in it cannot mean what its author meant.
// [Policy.Meets] tells whether it grants what a trail needs, and which
// statement is missing or does not fit; [Policy.Amend] adds what is missing.
// [Scenario.Opinions] tells, of a request, what each kind of policy says to
// it and how near the silent ones come.
//
// Nothing is decided here: what a statement matches and what a service
// accepts is asked of package policy, which also answers the calls.
package advice
