package sns

import (
	"maps"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// topicType is the resource type of a topic in records.
const topicType = "AWS::SNS::Topic"

// hidden stands in records where a message did.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// note tells the record which topic the call is about, and whose it is.
func note(c *call.Call, n TopicName) {
	if c.Operation.DataType != "" {
		c.Resources = []call.Resource{{Account: n.Account, Type: topicType, ARN: n.ARN()}}
	}
	if n.Account != c.Account() {
		c.Owners = []string{n.Account}
	}
}

// redacted is what the record of Publish says of its input.
func redacted(in *api.PublishInput) map[string]any {
	r := messageParameters(in.Message, in.Subject, in.MessageStructure, in.MessageGroupId, in.MessageDeduplicationId, in.MessageAttributes)
	put(r, "topicArn", in.TopicArn)
	put(r, "targetArn", in.TargetArn)
	if in.PhoneNumber != nil {
		r["phoneNumber"] = hidden
	}
	return r
}

// redactedBatch is what the record of PublishBatch says of its input.
func redactedBatch(in *api.PublishBatchInput) map[string]any {
	entries := make([]map[string]any, len(in.PublishBatchRequestEntries))
	for i := range entries {
		e := &in.PublishBatchRequestEntries[i]
		entries[i] = map[string]any{}
		put(entries[i], "id", e.Id)
		maps.Copy(entries[i], messageParameters(e.Message, e.Subject, e.MessageStructure, e.MessageGroupId, e.MessageDeduplicationId, e.MessageAttributes))
	}
	return map[string]any{"topicArn": aws.Val(in.TopicArn), "publishBatchRequestEntries": entries}
}

func messageParameters(body, subject, structure, group, deduplication *string, attributes map[string]api.MessageAttributeValue) map[string]any {
	r := map[string]any{}
	if body != nil {
		r["message"] = hidden
	}
	if subject != nil {
		r["subject"] = hidden
	}
	if len(attributes) > 0 {
		r["messageAttributes"] = hidden
	}
	put(r, "messageStructure", structure)
	put(r, "messageGroupId", group)
	put(r, "messageDeduplicationId", deduplication)
	return r
}

func put(r map[string]any, name string, value *string) {
	if value != nil {
		r[name] = *value
	}
}
