package logs

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// groupName is a log group's name with its place. It is also what the group's
// record is filed under.
type groupName struct{ account, region, name string }

// scope is the beginning of the keys of what an account has in a region.
func scope(account, region string) string { return account + "/" + region + "/" }

func (n groupName) key() string { return scope(n.account, n.region) + n.name }

// ARN is the group's name without the ":*" at its end.
func (n groupName) ARN() string {
	return aws.NewARN("logs", n.region, n.account, "log-group:"+n.name).String()
}

// streamARN is what a policy calls a stream, and with an empty name the group.
func (n groupName) streamARN(stream string) string { return n.ARN() + ":log-stream:" + stream }

// within is what is filed under the group: no name of a group or of what is
// in it has a colon.
func (n groupName) within(name string) string { return n.key() + ":" + name }

// own is a name in the caller's account and region.
func own(c *call.Call, name *string) groupName {
	return groupName{c.Account(), c.Region, aws.Val(name)}
}

// parseGroupARN reads a group's ARN, with or without the ":*".
func parseGroupARN(arn string) (groupName, bool) {
	a, ok := aws.ParseARN(arn)
	name, is := strings.CutPrefix(a.Resource, "log-group:")
	name = strings.TrimSuffix(name, ":*")
	if !ok || !is || a.Service != "logs" || name == "" || strings.Contains(name, ":") {
		return groupName{}, false
	}
	return groupName{a.Account, a.Region, name}, true
}

// identify reads a name or an ARN. The ARN may be another account's, whose
// policy then decides, and who finds the call in its log.
func identify(c *call.Call, identifier string) (groupName, *aws.Error) {
	if !strings.HasPrefix(identifier, "arn:") {
		return own(c, &identifier), nil
	}
	n, ok := parseGroupARN(identifier)
	if !ok || n.region != c.Region {
		return groupName{}, invalid("The specified log group identifier is invalid.")
	}
	if n.account != c.Account() && !slices.Contains(c.Owners, n.account) {
		c.Owners = append(c.Owners, n.account)
	}
	return n, nil
}

// either reads the name or the identifier of a group, of which a call gives
// one.
func either(c *call.Call, name, identifier *string) (groupName, *aws.Error) {
	switch {
	case (name == nil) == (identifier == nil):
		return groupName{}, invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")
	case name != nil:
		return own(c, name), nil
	}
	return identify(c, *identifier)
}
