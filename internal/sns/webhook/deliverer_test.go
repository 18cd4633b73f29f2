package webhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

func TestDelivery(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	d := f.deliverer(nil)
	arn := f.subscribe(e.URL+"/x?y=z", map[string]string{"DeliveryPolicy": `{"requestPolicy":{"headerContentType":"application/json"}}`})
	id := f.publish("m")
	f.runDue(d)
	if e.count() != 1 || f.waiting() != 0 {
		t.Fatalf("%d deliveries, %d waiting", e.count(), f.waiting())
	}
	r := e.got[0]
	for name, want := range map[string]string{
		"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": id, "x-amz-sns-topic-arn": topic, "x-amz-sns-subscription-arn": arn,
		"x-amz-sns-rawdelivery": "", "Content-Type": "application/json", "User-Agent": "Amazon Simple Notification Service Agent",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.URL.String() != "/x?y=z" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
	var m struct{ Type, Message, MessageId string }
	if err := json.Unmarshal([]byte(e.bodies[0]), &m); err != nil || m.Type != "Notification" || m.Message != "m" || m.MessageId != id {
		t.Errorf("%s", e.bodies[0])
	}
	f.Do(&api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: new("RawMessageDelivery"), AttributeValue: new("true")})
	f.publish("raw")
	f.runDue(d)
	if e.bodies[1] != "raw" || e.got[1].Header.Get("x-amz-sns-rawdelivery") != "true" {
		t.Errorf("%s, %v", e.bodies[1], e.got[1].Header)
	}
}

func TestConfirmation(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	d := f.deliverer(nil)
	f.Do(&api.SubscribeInput{TopicArn: new(topic), Protocol: new("http"), Endpoint: &e.URL})
	f.runDue(d)
	var m struct{ Type, Token, SubscribeURL, Message string }
	if err := json.Unmarshal([]byte(e.bodies[0]), &m); err != nil {
		t.Fatal(err)
	}
	if h := e.got[0].Header; h.Get("x-amz-sns-message-type") != "SubscriptionConfirmation" || h.Get("x-amz-sns-subscription-arn") != "" || h.Get("Content-Type") != "text/plain; charset=UTF-8" {
		t.Errorf("%v", h)
	}
	if m.SubscribeURL != "https://sns.example.com/?Action=ConfirmSubscription&TopicArn="+topic+"&Token="+m.Token {
		t.Error(m.SubscribeURL)
	}
	f.Do(&api.ConfirmSubscriptionInput{TopicArn: new(topic), Token: &m.Token})
	f.publish("m")
	f.runDue(d)
	if e.count() != 2 {
		t.Errorf("%d deliveries", e.count())
	}
}

func TestTLS(t *testing.T) {
	f := newFixture(t)
	e := &endpoint{came: make(chan string, 10)}
	e.Server = httptest.NewTLSServer(e.handler(nil))
	t.Cleanup(e.Close)
	e.Server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	f.subscribe(e.URL, nil)
	f.publish("m")
	f.runDue(f.deliverer(nil))
	if e.count() != 0 || f.waiting() != 1 {
		t.Errorf("a certificate of nobody: %d deliveries, %d waiting", e.count(), f.waiting())
	}
	roots := x509.NewCertPool()
	roots.AddCert(e.Certificate())
	f.Clock.Advance(time.Minute)
	f.runDue(f.deliverer(func(c *Config) { c.Roots = roots }))
	if e.count() != 1 || f.waiting() != 0 {
		t.Errorf("%d deliveries, %d waiting", e.count(), f.waiting())
	}
}

