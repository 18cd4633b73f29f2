package sqs

import (
	"maps"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Access lists the permissions that a call needs. A queue that does not exist
// answers the call.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	ask, ok := needs[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	n := &permissions{c: c, action: "sqs:" + actionOf(c.Operation.Name)}
	if err := ask(n, in); err != nil {
		return nil, err
	}
	return n.targets, nil
}

// actionOf is the action that an operation is. A batch is what it is a batch
// of.
func actionOf(operation string) string {
	switch operation {
	case "SendMessageBatch":
		return "SendMessage"
	case "DeleteMessageBatch":
		return "DeleteMessage"
	case "ChangeMessageVisibilityBatch":
		return "ChangeMessageVisibility"
	}
	return operation
}

// permissions are what one call needs.
type permissions struct {
	c       *call.Call
	action  string
	targets []call.Target
}

// own is a permission on a queue that only its account can have: the queue's
// policy says nothing of it to others.
func (n *permissions) own(q *Queue, action string) {
	t := q.target(action)
	if q.Account != n.c.Account() {
		t.Policy = nil
	}
	n.add(q, t)
}

// shared is a permission on a queue that its policy can give to others.
func (n *permissions) shared(q *Queue, action string) { n.add(q, q.target(action)) }

// add notes what is called for the record, too.
func (n *permissions) add(q *Queue, t call.Target) {
	t.Context = policy.Context{}
	for key, value := range q.Tags {
		t.Context.Set("aws:ResourceTag/"+key, value)
	}
	n.targets = append(n.targets, t)
	n.note(q)
}

func (n *permissions) note(q *Queue) {
	if len(n.targets) > 1 {
		return
	}
	if n.c.Operation.DataType != "" {
		n.c.Resources = []call.Resource{{Account: q.Account, Type: n.c.Operation.DataType, ARN: q.ARN()}}
	}
	if q.Account != n.c.Account() {
		n.c.Owners = []string{q.Account}
	}
}

// ownURL and sharedURL are the two for the queue of an address.
func (n *permissions) ownURL(address *string) error {
	q, err := findURL(n.c, address)
	if err == nil {
		n.own(q, n.action)
	}
	return err
}

func (n *permissions) sharedURL(address *string) error {
	q, err := findURL(n.c, address)
	if err == nil {
		n.shared(q, n.action)
	}
	return err
}

// tagged adds the tags of a request.
func (n *permissions) tagged(tags map[string]string) {
	t := &n.targets[len(n.targets)-1]
	for key, value := range tags {
		t.Context.Set("aws:RequestTag/"+key, value)
	}
	n.tagKeys(slices.Sorted(maps.Keys(tags)))
}

func (n *permissions) tagKeys(keys []string) {
	tag.SetKeys(n.targets[len(n.targets)-1].Context, keys)
}

// on makes a function of a typed input one of any.
func on[I any](fn func(n *permissions, in *I) error) func(*permissions, any) error {
	return func(n *permissions, in any) error { return fn(n, in.(*I)) }
}

