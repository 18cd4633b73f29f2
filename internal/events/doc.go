// Package events is Amazon EventBridge: event buses, the rules on them, and
// the targets that get the events which a rule's pattern matches.
//
// A bus belongs to an account and a region. The default one is there without
// being made; a record of it exists only when it has a policy, a description
// or tags. The targets of a rule stand in the rule's record.
//
// An event is delivered where it arrives: in the transaction of PutEvents, or
// of the follower that offers the records of the house. So an event that was
// accepted has reached its queues, topics and log groups when the caller is
// answered, and nothing is in flight that a crash could lose. A target that
// refuses an event will refuse it again, for want of a permission or because
// it is gone, so nothing is retried: the event goes to the dead-letter queue
// of the target, or is dropped and counted.
//
// An event that one bus sends to another is seen by the rules there and goes
// no further to a third, as EventBridge has it; so buses cannot send in
// circles.
//
// Rules on a schedule, archives, replays, API destinations and partner buses
// are not served.
package events