// What fails is tried again when the delivery policy says so, and then goes
// to the dead-letter queue.
func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		attempts int
	}{
		"500": {500, 4}, "503": {503, 4}, "429": {429, 4}, "302": {302, 4}, "304": {304, 4},
		"400": {400, 1}, "403": {403, 1}, "404": {404, 1}, "410": {410, 1},
		"200": {200, 1}, "204": {204, 1}, "299": {299, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			e := newEndpoint(t, status(c.status))
			d := f.deliverer(nil)
			f.subscribe(e.URL, map[string]string{
				"RawMessageDelivery": "true", "RedrivePolicy": `{"deadLetterTargetArn":"` + dead + `"}`,
				"DeliveryPolicy": `{"healthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":30,"numRetries":3}}`,
			})
			f.publish("m")
			f.runDue(d)
			for _, delay := range []time.Duration{10, 20, 30} {
				before := e.count()
				f.Clock.Advance(delay*time.Second - time.Millisecond)
				f.runDue(d)
				if e.count() != before {
					t.Errorf("an attempt before %d s are over", delay)
				}
				f.Clock.Advance(time.Millisecond)
				f.runDue(d)
			}
			f.Clock.Advance(time.Hour)
			f.runDue(d)
			letters := f.queues.letters(dead)
			if e.count() != c.attempts || f.waiting() != 0 {
				t.Errorf("%d attempts, %d waiting", e.count(), f.waiting())
			}
			if failed := c.status >= 300; failed != (len(letters) == 1) || failed && letters[0].Body != "m" {
				t.Errorf("dead letters: %v", letters)
			}
		})
	}
}

// A message that nobody takes is lost with a line in the log, which does not
// tell passwords.
func TestLoss(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, status(404))
	var log bytes.Buffer
	f.service.Log = slog.New(slog.NewTextHandler(&log, nil))
	d := f.deliverer(func(c *Config) { c.Log = f.service.Log })
	f.subscribe(strings.Replace(e.URL, "http://", "http://ada:secret@", 1), nil)
	f.publish("m")
	f.runDue(d)
	if name, password, _ := e.got[0].BasicAuth(); name != "ada" || password != "secret" {
		t.Errorf("signs in as %s", name)
	}
	if f.waiting() != 0 || !strings.Contains(log.String(), "a message was not delivered") || strings.Contains(log.String(), "secret") {
		t.Error(log.String())
	}
}

// A redirect is not followed, wherever it leads.
func TestRedirect(t *testing.T) {
	f := newFixture(t)
	other := newEndpoint(t, nil)
	e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	f.subscribe(e.URL, nil)
	f.publish("m")
	f.runDue(f.deliverer(nil))
	if e.count() != 1 || other.count() != 0 || f.waiting() != 1 {
		t.Errorf("%d and %d deliveries, %d waiting", e.count(), other.count(), f.waiting())
	}
}

// Nothing is dialled that the guard forbids, whatever it is called.
func TestForbidden(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	port := e.URL[strings.LastIndexByte(e.URL, ':'):]
	private := []string{e.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://10.0.0.1/", "http://[fd00::1]/"}
	never := []string{
		"http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/", "http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://0.0.0.0" + port,
		"http://[::]" + port, "http://224.0.0.1/", "http://255.255.255.255/", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://100.100.100.200/",
	}
	for _, address := range append(private, never...) {
		f.subscribe(address, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + dead + `"}`})
	}
	f.publish("m")
	f.runDue(f.deliverer(func(c *Config) { c.Private = false }))
	if letters := f.queues.letters(dead); len(letters) != len(private)+len(never) || e.count() != 0 || f.waiting() != 0 {
		t.Errorf("%d dead letters, %d deliveries, %d waiting", len(letters), e.count(), f.waiting())
	}
	f = newFixture(t)
	for _, address := range append(never, e.URL) {
		f.subscribe(address, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + dead + `"}`})
	}
	f.publish("m")
	f.runDue(f.deliverer(nil))
	if letters := f.queues.letters(dead); len(letters) != len(never) || e.count() != 1 {
		t.Errorf("private: %d dead letters, %d deliveries", len(letters), e.count())
	}
}

// The proxies of the environment are none of ours.
func TestNoProxy(t *testing.T) {
	proxy := newEndpoint(t, nil)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	f := newFixture(t)
	f.subscribe("http://name.invalid/", nil)
	f.publish("m")
	f.runDue(f.deliverer(nil))
	if proxy.count() != 0 {
		t.Error("a proxy was asked")
	}
}

