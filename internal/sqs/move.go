package sqs

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// task moves the messages of a dead-letter queue, back to where they came
// from or to another queue. Its key is the source's id, and when it was
// started backwards, so that the newest comes first.
type task struct {
	ID          string
	Source      string // ARN
	Destination string `json:",omitempty"` // ARN, "" for where each came from
	Rate        int    `json:",omitempty"` // messages a second, 0 for no bound
	Status      string
	Reason      string `json:",omitempty"` // of a failure
	Started     int64
	Moved       int64
	ToMove      int64 // when it was started
}

// The states of a task.
const (
	running   = "RUNNING"
	completed = "COMPLETED"
	cancelled = "CANCELLED"
	failing   = "FAILED"
)

const byStatus = "status"

var tasks = store.NewKind("sqs.task",
	store.Index[task]{Name: byStatus, Keys: func(_ string, t *task) []string { return []string{t.Status} }})

const (
	maxRate  = 500
	maxTasks = 10
	// moveStep is how many messages one transaction moves.
	moveStep = 100
)

func taskKey(source *Queue, t *task) string {
	return source.ID + "/" + moment(99_999_999_999_999-t.Started) + "/" + t.ID
}

// StartMessageMoveTask begins to move the messages of a dead-letter queue.
func (s *Service) StartMessageMoveTask(c *call.Call, in *api.StartMessageMoveTaskInput) (*api.StartMessageMoveTaskOutput, error) {
	source, err := findSource(c, in.SourceArn)
	if err != nil {
		return nil, err
	}
	if len(sourcesOf(c.State, source)) == 0 {
		return nil, invalidParameter("Source queue must be configured as a Dead Letter Queue.")
	}
	t := &task{ID: aws.UUID(), Source: source.ARN(), Status: running, Started: c.Time.UnixMilli(), ToMove: int64(countAll(c.State, source))}
	if arn := in.DestinationArn; arn != nil {
		to, ok := findARN(c.State, *arn)
		switch {
		case !ok:
			return nil, noSuchResource("DestinationArn")
		case to.ID == source.ID:
			return nil, invalidParameter("Source queue arn and destination queue arn cannot be the same.")
		case to.FIFO != source.FIFO:
			return nil, invalidParameter("Source and destination queues must be of the same type.")
		}
		t.Destination = to.ARN()
	}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > maxRate {
			return nil, invalidValue(*n, "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.")
		}
		t.Rate = int(*n)
	}
	kept := 0
	for key, other := range tasks.Scan(c.State, source.ID+"/") {
		if other.Status == running {
			return nil, invalidParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
		if kept++; kept >= maxTasks {
			tasks.Delete(c.Tx, key)
		}
	}
	tasks.Put(c.Tx, taskKey(source, t), t)
	return &api.StartMessageMoveTaskOutput{TaskHandle: new(t.handle())}, nil
}

// sourcesOf are the queues whose dead-letter queue this is.
func sourcesOf(r store.Reader, dead *Queue) []*Queue {
	var list []*Queue
	for _, q := range queues.By(r, byDeadLetter, dead.ARN()) {
		list = append(list, q)
	}
	return list
}

// findSource finds the queue that a task moves messages of.
func findSource(c *call.Call, arn *string) (*Queue, error) {
	q, ok := findARN(c.State, aws.Val(arn))
	if !ok || q.Region != c.Region {
		return nil, noSuchResource("SourceArn")
	}
	return q, nil
}

func (t *task) handle() string {
	return base64.StdEncoding.EncodeToString([]byte(t.ID + " " + t.Source))
}

// parseTask takes a handle apart.
func parseTask(handle *string) (id, source string, err error) {
	text, derr := base64.StdEncoding.DecodeString(aws.Val(handle))
	id, source, ok := strings.Cut(string(text), " ")
	if derr != nil || !ok {
		return "", "", invalidParameter("Value for parameter TaskHandle is invalid.")
	}
	return id, source, nil
}

