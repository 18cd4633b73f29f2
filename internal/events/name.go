package events

import (
	"cmp"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

const defaultBus = "default"

// busName is which bus is meant.
type busName struct{ Account, Region, Name string }

// key is that of the bus's record. Names have no colon.
func (n busName) key() string { return n.Account + "/" + n.Region + "/" + n.Name }

func (n busName) arn() string {
	return aws.NewARN("events", n.Region, n.Account, "event-bus/"+n.Name).String()
}

// rules is what the keys of all rules of the bus begin with.
func (n busName) rules() string { return n.key() + ":" }

// ruleARN is the ARN of a rule of the bus; those of the default bus do not
// name it.
func (n busName) ruleARN(rule string) string {
	if n.Name != defaultBus {
		rule = n.Name + "/" + rule
	}
	return aws.NewARN("events", n.Region, n.Account, "rule/"+rule).String()
}

// bus is the bus that a parameter means, by its name or its ARN; nil is the
// default bus.
func bus(c *call.Call, nameOrARN *string) busName {
	name := cmp.Or(aws.Val(nameOrARN), defaultBus)
	if n, ok := parseBusARN(name); ok {
		return n
	}
	return busName{c.Account(), c.Region, name}
}

func parseBusARN(s string) (busName, bool) {
	a, ok := aws.ParseARN(s)
	if !ok || a.Service != "events" || a.Partition != aws.Partition || !aws.IsAccountID(a.Account) {
		return busName{}, false
	}
	name, ok := strings.CutPrefix(a.Resource, "event-bus/")
	return busName{a.Account, a.Region, name}, ok && name != ""
}

// parseRuleARN takes the ARN of a rule apart.
func parseRuleARN(s string) (n busName, rule string, ok bool) {
	a, ok := aws.ParseARN(s)
	if !ok || a.Service != "events" || !aws.IsAccountID(a.Account) {
		return busName{}, "", false
	}
	name, ok := strings.CutPrefix(a.Resource, "rule/")
	n = busName{a.Account, a.Region, defaultBus}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		n.Name, name = name[:i], name[i+1:]
	}
	return n, name, ok && name != ""
}
