package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	account = "111111111111"
	other   = "222222222222"
	region  = "eu-west-1"
	queue   = "arn:aws:sqs:eu-west-1:111111111111:q"
	kmsKey  = "arn:aws:kms:eu-west-1:111111111111:key/1234"
)

// house is the service, with neighbours of a few lines.
type house struct {
	*calltest.Door
	*Service
	upkeep *segment.Upkeep

	mu       sync.Mutex // of what follows
	sent     []string   // bodies, by all queues
	from     []call.Source
	refusal  *aws.Error // of queues
	denied   *aws.Error // of the bucket
	objects  map[string][]byte
	putting  func(key string) // called before an object is put
	disabled bool             // the KMS key
}

func newHouse(t testing.TB) *house { return openHouse(t, store.Options{}) }

func openHouse(t testing.TB, o store.Options) *house {
	t.Helper()
	h := &house{Door: calltest.New(t, o), objects: map[string][]byte{}}
	h.Caller, h.Region = calltest.Root(account), region
	h.Service = &Service{
		Events: segment.Open(h.Store), Keys: h, Queues: h, Bucket: bucket{h},
		State: h.Store, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	h.Serve(api.API, api.Handlers(h.Service), h.Access)
	h.upkeep = &segment.Upkeep{
		Store: h.Store, Keys: h.DataKeys, Now: h.Clock.Now, Log: h.Service.Log,
		Horizons: func(now time.Time) map[int64]int64 { return Horizons(h.Store.View(), now) },
	}
	return h
}

func (h *house) ms() int64 { return h.Clock.Now().UnixMilli() }

// answer makes a call that must succeed and returns its answer.
func answer[O any](h *house, in wire.Shape) *O {
	h.Helper()
	return h.Do(in).(*O)
}

// fails makes a call that must fail with a code, and a message that contains
// something.
func (h *house) fails(code, message string, in wire.Shape) {
	h.Helper()
	if e := h.Refused(in); e != nil && (e.Code != code || !strings.Contains(e.Message, message)) {
		h.Errorf("%s: got %v, want %s: %s", in.Describe().Name, e, code, message)
	}
}

// group makes a group with streams.
func (h *house) group(name string, streams ...string) {
	h.Helper()
	h.Do(&api.CreateLogGroupInput{LogGroupName: &name})
	for _, s := range streams {
		h.Do(&api.CreateLogStreamInput{LogGroupName: &name, LogStreamName: &s})
	}
}

// put logs messages a millisecond apart, the last one now.
func (h *house) put(group, stream string, messages ...string) *api.PutLogEventsOutput {
	h.Helper()
	events := make([]api.InputLogEvent, len(messages))
	for i := range messages {
		events[i] = api.InputLogEvent{Timestamp: new(h.ms() - int64(len(messages)-1-i)), Message: &messages[i]}
	}
	return answer[api.PutLogEventsOutput](h, &api.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events})
}

// filtered searches a group page by page.
func (h *house) filtered(in *api.FilterLogEventsInput) (messages []string) {
	h.Helper()
	for {
		out := answer[api.FilterLogEventsOutput](h, in)
		for _, e := range out.Events {
			messages = append(messages, *e.Message)
		}
		if out.NextToken == nil {
			return messages
		}
		in.NextToken = out.NextToken
	}
}

func (h *house) advance() {
	h.Helper()
	if err := errors.Join(h.Advance(h.Context()), h.upkeep.Advance(h.Context())); err != nil {
		h.Fatal(err)
	}
}

// Send is SQS.
func (h *house) Send(_ *store.Tx, _ time.Time, arn string, from call.Source, body string) *aws.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal != nil {
		return h.refusal
	}
	h.sent, h.from = append(h.sent, arn+" "+body), append(h.from, from)
	return nil
}

// payloads returns what was sent since the last call.
func (h *house) payloads() (list []payload) {
	h.Helper()
	for _, s := range h.sent {
		_, body, _ := strings.Cut(s, " ")
		zipped, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			h.Fatal(err)
		}
		var p payload
		if err := json.Unmarshal(h.unzip(zipped), &p); err != nil {
			h.Fatal(err)
		}
		list = append(list, p)
	}
	h.sent = nil
	return list
}

func (h *house) unzip(data []byte) []byte {
	h.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		h.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		h.Fatal(err)
	}
	return text
}

// Target is KMS: one key, whose policy admits CloudWatch Logs for groups.
func (h *house) Target(_ store.Reader, key, _, _, action string, encryption map[string]string, _ string) (call.Target, *aws.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if key != kmsKey || h.disabled {
		return call.Target{}, aws.Errorf("DisabledException", "%s is disabled.", key)
	}
	t := call.Target{Action: action, Resource: key, Owner: account, PolicyRequired: true, Context: policy.Context{}}
	t.Policy = calltest.Policy(h.Door, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},
		"Action":["kms:GenerateDataKey*","kms:Decrypt*"],"Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-1:111111111111:*"}}}]}`)
	for k, v := range encryption {
		t.Context.Set("kms:EncryptionContext:"+k, v)
	}
	return t, nil
}

func (h *house) GenerateDataKey(_ store.Reader, _ string, encryption map[string]string) (plaintext, ciphertext []byte, err *aws.Error) {
	plain := []byte(strings.Repeat("p", 32))
	return plain, fmt.Appendf(nil, "%s|%s", plain, encryption["aws:logs:arn"]), nil
}

func (h *house) Decrypt(_ store.Reader, ciphertext []byte, encryption map[string]string) ([]byte, string, *aws.Error) {
	plain, arn, _ := bytes.Cut(ciphertext, []byte("|"))
	if string(arn) != encryption["aws:logs:arn"] {
		return nil, "", aws.Errorf("InvalidCiphertextException", "")
	}
	return plain, kmsKey, nil
}

// bucket is S3.
type bucket struct{ h *house }

func (b bucket) Probe(_ *call.Call, _ string, keys []string, _ call.Source) *aws.Error {
	if b.h.denied != nil && (b.h.denied.Message == "acl" || len(keys) > 0) {
		return b.h.denied
	}
	return nil
}

func (b bucket) Put(_ context.Context, _ store.Reader, o Object) *aws.Error {
	if b.h.putting != nil {
		b.h.putting(o.Key)
	}
	b.h.mu.Lock()
	defer b.h.mu.Unlock()
	if b.h.denied != nil {
		return b.h.denied
	}
	b.h.objects[o.Bucket+"/"+o.Key] = o.Body
	return nil
}
