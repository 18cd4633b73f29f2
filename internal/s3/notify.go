package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// What can happen to an object.
const (
	objectPut       = "ObjectCreated:Put"
	objectCopied    = "ObjectCreated:Copy"
	objectCompleted = "ObjectCreated:CompleteMultipartUpload"
	objectDeleted   = "ObjectRemoved:Delete"
	objectMarked    = "ObjectRemoved:DeleteMarkerCreated"
	objectTagged    = "ObjectTagging:Put"
	objectUntagged  = "ObjectTagging:Delete"
	objectListed    = "ObjectAcl:Put"
)

// objectEvent is what happened to an object.
type objectEvent struct {
	name    string
	key     string
	version *string
	etag    *string // of what was made
	size    *int64  // of what was made; nil where it has to be looked up
}

// actor is who made it happen.
type actor struct {
	principal string // the id that AWS calls it by
	account   string
	address   string
	request   string
}

func actorOf(c *call.Call) actor {
	return actor{principal: principalID(c.Principal), account: c.Account(), address: c.SourceIP, request: c.RequestID}
}

// principalID is who acts, as notifications name it.
func principalID(p aws.Principal) string {
	switch {
	case p.Type == aws.Anonymous:
		return "Anonymous"
	case p.ID == "":
		return p.Service
	}
	return "AWS:" + p.ID
}

// notificationTime is the form of times in notifications.
const notificationTime = "2006-01-02T15:04:05.000Z"

// test sends each destination a test message.
func (s *Service) test(c *call.Call, b *Bucket, all []destination) error {
	text, err := json.Marshal(struct{ Service, Event, Time, Bucket, RequestId, HostId string }{
		"Amazon S3", "s3:TestEvent", c.Time.UTC().Format(notificationTime), b.Name, c.RequestID, c.RequestID,
	})
	if err != nil {
		return err
	}
	for _, d := range all {
		if s.Notifications == nil {
			return unableToValidate(d, "there is nobody to send it")
		}
		if err := s.send(c.Tx, c.Time, b, d, string(text)); err != nil {
			return unableToValidate(d, err.Message)
		}
	}
	return nil
}

func unableToValidate(d destination, reason string) error {
	return invalidArgument(d.arn, reason, "Unable to validate the following destination configurations")
}

// send sends a text to a destination, as S3 for the bucket.
func (s *Service) send(tx *store.Tx, now time.Time, b *Bucket, d destination, text string) *aws.Error {
	from := call.Source{Service: "s3.amazonaws.com", ARN: b.ARN(), Account: b.Account}
	if d.service == "sns" {
		return s.Notifications.Publish(tx, now, d.arn, from, "Amazon S3 Notification", text)
	}
	return s.Notifications.Send(tx, now, d.arn, from, text)
}

// notify tells of what happened to objects of a bucket, before the caller is
// answered and after the objects are durable. It never fails what happened: a
// destination that is gone, or no longer lets S3 in, is left out, and so are
// all when the transaction fails.
func (s *Service) notify(c *call.Call, b *Bucket, events ...objectEvent) {
	s.notifyAs(c.Ctx, b, actorOf(c), events...)
}

func (s *Service) notifyAs(ctx context.Context, b *Bucket, who actor, events ...objectEvent) {
	if b.Notification == nil || s.Notifications == nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // it happened, whoever still listens
	var messages []message
	for i := range events {
		messages = append(messages, s.messages(ctx, b, who, &events[i])...)
	}
	if len(messages) == 0 {
		return
	}
	_ = s.Update(ctx, func(tx *store.Tx) error {
		for _, m := range messages {
			if m.bus != nil {
				_ = s.Notifications.Offer(tx, s.Now(), b.Account, b.Region, *m.bus)
			} else {
				_ = s.send(tx, s.Now(), b, m.to, m.text)
			}
		}
		return nil
	})
}

// message is one text for one destination, or an event for the bus.
type message struct {
	to   destination
	text string
	bus  *BusEvent
}

// messages are what is to be sent of an event.
func (s *Service) messages(ctx context.Context, b *Bucket, who actor, e *objectEvent) (all []message) {
	var wanted []destination
	for _, d := range destinations(b.Notification) {
		if d.wants("s3:"+e.name, e.key) {
			wanted = append(wanted, d)
		}
	}
	bridged := b.Notification.EventBridgeConfiguration != nil && detailTypes[e.name] != ""
	if len(wanted) == 0 && !bridged {
		return nil
	}
	if strings.HasPrefix(e.name, "ObjectCreated:") && e.size == nil {
		e.size = s.sizeOf(ctx, b, e)
	}
	sequencer := s.sequencer()
	for _, d := range wanted {
		all = append(all, message{to: d, text: b.eventRecord(who, e, d.id, sequencer, s.Now())})
	}
	if bridged {
		all = append(all, message{bus: b.busEvent(who, e, sequencer)})
	}
	return all
}

// sizeOf is the size of an object that the data plane has made by itself, nil
// when it is gone already.
func (s *Service) sizeOf(ctx context.Context, b *Bucket, e *objectEvent) *int64 {
	out, _, err := s.look(ctx, &api.HeadObjectInput{Bucket: &b.Name, Key: &e.key, VersionId: e.version})
	if err != nil {
		return nil
	}
	return out.ContentLength
}