var needs = map[string]func(n *permissions, in any) error{
	"CreateQueue": on(func(n *permissions, in *api.CreateQueueInput) error {
		q := &Queue{Account: n.c.Account(), Region: n.c.Region, Name: aws.Val(in.QueueName)}
		n.own(q, n.action)
		n.tagged(in.Tags)
		if len(in.Tags) > 0 {
			n.own(q, "sqs:TagQueue")
			n.tagged(in.Tags)
		}
		return nil
	}),
	"ListQueues": on(func(n *permissions, in *api.ListQueuesInput) error {
		n.targets = []call.Target{{Action: n.action, Resource: "*"}}
		return nil
	}),
	"GetQueueUrl": on(func(n *permissions, in *api.GetQueueUrlInput) error {
		q, err := findName(n.c, in)
		if err == nil {
			n.shared(q, n.action)
		}
		return err
	}),
	"DeleteQueue":        on(func(n *permissions, in *api.DeleteQueueInput) error { return n.ownURL(in.QueueUrl) }),
	"SetQueueAttributes": on(func(n *permissions, in *api.SetQueueAttributesInput) error { return n.ownURL(in.QueueUrl) }),
	"AddPermission":      on(func(n *permissions, in *api.AddPermissionInput) error { return n.ownURL(in.QueueUrl) }),
	"RemovePermission":   on(func(n *permissions, in *api.RemovePermissionInput) error { return n.ownURL(in.QueueUrl) }),
	"ListQueueTags":      on(func(n *permissions, in *api.ListQueueTagsInput) error { return n.ownURL(in.QueueUrl) }),
	"TagQueue": on(func(n *permissions, in *api.TagQueueInput) error {
		err := n.ownURL(in.QueueUrl)
		if err == nil {
			n.tagged(in.Tags)
		}
		return err
	}),
	"UntagQueue": on(func(n *permissions, in *api.UntagQueueInput) error {
		err := n.ownURL(in.QueueUrl)
		if err == nil {
			n.tagKeys(in.TagKeys)
		}
		return err
	}),

	"GetQueueAttributes": on(func(n *permissions, in *api.GetQueueAttributesInput) error { return n.sharedURL(in.QueueUrl) }),
	"ListDeadLetterSourceQueues": on(func(n *permissions, in *api.ListDeadLetterSourceQueuesInput) error {
		return n.sharedURL(in.QueueUrl)
	}),
	"PurgeQueue":         on(func(n *permissions, in *api.PurgeQueueInput) error { return n.sharedURL(in.QueueUrl) }),
	"SendMessage":        on(func(n *permissions, in *api.SendMessageInput) error { return n.sharedURL(in.QueueUrl) }),
	"SendMessageBatch":   on(func(n *permissions, in *api.SendMessageBatchInput) error { return n.sharedURL(in.QueueUrl) }),
	"ReceiveMessage":     on(func(n *permissions, in *api.ReceiveMessageInput) error { return n.sharedURL(in.QueueUrl) }),
	"DeleteMessage":      on(func(n *permissions, in *api.DeleteMessageInput) error { return n.sharedURL(in.QueueUrl) }),
	"DeleteMessageBatch": on(func(n *permissions, in *api.DeleteMessageBatchInput) error { return n.sharedURL(in.QueueUrl) }),
	"ChangeMessageVisibility": on(func(n *permissions, in *api.ChangeMessageVisibilityInput) error {
		return n.sharedURL(in.QueueUrl)
	}),
	"ChangeMessageVisibilityBatch": on(func(n *permissions, in *api.ChangeMessageVisibilityBatchInput) error {
		return n.sharedURL(in.QueueUrl)
	}),

	"StartMessageMoveTask": on(func(n *permissions, in *api.StartMessageMoveTaskInput) error {
		source, err := findSource(n.c, in.SourceArn)
		if err != nil {
			return err
		}
		for _, action := range []string{n.action, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
			n.own(source, action)
		}
		destinations := sourcesOf(n.c.State, source)
		if in.DestinationArn != nil {
			to, ok := findARN(n.c.State, *in.DestinationArn)
			if !ok {
				return noSuchResource("DestinationArn")
			}
			destinations = []*Queue{to}
		}
		for _, to := range destinations {
			n.shared(to, "sqs:SendMessage")
		}
		return nil
	}),
	"ListMessageMoveTasks": on(func(n *permissions, in *api.ListMessageMoveTasksInput) error {
		source, err := findSource(n.c, in.SourceArn)
		if err == nil {
			n.own(source, n.action)
		}
		return err
	}),
	"CancelMessageMoveTask": on(func(n *permissions, in *api.CancelMessageMoveTaskInput) error {
		_, arn, err := parseTask(in.TaskHandle)
		if err != nil {
			return err
		}
		source, err := findSource(n.c, &arn)
		if err == nil {
			n.own(source, n.action)
		}
		return err
	}),
}
