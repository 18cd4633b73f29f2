package webhook

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

const (
	account = "111111111111"
	region  = "us-east-1"
	topic   = "arn:aws:sns:us-east-1:111111111111:t"
	dead    = "arn:aws:sqs:us-east-1:111111111111:dead"
)

// fixture is a store with one topic, and a clock.
type fixture struct {
	testing.TB
	dir     string
	store   *store.Store
	service *sns.Service
	queues  *queues
	mu      sync.Mutex
	now     time.Time
}

// queues are fake queues of SQS.
type queues struct {
	sync.Mutex
	sent map[string][]sns.QueueMessage
}

func (q *queues) SendAsService(_ *store.Tx, _ time.Time, arn string, _ call.Source, m sns.QueueMessage) *aws.Error {
	q.Lock()
	defer q.Unlock()
	q.sent[arn] = append(q.sent[arn], m)
	return nil
}

func (q *queues) letters(arn string) []sns.QueueMessage {
	q.Lock()
	defer q.Unlock()
	return q.sent[arn]
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{TB: t, dir: t.TempDir(), now: time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC), queues: &queues{sent: map[string][]sns.QueueMessage{}}}
	f.open()
	t.Cleanup(func() { f.store.Close() })
	f.do(&api.CreateTopicInput{Name: new("t")})
	return f
}

// open opens the store, as a start of the server does.
func (f *fixture) open() {
	f.Helper()
	st, err := store.Open(context.Background(), store.Options{Dir: f.dir})
	if err != nil {
		f.Fatal(err)
	}
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		f.Fatal(err)
	}
	f.store, f.service = st, sns.New(key)
	f.service.Queues, f.service.Base, f.service.Log = f.queues, "https://sns.example.com", slog.New(slog.DiscardHandler)
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// deliverer returns one that reaches this machine and has little patience.
func (f *fixture) deliverer(change func(*Config)) *Deliverer {
	c := Config{Store: f.store, Topics: f.service, Private: true, Clock: f.clock, Log: slog.New(slog.DiscardHandler), Patience: 5 * time.Second}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// runDue makes what is due.
func (f *fixture) runDue(d *Deliverer) {
	f.Helper()
	if err := d.RunDue(f.Context(), f.clock()); err != nil {
		f.Fatal(err)
	}
}

// run runs d until the test ends, or the function returned is called.
func (f *fixture) run(d *Deliverer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	f.Cleanup(stop)
	return stop
}

// do makes a call of the account's root.
func (f *fixture) do(in wire.Shape) (out any) {
	f.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	err := f.store.Update(context.Background(), func(tx *store.Tx) (err error) {
		c := &call.Call{
			Ctx: context.Background(), Principal: aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account)},
			Region: region, Operation: op, Time: f.clock(), State: tx, Tx: tx,
		}
		out, err = api.Handlers(f.service)[op.Name](c, in)
		return err
	})
	if err != nil {
		f.Fatalf("%s: %v", op.Name, err)
	}
	return out
}

// subscribe subscribes an endpoint and agrees for it, and forgets the message
// that asked.
func (f *fixture) subscribe(endpoint string, attributes map[string]string) string {
	f.Helper()
	scheme, _, _ := strings.Cut(endpoint, ":")
	out := f.do(&api.SubscribeInput{TopicArn: new(topic), Protocol: &scheme, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: new(true)}).(*api.SubscribeOutput)
	var keys []string
	sns.Due(f.store.View(), f.clock(), func(key string, d *sns.Delivery) {
		var m struct{ Token string }
		if json.Unmarshal([]byte(d.Body), &m); d.Type == "SubscriptionConfirmation" && d.Endpoint == endpoint {
			f.do(&api.ConfirmSubscriptionInput{TopicArn: new(topic), Token: &m.Token})
			keys = append(keys, key)
		}
	})
	f.store.Update(context.Background(), func(tx *store.Tx) error {
		for _, key := range keys {
			sns.Delivered(tx, key)
		}
		return nil
	})
	return *out.SubscriptionArn
}

func (f *fixture) publish(body string) string {
	f.Helper()
	return *f.do(&api.PublishInput{TopicArn: new(topic), Message: &body}).(*api.PublishOutput).MessageId
}

// waiting is how many deliveries are in the outbox.
func (f *fixture) waiting() (n int) {
	sns.Due(f.store.View(), f.clock().AddDate(1, 0, 0), func(string, *sns.Delivery) { n++ })
	return n
}

// endpoint is a subscriber's server, which keeps what it was sent.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	got    []*http.Request
	bodies []string
	came   chan string // every body, for who waits
}

// newEndpoint returns an endpoint that answers as it is told, and with 200
// when answer is nil.
func newEndpoint(t testing.TB, answer http.HandlerFunc) *endpoint {
	e := &endpoint{came: make(chan string, 1000)}
	e.Server = httptest.NewServer(e.handler(answer))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) handler(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.got, e.bodies = append(e.got, r), append(e.bodies, string(body))
		e.mu.Unlock()
		e.came <- string(body)
		if answer != nil {
			answer(w, r)
		}
	})
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.got)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
