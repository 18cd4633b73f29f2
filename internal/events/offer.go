package events

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// AnyRule reports whether there is a rule in any account.
func AnyRule(r store.Reader) bool {
	for range rules.Scan(r, "") {
		return true
	}
	return false
}

// Interested reports whether any rule of the default bus of an account looks
// at events at all. It costs one look at an index.
func (s *Service) Interested(r store.Reader, account, region string) bool {
	for _, rule := range rules.Scan(r, busName{account, region, defaultBus}.rules()) {
		if rule.enabled() {
			return true
		}
	}
	return false
}

// Offer brings an event of the house to the default bus of an account: the
// rules that match it deliver it to their targets, as part of the change that
// tx is. An event that is too large is dropped. What targets refuse is no
// error: an error means that the detail is no JSON.
func (s *Service) Offer(tx *store.Tx, now time.Time, account, region string, e Event) error {
	n := busName{account, region, defaultBus}
	if len(e.Detail) > eventSize || !s.Interested(tx, account, region) {
		return nil
	}
	a, err := arrive(e, now)
	if err != nil {
		return err
	}
	if len(a.json) <= eventSize {
		s.route(tx, n, a)
	}
	return nil
}

// route delivers an event to the targets of all rules of a bus that match it.
func (s *Service) route(tx *store.Tx, n busName, a *arrival) {
	for _, r := range rules.Scan(tx, n.rules()) {
		if !r.enabled() || a.ReadOnly && !r.seesReading() || !r.Pattern.parsed.MatchValid(a.json) {
			continue
		}
		s.counters.matched.Add(1)
		for i := range r.Targets {
			s.deliver(tx, r, &r.Targets[i], a)
		}
	}
}

// forward brings an event to another bus, in the name of the account of the
// rule that sends it.
func (s *Service) forward(tx *store.Tx, r *Rule, t *Target, a *arrival) *aws.Error {
	n, _ := parseBusARN(t.ARN)
	b, ok := findBus(tx, n)
	switch {
	case a.forwarded:
		return invalid("An event that was sent from one event bus to another is not sent to a third.")
	case n.Account != r.Bus.Account:
		if denied := s.admits(tx, b, r, a); denied != nil {
			return denied
		}
	}
	if !ok {
		return noBus(n.Name)
	}
	on := *a
	on.forwarded = true
	s.route(tx, n, &on)
	return nil
}

// admits asks the policy of a bus whether the account of a rule may put
// events on it.
func (s *Service) admits(r store.Reader, b *Bus, rule *Rule, a *arrival) *aws.Error {
	account := rule.Bus.Account
	root := aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
	ctx := policy.PrincipalContext(root, nil, a.now)
	ctx.Set("events:source", a.Source)
	ctx.Set("events:detail-type", a.DetailType)
	ctx.Set("events:eventBusInvocation", "true")
	ctx.Set("aws:SourceArn", rule.arn())
	ctx.Set("aws:SourceAccount", account)
	if s.Membership != nil {
		if organization, path := s.Membership(r, account); organization != "" {
			ctx.Set("aws:PrincipalOrgID", organization)
			ctx.Set("aws:PrincipalOrgPaths", path)
		}
	}
	req := policy.Request{Principal: root, Action: "events:PutEvents", Resource: b.arn(), ResourceAccount: b.Account, Context: ctx}
	return policy.Evaluate(req, policy.Documents{Resource: b.attached()}).Denial(req)
}