// An endpoint that hangs keeps nobody waiting but itself, and has a few
// attempts under way and no more.
func TestHang(t *testing.T) {
	f := newFixture(t)
	release := make(chan struct{})
	var inside, most atomic.Int32
	slow := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	quick := newEndpoint(t, nil)
	f.subscribe(slow.URL, map[string]string{"RawMessageDelivery": "true"})
	f.subscribe(quick.URL, map[string]string{"RawMessageDelivery": "true"})
	stop := f.run(f.deliverer(func(c *Config) { c.Parallel = 2; c.Patience = time.Minute }))
	for i := range 20 {
		f.publish(fmt.Sprint(i))
	}
	got := map[string]bool{}
	for range 20 {
		got[<-quick.came] = true
	}
	if len(got) != 20 {
		t.Errorf("%d messages", len(got))
	}
	<-slow.came
	<-slow.came
	if n := slow.count(); n != 2 {
		t.Errorf("%d attempts at once", n)
	}
	stop()                                  // breaks the attempts off; they count for nothing
	if n := f.waiting(); n < 20 || n > 22 { // two of the quick one's may have been on their way
		t.Errorf("%d waiting", n)
	}
	close(release)
	f.run(f.deliverer(func(c *Config) { c.Parallel = 2 }))
	for range 20 {
		<-slow.came
	}
	if most.Load() > 2 {
		t.Errorf("%d attempts at once", most.Load())
	}
}

// An endpoint that never answers has failed when patience ends.
func TestPatience(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.subscribe(e.URL, map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":1}}`})
	f.publish("m")
	f.runDue(f.deliverer(func(c *Config) { c.Patience = 50 * time.Millisecond }))
	if e.count() != 2 || f.waiting() != 0 {
		t.Errorf("%d attempts, %d waiting", e.count(), f.waiting())
	}
}

// Nobody waits for the body of an answer.
func TestSlowBody(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f.subscribe(e.URL, nil)
	f.publish("m")
	f.runDue(f.deliverer(func(c *Config) { c.Patience = time.Minute }))
	if f.waiting() != 0 {
		t.Error("not delivered")
	}
}

func TestNonsense(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		c, buf, err := w.(http.Hijacker).Hijack()
		if err == nil {
			buf.WriteString("SMTP is spoken here\r\n")
			buf.Flush()
			c.Close()
		}
	})
	f.subscribe(e.URL, nil)
	f.publish("m")
	f.runDue(f.deliverer(nil))
	if f.waiting() != 1 {
		t.Errorf("%d waiting", f.waiting())
	}
}

// What was published before a crash is delivered after it.
func TestCrashBeforeDelivery(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	f.subscribe(e.URL, map[string]string{"RawMessageDelivery": "true"})
	for i := range 10 {
		f.publish(fmt.Sprint(i))
	}
	f.Reopen()
	f.start()
	f.run(f.deliverer(nil))
	got := map[string]bool{}
	for range 10 {
		got[<-e.came] = true
	}
	if len(got) != 10 {
		t.Errorf("%v", got)
	}
}

// broken is a store whose commits fail for a while.
type broken struct {
	*store.Store
	fails atomic.Bool
	asked chan struct{}
}

func (b *broken) Update(ctx context.Context, fn func(*store.Tx) error) error {
	if b.fails.Load() {
		select {
		case b.asked <- struct{}{}:
		default:
		}
		return errors.New("no database")
	}
	return b.Store.Update(ctx, fn)
}

