package sqs

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Settings are what the owner of a queue may set. Durations are in seconds,
// sizes in bytes.
type Settings struct {
	VisibilityTimeout, Delay, Retention, MaxSize, Wait int

	FIFO            bool   `json:",omitempty"`
	ContentDedup    bool   `json:",omitempty"` // ContentBasedDeduplication
	DedupScope      string `json:",omitempty"` // "" is queue
	ThroughputLimit string `json:",omitempty"` // "" is perQueue

	KMSKey    string `json:",omitempty"` // as it was given: an id, an ARN or an alias
	KMSReuse  int    `json:",omitempty"` // 0 is the default
	Encrypted bool   // SqsManagedSseEnabled

	Policy       policy.Source `json:",omitzero"`
	Redrive      Redrive       `json:",omitzero"`
	RedriveAllow RedriveAllow  `json:",omitzero"`
}

// largestMessage is how large a message may be, and all messages of a batch
// together.
const largestMessage = 1 << 20

func defaults() Settings {
	return Settings{VisibilityTimeout: 30, Retention: 4 * 24 * 3600, MaxSize: largestMessage, Encrypted: true}
}

// The values of the attributes for high throughput.
const (
	perGroup      = "messageGroup"
	perGroupLimit = "perMessageGroupId"
	defaultReuse  = 300
)

// attribute is one attribute of queues, by its name in the API.
type attribute struct {
	// get returns the value, and whether the queue has the attribute at all.
	get func(q *Queue) (string, bool)
	// set changes the queue. nil: nobody can. The error says what is wrong
	// with the value.
	set func(r store.Reader, q *Queue, value string) error
	// fifo attributes belong to FIFO queues alone.
	fifo bool
}

var attributes = map[string]attribute{
	"VisibilityTimeout":             number("VisibilityTimeout", 0, 43200, func(q *Queue) *int { return &q.VisibilityTimeout }),
	"DelaySeconds":                  number("DelaySeconds", 0, 900, func(q *Queue) *int { return &q.Delay }),
	"MessageRetentionPeriod":        number("MessageRetentionPeriod", 60, 1209600, func(q *Queue) *int { return &q.Retention }),
	"MaximumMessageSize":            number("MaximumMessageSize", 1024, largestMessage, func(q *Queue) *int { return &q.MaxSize }),
	"ReceiveMessageWaitTimeSeconds": number("ReceiveMessageWaitTimeSeconds", 0, 20, func(q *Queue) *int { return &q.Wait }),

	"FifoQueue":                 {get: func(q *Queue) (string, bool) { return "true", q.FIFO }, set: keepType, fifo: true},
	"ContentBasedDeduplication": flag("ContentBasedDeduplication", true, func(q *Queue) *bool { return &q.ContentDedup }),
	"DeduplicationScope":        choice("DeduplicationScope", func(q *Queue) *string { return &q.DedupScope }, "queue", perGroup),
	"FifoThroughputLimit":       choice("FifoThroughputLimit", func(q *Queue) *string { return &q.ThroughputLimit }, "perQueue", perGroupLimit),

	"SqsManagedSseEnabled":         flag("SqsManagedSseEnabled", false, func(q *Queue) *bool { return &q.Encrypted }),
	"KmsMasterKeyId":               {get: func(q *Queue) (string, bool) { return q.KMSKey, q.KMSKey != "" }, set: setKey},
	"KmsDataKeyReusePeriodSeconds": reusePeriod(),

	"Policy":             {get: func(q *Queue) (string, bool) { return q.Policy.Text(), !q.Policy.IsZero() }, set: setPolicy},
	"RedrivePolicy":      {get: func(q *Queue) (string, bool) { return q.Redrive.Text, q.Redrive.Text != "" }, set: setRedrive},
	"RedriveAllowPolicy": {get: func(q *Queue) (string, bool) { return q.RedriveAllow.Text, q.RedriveAllow.Text != "" }, set: setRedriveAllow},

	"QueueArn":              {get: func(q *Queue) (string, bool) { return q.ARN(), true }},
	"CreatedTimestamp":      {get: func(q *Queue) (string, bool) { return seconds(q.Created), true }},
	"LastModifiedTimestamp": {get: func(q *Queue) (string, bool) { return seconds(q.Modified), true }},
}

func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func number(name string, low, high int, of func(*Queue) *int) attribute {
	return attribute{
		get: func(q *Queue) (string, bool) { return strconv.Itoa(*of(q)), true },
		set: func(_ store.Reader, q *Queue, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < low || n > high {
				return invalidAttribute(name)
			}
			*of(q) = n
			return nil
		},
	}
}

func flag(name string, fifo bool, of func(*Queue) *bool) attribute {
	return attribute{
		get: func(q *Queue) (string, bool) { return strconv.FormatBool(*of(q)), true },
		set: func(_ store.Reader, q *Queue, value string) error {
			if value != "true" && value != "false" {
				return invalidAttribute(name)
			}
			*of(q) = value == "true"
			return nil
		},
		fifo: fifo,
	}
}