// sequencer tells the order of the events of a key: it grows.
func (s *Service) sequencer() string {
	for {
		last := s.last.Load()
		if next := max(last+1, s.Now().UnixNano()); s.last.CompareAndSwap(last, next) {
			return fmt.Sprintf("%016X", next)
		}
	}
}

// The record of an event, in the order in which S3 prints it.
type (
	eventRecords struct {
		Records []eventRecord
	}
	eventRecord struct {
		EventVersion      string            `json:"eventVersion"`
		EventSource       string            `json:"eventSource"`
		AWSRegion         string            `json:"awsRegion"`
		EventTime         string            `json:"eventTime"`
		EventName         string            `json:"eventName"`
		UserIdentity      principalIdentity `json:"userIdentity"`
		RequestParameters struct {
			SourceIPAddress string `json:"sourceIPAddress"`
		} `json:"requestParameters"`
		ResponseElements struct {
			RequestID string `json:"x-amz-request-id"`
			ID2       string `json:"x-amz-id-2"`
		} `json:"responseElements"`
		S3 eventEntity `json:"s3"`
	}
	principalIdentity struct {
		PrincipalID string `json:"principalId"`
	}
	eventEntity struct {
		SchemaVersion   string `json:"s3SchemaVersion"`
		ConfigurationID string `json:"configurationId"`
		Bucket          struct {
			Name          string            `json:"name"`
			OwnerIdentity principalIdentity `json:"ownerIdentity"`
			ARN           string            `json:"arn"`
		} `json:"bucket"`
		Object eventObject `json:"object"`
	}
	eventObject struct {
		Key       string `json:"key"`
		Size      *int64 `json:"size,omitempty"`
		ETag      string `json:"eTag,omitempty"`
		VersionID string `json:"versionId,omitempty"`
		Sequencer string `json:"sequencer"`
	}
)

// eventRecord is the message of an event. Keys are written as in a query.
func (b *Bucket) eventRecord(who actor, e *objectEvent, configuration, sequencer string, now time.Time) string {
	r := eventRecord{
		EventVersion: "2.1", EventSource: "aws:s3", AWSRegion: b.Region,
		EventTime: now.UTC().Format(notificationTime), EventName: e.name,
		UserIdentity: principalIdentity{who.principal},
	}
	r.RequestParameters.SourceIPAddress = who.address
	r.ResponseElements.RequestID, r.ResponseElements.ID2 = who.request, who.request
	r.S3.SchemaVersion, r.S3.ConfigurationID = "1.0", configuration
	r.S3.Bucket.Name, r.S3.Bucket.ARN = b.Name, b.ARN()
	r.S3.Bucket.OwnerIdentity.PrincipalID = CanonicalUser(b.Account)
	r.S3.Object = eventObject{escapeKey(e.key), e.size, strings.Trim(aws.Val(e.etag), `"`), aws.Val(e.version), sequencer}
	text, err := json.Marshal(eventRecords{[]eventRecord{r}})
	if err != nil {
		panic(err) // strings and a number
	}
	return string(text)
}

// detailTypes are the events that EventBridge is told of.
var detailTypes = map[string]string{
	objectPut: "Object Created", objectCopied: "Object Created", objectCompleted: "Object Created",
	objectDeleted: "Object Deleted", objectMarked: "Object Deleted",
	objectTagged: "Object Tags Added", objectUntagged: "Object Tags Deleted",
	objectListed: "Object ACL Updated",
}

// reasons are the calls behind events, deletions what became of objects.
var (
	reasons = map[string]string{
		objectPut: "PutObject", objectCopied: "CopyObject", objectCompleted: "CompleteMultipartUpload",
		objectDeleted: "DeleteObject", objectMarked: "DeleteObject",
	}
	deletions = map[string]string{objectDeleted: "Permanently Deleted", objectMarked: "Delete Marker Created"}
)

// busEvent is what EventBridge is told of an event.
func (b *Bucket) busEvent(who actor, e *objectEvent, sequencer string) *BusEvent {
	object := map[string]any{"key": e.key, "sequencer": sequencer}
	if e.size != nil {
		object["size"] = *e.size
	}
	if e.etag != nil {
		object["etag"] = strings.Trim(*e.etag, `"`)
	}
	if e.version != nil {
		object["version-id"] = *e.version
	}
	detail := map[string]any{
		"version": "0", "bucket": map[string]any{"name": b.Name}, "object": object,
		"request-id": who.request, "requester": who.account, "source-ip-address": who.address,
	}
	if reason, ok := reasons[e.name]; ok {
		detail["reason"] = reason
	}
	if deletion, ok := deletions[e.name]; ok {
		detail["deletion-type"] = deletion
	}
	text, err := json.Marshal(detail)
	if err != nil {
		panic(err) // strings and a number
	}
	return &BusEvent{DetailType: detailTypes[e.name], Resources: []string{b.ARN()}, Detail: text}
}
