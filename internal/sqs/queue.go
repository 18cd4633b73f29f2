package sqs

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Queue is a queue, without its messages.
type Queue struct {
	Account, Region, Name string
	// ID is this queue's alone: one that is deleted and created again has
	// another.
	ID string
	// Messages is what the keys of its messages begin with. A purge gives the
	// queue another one, and what it had before is nobody's.
	Messages          string
	Created, Modified time.Time
	Purged            time.Time `json:",omitzero"`
	Settings
	Tags map[string]string `json:",omitempty"`
}

const (
	byMessages   = "messages"
	byDeadLetter = "deadletter"
)

var queues = store.NewKind("sqs.queue",
	store.Index[Queue]{Name: byMessages, Keys: func(_ string, q *Queue) []string { return []string{q.Messages} }},
	store.Index[Queue]{Name: byDeadLetter, Keys: func(_ string, q *Queue) []string {
		if q.Redrive.Target == "" {
			return nil
		}
		return []string{q.Redrive.Target}
	}},
)

// deleted remembers when queues were deleted, for as long as their names may
// not be used again.
var deleted = store.NewKind[time.Time]("sqs.deleted")

// restingPeriod is for how long the name of a deleted queue may not be used,
// and how long a queue rests between two purges.
const restingPeriod = 60 * time.Second

func queueKey(account, region, name string) string { return account + "/" + region + "/" + name }

func (q *Queue) key() string { return queueKey(q.Account, q.Region, q.Name) }

// ARN is the queue's name in policies.
func (q *Queue) ARN() string { return aws.NewARN("sqs", q.Region, q.Account, q.Name).String() }

// newMessages makes what the keys of a queue's messages begin with.
func newMessages() string { return aws.LowerID("", 12) }

// CreateQueue makes a queue. One that exists already is answered with when
// all attributes that are given are as they are.
func (s *Service) CreateQueue(c *call.Call, in *api.CreateQueueInput) (*api.CreateQueueOutput, error) {
	q := &Queue{
		Account: c.Account(), Region: c.Region, Name: aws.Val(in.QueueName),
		ID: newMessages(), Messages: newMessages(),
		Created: c.Time.UTC(), Modified: c.Time.UTC(), Settings: defaults(),
	}
	fifo, given := in.Attributes[api.QueueAttributeNameFifoQueue]
	if given && fifo != "true" {
		return nil, unknownAttribute(api.QueueAttributeNameFifoQueue)
	}
	q.FIFO = given
	if err := checkName(q.Name, q.FIFO); err != nil {
		return nil, err
	}
	attributes := maps.Clone(in.Attributes)
	delete(attributes, api.QueueAttributeNameFifoQueue)
	if err := q.set(c.State, attributes); err != nil {
		return nil, err
	}
	if existing, ok := queues.Get(c.State, q.key()); ok {
		if name := existing.differs(q, in.Attributes); name != "" {
			return nil, aws.Errorf("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
		return &api.CreateQueueOutput{QueueUrl: new(existing.url(c))}, nil
	}
	if at, ok := deleted.Get(c.State, q.key()); ok && c.Time.Sub(*at) < restingPeriod {
		return nil, aws.Errorf("QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
	}
	var err error
	if q.Tags, err = withTags(nil, in.Tags); err != nil {
		return nil, err
	}
	q.Policy = s.bind(c.State, q.Policy)
	if err := s.ensureKey(c, q); err != nil {
		return nil, err
	}
	queues.Put(c.Tx, q.key(), q)
	return &api.CreateQueueOutput{QueueUrl: new(q.url(c))}, nil
}

// differs returns the first of the named attributes that is not as it is in
// the other queue, "" when all are.
func (q *Queue) differs(other *Queue, names map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, _ := attributes[name].get(q)
		b, _ := attributes[name].get(other)
		if a != b {
			return name
		}
	}
	return ""
}

func checkName(name string, fifo bool) error {
	stem := name
	if fifo {
		var ok bool
		if stem, ok = strings.CutSuffix(name, ".fifo"); !ok {
			stem = ""
		}
	}
	if len(name) <= 80 && isWord(stem) {
		return nil
	}
	if fifo {
		return invalidParameter("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	}
	return invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
}

// isWord reports whether s is letters, digits, hyphens and underscores, and
// not empty.
func isWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	}) < 0
}

// DeleteQueue deletes a queue, whatever is in it. Its messages are nobody's
// from then on and go when there is time.
func (s *Service) DeleteQueue(c *call.Call, in *api.DeleteQueueInput) (*api.DeleteQueueOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	queues.Delete(c.Tx, q.key())
	sequences.Delete(c.Tx, q.ID)
	for key := range tasks.Scan(c.State, q.ID+"/") {
		tasks.Delete(c.Tx, key)
	}
	deleted.Put(c.Tx, q.key(), new(c.Time.UTC()))
	return nil, nil
}

// PurgeQueue takes all messages out of a queue at once.
func (s *Service) PurgeQueue(c *call.Call, in *api.PurgeQueueInput) (*api.PurgeQueueOutput, error) {
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) error {
		if c.Time.Sub(q.Purged) < restingPeriod {
			return aws.Errorf("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.Name)
		}
		q.Messages, q.Purged = newMessages(), c.Time.UTC()
		return nil
	})
}

