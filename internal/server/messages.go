package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/events"
	"github.com/orgtrail/orgtrail/internal/logs"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/sqs"
	"github.com/orgtrail/orgtrail/internal/store"
)

// queues is SQS as SNS and CloudWatch Logs see it.
type queues struct{ sqs *sqs.Service }

func (q queues) SendAsService(tx *store.Tx, now time.Time, queueARN string, from call.Source, m sns.QueueMessage) *aws.Error {
	attributes := make(map[string]sqs.Attribute, len(m.Attributes))
	for name, a := range m.Attributes {
		attributes[name] = sqs.Attribute{DataType: a.Type, StringValue: a.Text, BinaryValue: a.Bytes}
	}
	return q.sqs.SendAsService(tx, now, queueARN, from, sqs.Message{
		Body: m.Body, Attributes: attributes, GroupID: m.GroupID, DeduplicationID: m.Deduplication,
	})
}

func (q queues) Send(tx *store.Tx, now time.Time, queueARN string, from call.Source, body string) *aws.Error {
	return q.sqs.SendAsService(tx, now, queueARN, from, sqs.Message{Body: body})
}

// eventQueues is SQS as EventBridge sees it.
type eventQueues struct{ sqs *sqs.Service }

func (q eventQueues) SendAsService(tx *store.Tx, now time.Time, queueARN string, from call.Source, m events.QueueMessage) *aws.Error {
	attributes := make(map[string]sqs.Attribute, len(m.Attributes))
	for name, value := range m.Attributes {
		attributes[name] = sqs.Attribute{DataType: "String", StringValue: value}
	}
	return q.sqs.SendAsService(tx, now, queueARN, from, sqs.Message{
		Body: m.Body, Attributes: attributes, GroupID: m.GroupID, TraceHeader: m.TraceHeader,
	})
}

// eventTopics is SNS as EventBridge sees it.
type eventTopics struct{ sns *sns.Service }

func (t eventTopics) PublishAsService(tx *store.Tx, now time.Time, topicARN string, from call.Source, body string) *aws.Error {
	return t.sns.PublishAsService(tx, now, topicARN, from, sns.Message{Body: body})
}

// eventLogs is CloudWatch Logs as EventBridge sees it.
type eventLogs struct{ logs *logs.Service }

func (l eventLogs) Target(r store.Reader, groupARN, stream, action string) call.Target {
	return logs.Target(r, groupARN, stream, action)
}

func (l eventLogs) PutAsService(tx *store.Tx, now time.Time, groupARN, stream string, at time.Time, message string) *aws.Error {
	return l.logs.PutAsService(tx, now, groupARN, stream, []logs.Event{{Time: at, Message: []byte(message)}})
}

// notifications are SNS, SQS and EventBridge as S3 sees them.
type notifications struct {
	queues
	sns    *sns.Service
	events *events.Service
}

func (n notifications) Publish(tx *store.Tx, now time.Time, topicARN string, from call.Source, subject, message string) *aws.Error {
	return n.sns.PublishAsService(tx, now, topicARN, from, sns.Message{Subject: subject, Body: message})
}

func (n notifications) Offer(tx *store.Tx, now time.Time, account, region string, e s3.BusEvent) error {
	return n.events.Offer(tx, now, account, region, events.Event{
		ID: aws.UUID(), DetailType: e.DetailType, Source: "aws.s3", Account: account, Region: region,
		Time: now, Resources: e.Resources, Detail: json.RawMessage(e.Detail),
	})
}

// exportBucket is S3 as CloudWatch Logs sees it.
type exportBucket struct{ *Server }

func (b exportBucket) Probe(c *call.Call, bucket string, keys []string, from call.Source) *aws.Error {
	return b.s3.Probe(c, bucket, keys, "", from)
}

func (b exportBucket) Put(ctx context.Context, r store.Reader, o logs.Object) *aws.Error {
	return logBucket{b.s3, b.gateway.Emit}.put(ctx, r, s3.ServiceObject{
		Bucket: o.Bucket, Key: o.Key, Body: o.Body, Type: "application/octet-stream", From: o.From,
	})
}
