package events

import (
	"iter"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// Bus is an event bus. The key of the record is account/region/name.
type Bus struct {
	busName
	Description       string `json:",omitempty"`
	DeadLetter        string `json:",omitempty"` // the ARN of a queue
	Policy            policy.Source
	Tags              tag.Set
	Created, Modified time.Time
}

var buses = store.NewKind[Bus]("events.bus")

// findBus returns a bus. The default one is there without a record.
func findBus(r store.Reader, n busName) (*Bus, bool) {
	if b, ok := buses.Get(r, n.key()); ok {
		return b, true
	}
	return &Bus{busName: n}, n.Name == defaultBus
}

// open returns the bus that a parameter means, of the call's region.
func open(c *call.Call, nameOrARN *string) (*Bus, error) {
	n := bus(c, nameOrARN)
	b, ok := findBus(c.State, n)
	if !ok || n.Region != c.Region {
		return nil, noBus(n.Name)
	}
	if n.Account != c.Account() {
		c.Owners = []string{n.Account}
	}
	return b, nil
}

// put stores a bus that was changed.
func (b *Bus) put(c *call.Call) {
	b.Modified = c.Time
	if b.Created.IsZero() {
		b.Created = c.Time
	}
	buses.Put(c.Tx, b.key(), b)
}

// attached is the bus's policy as evaluation takes it, nil when it has none.
func (b *Bus) attached() *policy.Attached {
	if b.Policy.IsZero() {
		return nil
	}
	return &policy.Attached{Name: b.Name, Document: b.Policy.Document()}
}

// CreateEventBus makes a custom bus.
func (s *Service) CreateEventBus(c *call.Call, in *api.CreateEventBusInput) (*api.CreateEventBusOutput, error) {
	b := &Bus{busName: busName{c.Account(), c.Region, aws.Val(in.Name)}, Description: aws.Val(in.Description)}
	switch {
	case in.EventSourceName != nil:
		return nil, aws.Errorf(resourceNotFound, "Event source %s does not exist.", *in.EventSourceName)
	case strings.Contains(b.Name, "/"):
		return nil, invalid("Event bus name must not contain '/'.")
	case strings.HasPrefix(b.Name, "aws."):
		return nil, invalid("Event bus name starting with 'aws.' is not valid.")
	}
	if err := b.configure(in.DeadLetterConfig, in.LogConfig, in.KmsKeyIdentifier); err != nil {
		return nil, err
	}
	if _, ok := findBus(c.State, b.busName); ok {
		return nil, aws.Errorf("ResourceAlreadyExistsException", "Event bus %s already exists.", b.Name)
	}
	var err error
	if b.Tags, err = tagRules.With(nil, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if pages.Count(buses.Scan(c.State, c.Account()+"/"+c.Region+"/")) >= busesPerAccount {
		return nil, overLimit()
	}
	b.put(c)
	return &api.CreateEventBusOutput{EventBusArn: new(b.arn()), Description: in.Description, DeadLetterConfig: in.DeadLetterConfig}, nil
}

// configure takes the settings that creating and updating share. What is not
// served is refused rather than forgotten.
func (b *Bus) configure(dlq *api.DeadLetterConfig, logs *api.LogConfig, key *string) error {
	if aws.Val(key) != "" {
		return invalid("Event buses that are encrypted with a customer managed key are not served here.")
	}
	if logs != nil && aws.Val(logs.Level) != "" && *logs.Level != api.LevelOff {
		return invalid("Logs of event buses are not served here.")
	}
	if dlq != nil && dlq.Arn != nil && !isQueue(*dlq.Arn) {
		return badDeadLetter(*dlq.Arn)
	}
	if dlq != nil {
		b.DeadLetter = aws.Val(dlq.Arn)
	}
	return nil
}

// UpdateEventBus changes the settings that are given.
func (s *Service) UpdateEventBus(c *call.Call, in *api.UpdateEventBusInput) (*api.UpdateEventBusOutput, error) {
	old, err := open(c, in.Name)
	if err != nil {
		return nil, err
	}
	b := new(*old)
	if err := b.configure(in.DeadLetterConfig, in.LogConfig, in.KmsKeyIdentifier); err != nil {
		return nil, err
	}
	if in.Description != nil {
		b.Description = *in.Description
	}
	b.put(c)
	return &api.UpdateEventBusOutput{
		Arn: new(b.arn()), Name: &b.Name, Description: optional(b.Description), DeadLetterConfig: deadLetterConfig(b.DeadLetter),
	}, nil
}

// DescribeEventBus tells a bus, the default one when none is named.
func (s *Service) DescribeEventBus(c *call.Call, in *api.DescribeEventBusInput) (*api.DescribeEventBusOutput, error) {
	b, err := open(c, in.Name)
	if err != nil {
		return nil, err
	}
	v := b.view()
	return &api.DescribeEventBusOutput{
		Name: v.Name, Arn: v.Arn, Description: v.Description, Policy: v.Policy, CreationTime: v.CreationTime,
		LastModifiedTime: v.LastModifiedTime, DeadLetterConfig: deadLetterConfig(b.DeadLetter),
	}, nil
}

// DeleteEventBus removes a custom bus that has no rules. One that is not
// there is no error.
func (s *Service) DeleteEventBus(c *call.Call, in *api.DeleteEventBusInput) (*api.DeleteEventBusOutput, error) {
	n := bus(c, in.Name)
	if n.Name == defaultBus {
		return nil, invalid("Cannot delete event bus default.")
	}
	for range rules.Scan(c.State, n.rules()) {
		return nil, invalid("Event bus %s can't be deleted since it has rules.", n.Name)
	}
	buses.Delete(c.Tx, n.key())
	return nil, nil
}

// ListEventBuses lists the buses of the account, the default one among them.
func (s *Service) ListEventBuses(c *call.Call, in *api.ListEventBusesInput) (*api.ListEventBusesOutput, error) {
	all := busesOf(c.State, c.Account(), c.Region)
	prefix := aws.Val(in.NamePrefix)
	p, next, err := page(c, in.NextToken, in.Limit, pages.Where(all, func(b *Bus) bool { return strings.HasPrefix(b.Name, prefix) }))
	return &api.ListEventBusesOutput{EventBuses: pages.Views(p, (*Bus).view), NextToken: next}, err
}

// busesOf are the buses of an account in the order of their names.
func busesOf(r store.Reader, account, region string) iter.Seq2[string, *Bus] {
	own, _ := findBus(r, busName{account, region, defaultBus})
	return func(yield func(string, *Bus) bool) {
		pending := true
		for _, b := range buses.Scan(r, account+"/"+region+"/") {
			if pending && b.Name >= defaultBus {
				pending = false
				if !yield(own.Name, own) {
					return
				}
			}
			if b.Name != defaultBus && !yield(b.Name, b) {
				return
			}
		}
		if pending {
			yield(own.Name, own)
		}
	}
}

func (b *Bus) view() api.EventBus {
	v := api.EventBus{Name: &b.Name, Arn: new(b.arn()), Description: optional(b.Description), Policy: optional(b.Policy.Text())}
	if !b.Created.IsZero() {
		v.CreationTime, v.LastModifiedTime = &b.Created, &b.Modified
	}
	return v
}

// optional is nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func deadLetterConfig(queue string) *api.DeadLetterConfig {
	if queue == "" {
		return nil
	}
	return &api.DeadLetterConfig{Arn: &queue}
}
