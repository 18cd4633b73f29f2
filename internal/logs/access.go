package logs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
)

// Access lists the permissions that a call needs. A group that does not exist
// is named all the same; that it is missing is said by the operation.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	need, ok := permissions[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	p := &permission{c: c, action: "logs:" + c.Operation.Name}
	if err := need(p, in); err != nil {
		return nil, err
	}
	if p.targets == nil {
		p.add(call.Target{Action: p.action, Resource: "*", Context: policy.Context{}})
	}
	return p.targets, nil
}

// permission gathers what one call needs: its action on "*" until a method
// names a resource.
type permission struct {
	c       *call.Call
	action  string
	targets []call.Target
}

func (p *permission) add(t call.Target) { p.targets = append(p.targets, t) }

// stream names a stream of a group, and with an empty name the group itself.
// AWS writes it with ":log-stream:" in both cases, which is what the usual
// "log-group:name:*" of policies matches.
func (p *permission) stream(n groupName, stream string) *aws.Error {
	p.add(Target(p.c.State, n.ARN(), stream, p.action))
	return nil
}

// named is a group of the caller's by its name.
func (p *permission) named(name *string) *aws.Error { return p.stream(own(p.c, name), "") }

// either is a group by its name or its identifier.
func (p *permission) either(name, identifier *string, stream string) *aws.Error {
	n, err := either(p.c, name, identifier)
	if err != nil {
		return err
	}
	return p.stream(n, stream)
}

// tagged names a group as the operations on tags do: without a suffix.
func (p *permission) tagged(n groupName, action string, tags map[string]string, keys []string) {
	t := Target(p.c.State, n.ARN(), "", action)
	t.Resource = n.ARN()
	for k, v := range tags {
		t.Context.Set("aws:RequestTag/"+k, v)
		keys = append(keys, k)
	}
	tag.SetKeys(t.Context, keys)
	p.add(t)
}

// resource is tagged for an ARN.
func (p *permission) resource(arn *string, tags map[string]string, keys []string) *aws.Error {
	n, err := ownGroup(p.c, aws.Val(arn))
	if err == nil {
		p.tagged(n, p.action, tags, keys)
	}
	return err
}

// policyOf is the group whose policy is meant, or "*" for those of the
// account.
func (p *permission) policyOf(arn *string) *aws.Error {
	if arn == nil {
		return nil
	}
	n, err := ownGroup(p.c, *arn)
	if err != nil {
		return err
	}
	return p.stream(n, "")
}

// sealing is a group, or the results of queries.
func (p *permission) sealing(name, resource *string) *aws.Error {
	n, results, err := sealed(p.c, name, resource)
	if err != nil {
		return err
	}
	if results {
		p.add(call.Target{Action: p.action, Resource: *resource, Context: policy.Context{}})
		return nil
	}
	return p.stream(n, "")
}