// A crash between the answer and its commit delivers once more, and not for
// ever: while nothing can be committed nothing is sent twice.
func TestCrashAfterDelivery(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	f.subscribe(e.URL, nil)
	f.publish("m")
	b := &broken{Store: f.Store, asked: make(chan struct{}, 1)}
	b.fails.Store(true)
	stop := f.run(f.deliverer(func(c *Config) { c.Store = b }))
	<-b.asked
	stop()
	if e.count() != 1 || f.waiting() != 1 {
		t.Errorf("%d deliveries, %d waiting", e.count(), f.waiting())
	}
	f.runDue(f.deliverer(nil))
	if e.count() != 2 || f.waiting() != 0 {
		t.Errorf("%d deliveries, %d waiting", e.count(), f.waiting())
	}
}

// held is a store whose lease another replica has.
type held struct {
	*store.Store
	mu    sync.Mutex
	other bool
	asked chan struct{}
}

func (h *held) Acquire(ctx context.Context, name string, ttl time.Duration) (store.Lease, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.other {
		select {
		case h.asked <- struct{}{}:
		default:
		}
		return store.Lease{}, store.ErrLeaseHeld
	}
	return h.Store.Acquire(ctx, name, ttl)
}

// One replica delivers; when it is gone another takes over.
func TestReplicas(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	f.subscribe(e.URL, nil)
	f.publish("m")
	h := &held{Store: f.Store, other: true, asked: make(chan struct{}, 1)}
	d := f.deliverer(func(c *Config) { c.Store, c.LeaseTime = h, 30*time.Millisecond })
	f.runDue(d)
	f.run(d)
	<-h.asked
	<-h.asked
	if e.count() != 0 {
		t.Errorf("%d deliveries without the lease", e.count())
	}
	h.mu.Lock()
	h.other = false
	h.mu.Unlock()
	<-e.came
}

// RunDue and Run together make no attempt twice.
func TestTogether(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	f.subscribe(e.URL, map[string]string{"RawMessageDelivery": "true"})
	d := f.deliverer(func(c *Config) { c.Parallel = 8 })
	f.run(d)
	var publishers sync.WaitGroup
	for i := range 4 {
		publishers.Go(func() {
			for j := range 25 {
				f.publish(fmt.Sprint(i, j))
				f.runDue(d)
			}
		})
	}
	publishers.Wait()
	f.runDue(d)
	if e.count() != 100 || f.waiting() != 0 {
		t.Errorf("%d deliveries, %d waiting", e.count(), f.waiting())
	}
}

// A lapsed subscription is removed by and by.
func TestPrunes(t *testing.T) {
	f := newFixture(t)
	d := f.deliverer(nil)
	f.Do(&api.SubscribeInput{TopicArn: new(topic), Protocol: new("http"), Endpoint: new("http://127.0.0.1:1/")})
	f.runDue(d)
	rev := f.Store.View().Rev()
	f.Clock.Advance(time.Hour)
	f.runDue(d) // fails for the last time
	f.Clock.Advance(49 * time.Hour)
	f.runDue(d)
	if f.Store.View().Rev() <= rev+1 {
		t.Error("nothing was removed")
	}
}

func TestCertificates(t *testing.T) {
	f := newFixture(t)
	e := newEndpoint(t, nil)
	f.subscribe(e.URL, nil)
	f.publish("m")
	f.runDue(f.deliverer(nil))
	var m struct{ SigningCertURL string }
	if err := json.Unmarshal([]byte(e.bodies[0]), &m); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(m.SigningCertURL, "https://sns.example.com")
	if !strings.HasPrefix(path, CertificatePrefix) {
		t.Error(path)
	}
	handler := Certificates(f.Store.View)
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	if w := get("GET", path); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "-----BEGIN CERTIFICATE-----\n") || strings.Contains(w.Body.String(), "PRIVATE") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, other := range []string{CertificatePrefix, CertificatePrefix + "x", strings.TrimSuffix(path, ".pem"), path + "x", strings.Replace(path, ".pem", "0.pem", 1)} {
		if w := get("GET", other); w.Code != 404 {
			t.Errorf("%s: %d", other, w.Code)
		}
	}
	if w := get("POST", path); w.Code != 404 {
		t.Errorf("POST: %d", w.Code)
	}
}
