package events

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// deliver gives a target its input. What the target refuses goes to its
// dead-letter queue, or is dropped.
func (s *Service) deliver(tx *store.Tx, r *Rule, t *Target, a *arrival) {
	s.counters.invocations.Add(1)
	refused := s.invoke(tx, r, t, a)
	if refused == nil {
		return
	}
	s.counters.failed.Add(1)
	if t.DeadLetter == "" {
		s.counters.dropped.Add(1)
		return
	}
	m := QueueMessage{Body: string(a.json), TraceHeader: a.trace, Attributes: map[string]string{
		"RULE_ARN":       r.arn(),
		"TARGET_ARN":     t.ARN,
		"ERROR_CODE":     deadLetterCode(refused),
		"ERROR_MESSAGE":  refused.Message,
		"RETRY_ATTEMPTS": "0",
	}}
	if s.Queues.SendAsService(tx, a.now, t.DeadLetter, s.source(tx, r), m) != nil {
		s.counters.dropped.Add(1)
		return
	}
	s.counters.deadLettered.Add(1)
}

// invoke brings an event to a target.
func (s *Service) invoke(tx *store.Tx, r *Rule, t *Target, a *arrival) *aws.Error {
	arn, _ := aws.ParseARN(t.ARN)
	switch arn.Service {
	case "sqs":
		m := QueueMessage{Body: t.input(a, r), GroupID: t.MessageGroup, TraceHeader: a.trace}
		return s.Queues.SendAsService(tx, a.now, t.ARN, s.source(tx, r), m)
	case "sns":
		return s.Topics.PublishAsService(tx, a.now, t.ARN, s.source(tx, r), t.input(a, r))
	case "logs":
		return s.log(tx, r, t, a, arn)
	}
	return s.forward(tx, r, t, a)
}

// source is EventBridge at work for a rule.
func (s *Service) source(r store.Reader, rule *Rule) call.Source {
	from := call.Source{Service: ServicePrincipal, ARN: rule.arn(), Account: rule.Bus.Account}
	if s.Membership != nil {
		from.Organization, from.OrganizationPath = s.Membership(r, from.Account)
	}
	return from
}

// input is what the target gets in place of the event.
func (t *Target) input(a *arrival, r *Rule) string {
	switch {
	case t.Input != "":
		return t.Input
	case t.InputPath != "":
		p, err := parsePath(t.InputPath)
		if err != nil {
			return ""
		}
		if v := p.in(a.json); v != nil {
			return string(v)
		}
		return "null"
	case t.Transformer != nil:
		return t.Transformer.render(a, r)
	}
	return string(a.json)
}

// log writes an event to a log group. A transformer may make an object of
// timestamp, in milliseconds or RFC 3339, and message of it.
func (s *Service) log(tx *store.Tx, r *Rule, t *Target, a *arrival, arn aws.ARN) *aws.Error {
	stream := streamName(r, t, a.now)
	from := s.source(tx, r)
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		target := s.Logs.Target(tx, t.ARN, stream, action)
		if refused := from.Ask(target, arn.Region, a.now, s.resourceControls(tx, target.Owner)); refused != nil {
			return refused
		}
	}
	at, message := a.Time, t.input(a, r)
	if t.Transformer != nil {
		at, message = logEvent(at, message)
	}
	return s.Logs.PutAsService(tx, a.now, t.ARN, stream, at, message)
}

func (s *Service) resourceControls(r store.Reader, account string) [][]policy.Attached {
	if s.ResourceControls == nil {
		return nil
	}
	return s.ResourceControls(r, account)
}

// streamName is a UUID, as the names of the streams that EventBridge makes
// are. It stays the same for a target and a day, so that streams do not become
// as many as events.
func streamName(r *Rule, t *Target, now time.Time) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.arn()+"\n"+t.ID+"\n"+now.UTC().Format(time.DateOnly))).String()
}

// logEvent takes the object apart that a transformer made for a log group.
// What is none is logged as it is.
func logEvent(at time.Time, text string) (time.Time, string) {
	var event struct {
		Timestamp json.RawMessage
		Message   *string
	}
	if json.Unmarshal([]byte(text), &event) != nil || event.Message == nil {
		return at, text
	}
	var ms int64
	var moment time.Time
	switch {
	case event.Timestamp == nil:
	case json.Unmarshal(event.Timestamp, &ms) == nil:
		at = time.UnixMilli(ms)
	case json.Unmarshal(event.Timestamp, &moment) == nil:
		at = moment
	}
	return at, *event.Message
}

// deadLetterCode is what EventBridge calls a refusal.
func deadLetterCode(refused *aws.Error) string {
	switch refused.Code {
	case aws.AccessDenied, "AccessDeniedException", "AuthorizationError", "KMSAccessDenied", "KmsAccessDenied":
		return "NO_PERMISSIONS"
	case resourceNotFound, "NotFound", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		return "NO_RESOURCE"
	}
	return "SDK_CLIENT_ERROR"
}
