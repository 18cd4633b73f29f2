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
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

const (
	account = "111111111111"
	region  = "us-east-1"
	topic   = "arn:aws:sns:us-east-1:111111111111:t"
	dead    = "arn:aws:sqs:us-east-1:111111111111:dead"
)

// fixture is SNS with one topic.
type fixture struct {
	*calltest.Door
	service *sns.Service
	queues  *queues
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
	f := &fixture{Door: calltest.New(t, store.Options{}), queues: &queues{sent: map[string][]sns.QueueMessage{}}}
	f.Caller, f.Region = calltest.Root(account), region
	f.start()
	f.Do(&api.CreateTopicInput{Name: new("t")})
	return f
}

// start makes the service, as a start of the server does.
func (f *fixture) start() {
	f.Helper()
	f.service = sns.New(calltest.Key(f))
	f.service.Queues, f.service.Base, f.service.Log = f.queues, "https://sns.example.com", slog.New(slog.DiscardHandler)
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
}

// deliverer returns one that reaches this machine and has little patience.
func (f *fixture) deliverer(change func(*Config)) *Deliverer {
	c := Config{Store: f.Store, Topics: f.service, Private: true, Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler), Patience: 5 * time.Second}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// runDue makes what is due.
func (f *fixture) runDue(d *Deliverer) {
	f.Helper()
	if err := d.RunDue(f.Context(), f.Clock.Now()); err != nil {
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

// subscribe subscribes an endpoint and agrees for it, and forgets the message
// that asked.
func (f *fixture) subscribe(endpoint string, attributes map[string]string) string {
	f.Helper()
	scheme, _, _ := strings.Cut(endpoint, ":")
	out := f.Do(&api.SubscribeInput{TopicArn: new(topic), Protocol: &scheme, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: new(true)}).(*api.SubscribeOutput)
	var keys []string
	sns.Due(f.Store.View(), f.Clock.Now(), func(key string, d *sns.Delivery) {
		var m struct{ Token string }
		if json.Unmarshal([]byte(d.Body), &m); d.Type == "SubscriptionConfirmation" && d.Endpoint == endpoint {
			f.Do(&api.ConfirmSubscriptionInput{TopicArn: new(topic), Token: &m.Token})
			keys = append(keys, key)
		}
	})
	f.Update(func(tx *store.Tx) error {
		for _, key := range keys {
			sns.Delivered(tx, key)
		}
		return nil
	})
	return *out.SubscriptionArn
}

func (f *fixture) publish(body string) string {
	f.Helper()
	return *f.Do(&api.PublishInput{TopicArn: new(topic), Message: &body}).(*api.PublishOutput).MessageId
}

// waiting is how many deliveries are in the outbox.
func (f *fixture) waiting() (n int) {
	sns.Due(f.Store.View(), f.Clock.Now().AddDate(1, 0, 0), func(string, *sns.Delivery) { n++ })
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
