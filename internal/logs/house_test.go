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
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
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

// house is the service on a real store, with neighbours of a few lines and a
// clock that only tests move.
type house struct {
	testing.TB
	*Service
	handlers map[string]call.Handler
	store    *store.Store
	upkeep   *segment.Upkeep
	who      aws.Principal
	notes    call.Notes // of the last call

	mu       sync.Mutex // of what follows
	now      time.Time
	sent     []string // bodies, by all queues
	from     []call.Source
	refusal  *aws.Error // of queues
	denied   *aws.Error // of the bucket
	objects  map[string][]byte
	putting  func(key string) // called before an object is put
	disabled bool             // the KMS key
}

func newHouse(t testing.TB) *house { return openHouse(t, store.Options{Dir: t.TempDir()}) }

func openHouse(t testing.TB, o store.Options) *house {
	t.Helper()
	st, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := &house{
		TB: t, store: st, now: time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC), objects: map[string][]byte{},
		who: aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account},
	}
	h.Service = &Service{
		Events: segment.Open(st), Keys: h, Queues: h, Bucket: bucket{h},
		State: st, Now: h.time, Log: slog.New(slog.DiscardHandler),
	}
	h.handlers = api.Handlers(h.Service)
	h.upkeep = &segment.Upkeep{
		Store: st, Keys: h.DataKeys, Now: h.time, Log: h.Service.Log,
		Horizons: func(now time.Time) map[int64]int64 { return Horizons(st.View(), now) },
	}
	return h
}

func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) ms() int64 { return h.time().UnixMilli() }

// call makes a call as the front door does: checked against the model, with
// its permissions, in a transaction when it writes.
func (h *house) call(in wire.Shape) (out any, err error) {
	h.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		h.Fatalf("no operation for %s", in.Describe().Name)
	}
	if err := wire.Check(op, in); err != nil {
		return nil, err
	}
	c := &call.Call{Ctx: context.Background(), Principal: h.who, Region: region, Operation: op, Time: h.time(), State: h.store.View()}
	c.Allow = func(t call.Target) error { return h.allow(t) }
	run := func() (any, error) {
		c.Notes = call.Notes{}
		targets, err := h.Access(c, in)
		if err != nil {
			return nil, err
		}
		for _, t := range targets {
			if err := h.allow(t); err != nil {
				return nil, err
			}
		}
		return h.handlers[op.Name](c, in)
	}
	if !op.Writes {
		return run()
	}
	err = h.store.Update(c.Ctx, func(tx *store.Tx) error {
		c.State, c.Tx = tx, tx
		out, err = run()
		return err
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = c.Notes
	return out, err
}

// allow is the gateway's answer for the root of an account.
func (h *house) allow(t call.Target) error {
	q := policy.Request{Principal: h.who, Action: t.Action, Resource: t.Resource, ResourceAccount: t.Owner, Context: t.Context}
	if denial := policy.Evaluate(q, policy.Documents{Resource: t.Policy}).Denial(q); denial != nil {
		return denial
	}
	return nil
}

// do makes calls that must succeed.
func (h *house) do(ins ...wire.Shape) {
	h.Helper()
	for _, in := range ins {
		if _, err := h.call(in); err != nil {
			h.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
}

// answer makes a call that must succeed and returns its answer.
func answer[O any](h *house, in wire.Shape) *O {
	h.Helper()
	out, err := h.call(in)
	if err != nil {
		h.Fatalf("%s: %v", in.Describe().Name, err)
	}
	return out.(*O)
}

// fails makes a call that must fail with a code, and a message that contains
// something.
func (h *house) fails(code, message string, in wire.Shape) {
	h.Helper()
	_, err := h.call(in)
	var e *aws.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		h.Errorf("%s: got %v, want %s: %s", in.Describe().Name, err, code, message)
	}
}

func (h *house) equal(what string, got, want any) {
	h.Helper()
	if !reflect.DeepEqual(got, want) {
		h.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// group makes a group with streams.
func (h *house) group(name string, streams ...string) {
	h.Helper()
	h.do(&api.CreateLogGroupInput{LogGroupName: &name})
	for _, s := range streams {
		h.do(&api.CreateLogStreamInput{LogGroupName: &name, LogStreamName: &s})
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
	source, err := policy.NewSource(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},
		"Action":["kms:GenerateDataKey*","kms:Decrypt*"],"Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-1:111111111111:*"}}}]}`)
	if err != nil {
		h.Fatal(err)
	}
	t := call.Target{Action: action, Resource: key, Owner: account, Policy: &policy.Attached{Document: source.Document()}, PolicyRequired: true, Context: policy.Context{}}
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