// CancelMessageMoveTask ends a task. What was moved stays moved.
func (s *Service) CancelMessageMoveTask(c *call.Call, in *api.CancelMessageMoveTaskInput) (*api.CancelMessageMoveTaskOutput, error) {
	id, arn, err := parseTask(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	source, err := findSource(c, &arn)
	if err != nil {
		return nil, err
	}
	for key, t := range tasks.Scan(c.State, source.ID+"/") {
		if t.ID != id {
			continue
		}
		if t.Status != running {
			return nil, aws.Errorf("UnsupportedOperation", "Only active tasks can be cancelled.")
		}
		t = new(*t)
		t.Status = cancelled
		tasks.Put(c.Tx, key, t)
		return &api.CancelMessageMoveTaskOutput{ApproximateNumberOfMessagesMoved: &t.Moved}, nil
	}
	return nil, aws.Errorf("ResourceNotFoundException", "Task does not exist.")
}

// ListMessageMoveTasks lists the newest tasks of a dead-letter queue.
func (s *Service) ListMessageMoveTasks(c *call.Call, in *api.ListMessageMoveTasksInput) (*api.ListMessageMoveTasksOutput, error) {
	source, err := findSource(c, in.SourceArn)
	if err != nil {
		return nil, err
	}
	most := 1
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > maxTasks {
			return nil, invalidValue(*n, "MaxResults", "Must be between 1 and 10, if provided.")
		}
		most = int(*n)
	}
	out := &api.ListMessageMoveTasksOutput{Results: []api.ListMessageMoveTasksResultEntry{}}
	for _, t := range tasks.Scan(c.State, source.ID+"/") {
		if len(out.Results) == most {
			break
		}
		out.Results = append(out.Results, t.view())
	}
	return out, nil
}

func (t *task) view() api.ListMessageMoveTasksResultEntry {
	v := api.ListMessageMoveTasksResultEntry{
		Status: &t.Status, SourceArn: &t.Source, StartedTimestamp: &t.Started,
		ApproximateNumberOfMessagesMoved: &t.Moved, ApproximateNumberOfMessagesToMove: &t.ToMove,
	}
	if t.Status == running {
		v.TaskHandle = new(t.handle())
	}
	if t.Destination != "" {
		v.DestinationArn = &t.Destination
	}
	if t.Rate > 0 {
		v.MaxNumberOfMessagesPerSecond = new(int32(t.Rate))
	}
	if t.Reason != "" {
		v.FailureReason = &t.Reason
	}
	return v
}

// move goes on with every task that runs, as far as its rate lets it.
func (s *Service) move(ctx context.Context) error {
	for key := range tasks.By(s.State.View(), byStatus, running) {
		for more := true; more; {
			err := s.State.Update(ctx, func(tx *store.Tx) error {
				more = moveSome(tx, key, s.Now())
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// moveSome moves some messages of a task, and reports whether there is more
// to do at once. How many may be moved follows from how many were and from
// when the task began, so it does not matter who does it, nor how often.
func moveSome(tx *store.Tx, key string, now time.Time) (more bool) {
	t, ok := tasks.Get(tx, key)
	if !ok || t.Status != running {
		return false
	}
	t = new(*t)
	most := moveStep
	if t.Rate > 0 {
		most = min(most, int((now.UnixMilli()-t.Started)*int64(t.Rate)/1000-t.Moved))
	}
	if most <= 0 {
		return false
	}
	moved, rest := 0, false
	source, ok := findARN(tx, t.Source)
	if !ok || source.ID != prefixOf(key)[:len(prefixOf(key))-1] {
		t.fail()
	} else {
		moved, rest = t.step(tx, source, now.UnixMilli(), most)
	}
	t.Moved += int64(moved)
	if !rest && t.Status == running {
		t.Status = completed
	}
	tasks.Put(tx, key, t)
	return t.Status == running && moved == most
}

func (t *task) fail() {
	t.Status, t.Reason = failing, api.API.Query.Code("QueueDoesNotExist")
}

// step moves up to so many messages in their order, and reports whether there
// are more. Those in flight stay, in a FIFO queue with all of their group.
func (t *task) step(tx *store.Tx, source *Queue, now int64, most int) (moved int, rest bool) {
	held := map[string]bool{}
	for key, m := range messages.Scan(tx, source.prefix()) {
		if m.Visible > now {
			held[m.Group] = source.FIFO
			continue
		}
		if source.expired(m, now) || held[m.Group] {
			continue
		}
		if moved == most {
			return moved, true
		}
		arn := t.Destination
		if arn == "" {
			arn = m.Origin
		}
		to, ok := findARN(tx, arn)
		if arn == "" || ok && to.FIFO != source.FIFO {
			continue // it was sent here, and not moved
		}
		if !ok {
			t.fail()
			return moved, false
		}
		to.adopt(tx, key, m, now)
		if source.FIFO {
			source.line(tx, m.Group, now)
		}
		moved++
	}
	return moved, false
}

// adopt takes a message out of another queue as one that is sent now.
func (q *Queue) adopt(tx *store.Tx, key string, m *message, now int64) {
	messages.Delete(tx, key)
	m = new(*m)
	m.ID, m.Origin, m.Sent, m.Visible = aws.EventID(), "", now, now
	m.Received, m.Arrived, m.First, m.Since = 0, 0, 0, 0
	if q.FIFO {
		m.Sequence = q.nextSequence(tx)
	}
	q.put(tx, m)
}