// choice is an attribute of FIFO queues with named values, the first of which
// is stored as "".
func choice(name string, of func(*Queue) *string, values ...string) attribute {
	return attribute{
		get: func(q *Queue) (string, bool) {
			if v := *of(q); v != "" {
				return v, true
			}
			return values[0], true
		},
		set: func(_ store.Reader, q *Queue, value string) error {
			if !slices.Contains(values, value) {
				return invalidAttribute(name)
			}
			if value == values[0] {
				value = ""
			}
			*of(q) = value
			return nil
		},
		fifo: true,
	}
}

// reusePeriod is shown with a key. Every message has a data key of its own,
// so there is nothing that it bounds.
func reusePeriod() attribute {
	a := number("KmsDataKeyReusePeriodSeconds", 60, 86400, func(q *Queue) *int { return &q.KMSReuse })
	a.get = func(q *Queue) (string, bool) {
		if q.KMSReuse == 0 {
			return strconv.Itoa(defaultReuse), q.KMSKey != ""
		}
		return strconv.Itoa(q.KMSReuse), true
	}
	return a
}

// keepType answers to a change of FifoQueue.
func keepType(store.Reader, *Queue, string) error {
	return aws.Errorf("InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
}

// setKey names the key for new messages. Whether it exists is asked when it
// is used.
func setKey(_ store.Reader, q *Queue, value string) error {
	if len(value) > 2048 {
		return invalidAttribute("KmsMasterKeyId")
	}
	q.KMSKey = value
	if value != "" {
		q.Encrypted = false
	}
	return nil
}

// set changes attributes by their names. The order of the names decides which
// of several faults is told.
func (q *Queue) set(r store.Reader, values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		a, ok := attributes[name]
		if !ok || a.set == nil || a.fifo && !q.FIFO {
			return unknownAttribute(name)
		}
		if name == api.QueueAttributeNameSqsManagedSseEnabled {
			continue // its turn comes when the key is known
		}
		if err := a.set(r, q, values[name]); err != nil {
			return err
		}
	}
	if managed, ok := values[api.QueueAttributeNameSqsManagedSseEnabled]; ok {
		if err := attributes[api.QueueAttributeNameSqsManagedSseEnabled].set(r, q, managed); err != nil {
			return err
		}
	}
	if q.KMSKey != "" && q.Encrypted {
		return aws.Errorf("InvalidAttributeName", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	if q.ThroughputLimit == perGroupLimit && q.DedupScope != perGroup {
		return invalidParameter("The FifoThroughputLimit attribute value perMessageGroupId is allowed only when the DeduplicationScope attribute value is messageGroup.")
	}
	return nil
}

// SetQueueAttributes changes attributes. What it says of delays and of
// retention holds for the messages of a FIFO queue and for all messages that
// are in the queue already.
func (s *Service) SetQueueAttributes(c *call.Call, in *api.SetQueueAttributesInput) (*api.SetQueueAttributesOutput, error) {
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) error {
		q.Modified = c.Time.UTC()
		if err := q.set(c.State, in.Attributes); err != nil {
			return err
		}
		if _, given := in.Attributes[api.QueueAttributeNamePolicy]; given {
			q.Policy = s.bind(c.State, q.Policy)
		}
		return s.ensureKey(c, q)
	})
}

// managedKey is what everybody calls the key that an account has for SQS.
const managedKey = "alias/aws/sqs"

// ensureKey makes that key where a queue names it and nobody has needed it
// before. Any other key is asked for when it is used.
func (s *Service) ensureKey(c *call.Call, q *Queue) error {
	if s.Keys == nil || q.KMSKey != managedKey && q.KMSKey != aws.NewARN("kms", q.Region, q.Account, managedKey).String() {
		return nil
	}
	_, err := s.Keys.ManagedKey(c.Tx, c.Time, q.Account, q.Region, "sqs")
	return err
}

// GetQueueAttributes answers with the attributes that are named.
func (s *Service) GetQueueAttributes(c *call.Call, in *api.GetQueueAttributesInput) (*api.GetQueueAttributesOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	names := in.AttributeNames
	if slices.Contains(names, api.QueueAttributeNameAll) {
		names = append(slices.Collect(maps.Keys(attributes)), slices.Collect(maps.Keys(counts))...)
	}
	out := &api.GetQueueAttributesOutput{}
	for _, name := range names {
		value, has := "", true
		if count, ok := counts[name]; ok {
			value = strconv.Itoa(count(c.State, q, c.Time))
		} else if a, ok := attributes[name]; !ok {
			return nil, unknownAttribute(name)
		} else if value, has = a.get(q); a.fifo && !q.FIFO {
			has = false
		}
		if has {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = value
		}
	}
	return out, nil
}

// counts are the attributes that count messages.
var counts = map[string]func(store.Reader, *Queue, time.Time) int{
	"ApproximateNumberOfMessages": func(r store.Reader, q *Queue, now time.Time) int {
		return max(0, countAll(r, q)-countInFlight(r, q, now)-countDelayed(r, q, now))
	},
	"ApproximateNumberOfMessagesNotVisible": countInFlight,
	"ApproximateNumberOfMessagesDelayed":    countDelayed,
}