// GetQueueUrl answers with the address of a queue.
func (s *Service) GetQueueUrl(c *call.Call, in *api.GetQueueUrlInput) (*api.GetQueueUrlOutput, error) {
	q, err := findName(c, in)
	if err != nil {
		return nil, err
	}
	return &api.GetQueueUrlOutput{QueueUrl: new(q.url(c))}, nil
}

func findName(c *call.Call, in *api.GetQueueUrlInput) (*Queue, error) {
	account := c.Account()
	if in.QueueOwnerAWSAccountId != nil {
		account = *in.QueueOwnerAWSAccountId
	}
	q, ok := queues.Get(c.State, queueKey(account, c.Region, aws.Val(in.QueueName)))
	if !ok {
		return nil, noSuchQueue()
	}
	return q, nil
}

// ListQueues lists the queues of the caller's account and region. Without
// MaxResults there is no next page.
func (s *Service) ListQueues(c *call.Call, in *api.ListQueuesInput) (*api.ListQueuesOutput, error) {
	scope := queueKey(c.Account(), c.Region, aws.Val(in.QueueNamePrefix))
	found, next, err := page(c, in.MaxResults, in.NextToken, func(after string) iter.Seq2[string, *Queue] {
		return queues.ScanAfter(c.State, scope, after)
	})
	if err != nil {
		return nil, err
	}
	if in.MaxResults == nil {
		next = nil
	}
	out := &api.ListQueuesOutput{NextToken: next}
	if len(found) > 0 { // where there is none, AWS leaves the list out
		out.QueueUrls = urls(c, found)
	}
	return out, nil
}

// maxPage is how many queues a list shows at once.
const maxPage = 1000

// page cuts one page out of a list of queues.
func page(c *call.Call, max *int32, token *string, from func(after string) iter.Seq2[string, *Queue]) ([]*Queue, *string, error) {
	size := maxPage
	if max != nil {
		if *max < 1 || *max > maxPage {
			return nil, nil, invalidValue(*max, "MaxResults", "MaxResults must be an integer between 1 and 1000, if provided.")
		}
		size = int(*max)
	}
	found, next, ok := pages.From(c.Operation.Name, token, size, from)
	if !ok {
		return nil, nil, invalidParameter("Invalid or expired next token.")
	}
	return found, next, nil
}

func urls(c *call.Call, queues []*Queue) []string {
	return pages.Views(queues, func(q *Queue) string { return q.url(c) })
}

// editQueue changes a queue.
func editQueue(c *call.Call, address *string, edit func(*Queue) error) error {
	q, err := findURL(c, address)
	if err != nil {
		return err
	}
	q = new(*q)
	if err := edit(q); err != nil {
		return err
	}
	queues.Put(c.Tx, q.key(), q)
	return nil
}
