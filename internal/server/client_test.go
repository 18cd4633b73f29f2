package server

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// client makes calls that no SDK would make.
type client struct {
	testing.TB
	profile Profile
	http    *http.Client
}

func newClient(tb testing.TB, p Profile) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	return &client{TB: tb, profile: p, http: &http.Client{
		Transport:     transport,
		Timeout:       2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is what came back.
type reply struct {
	*http.Response
	body []byte
}

// code is the error code of an answer, in whatever protocol, "" when there is
// none.
func (a *reply) code() string {
	code, _ := a.refusal()
	return code
}

// refusal takes the code and the message out of an error's body.
func (a *reply) refusal() (code, message string) {
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/x-amz-json") {
		var e struct {
			Type    string `json:"__type"`
			Message string
		}
		json.Unmarshal(a.body, &e)
		return e.Type, e.Message
	}
	var e struct {
		XMLName xml.Name
		Code    string
		Message string
		Error   struct{ Code, Message string }
	}
	xml.Unmarshal(a.body, &e)
	switch e.XMLName.Local {
	case "Error":
		return e.Code, e.Message
	case "ErrorResponse":
		return e.Error.Code, e.Error.Message
	}
	return "", ""
}

// sign signs a request for a service in us-east-1.
func (c *client) sign(r *http.Request, service string, body []byte) {
	sigv4.Sign(r, sigv4.Credentials{AccessKey: c.profile.AccessKeyID, Secret: c.profile.SecretAccessKey},
		"us-east-1", service, sigv4.PayloadHash(body), time.Now())
}

// request is a signed request. The target is a path and a query, as they
// travel.
func (c *client) request(method, target, service string, header http.Header, body []byte) *http.Request {
	c.Helper()
	r, err := http.NewRequest(method, c.profile.Endpoint+target, bytes.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	c.sign(r, service, body)
	return r
}

func (c *client) do(r *http.Request) *reply {
	c.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.Fatalf("%s %.200s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatalf("%s %.200s: %v", r.Method, r.URL, err)
	}
	return &reply{resp, body}
}

// json, form and s3 make one call each.
func (c *client) json(target, body string) *reply {
	c.Helper()
	service := "cloudtrail"
	if strings.HasPrefix(target, "AWSOrganizations") {
		service = "organizations"
	}
	return c.do(c.request(http.MethodPost, "/", service, http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {target}}, []byte(body)))
}

func (c *client) form(service string, form url.Values) *reply {
	c.Helper()
	return c.do(c.request(http.MethodPost, "/", service, http.Header{"Content-Type": {formType}}, []byte(form.Encode())))
}

func (c *client) s3(method, target, body string) *reply {
	c.Helper()
	return c.do(c.request(method, target, "s3", nil, []byte(body)))
}

// must fails the test unless the call succeeded.
func (c *client) must(a *reply) *reply {
	c.Helper()
	if a.StatusCode/100 != 2 {
		c.Fatalf("%s: %s", a.Status, a.body)
	}
	return a
}

// wellFormed says what is wrong with an answer: a fault of the server's, a
// refusal that no client could read, a body that is none of the protocol's.
func wellFormed(p wire.Protocol, a *reply) error {
	if a.StatusCode >= 500 && !(a.StatusCode == http.StatusNotImplemented && p == wire.RESTXML) {
		return fmt.Errorf("%s: %s", a.Status, a.body)
	}
	if a.Header.Get("X-Injected") != "" {
		return fmt.Errorf("%s with a header of the client's making", a.Status)
	}
	if a.Header.Get("X-Amzn-Requestid")+a.Header.Get("X-Amz-Request-Id") == "" {
		return fmt.Errorf("%s without a request id: %s", a.Status, a.body)
	}
	if a.StatusCode >= 300 && a.StatusCode != http.StatusNotModified && a.Request.Method != http.MethodHead {
		code, message := a.refusal()
		if code == "" || message == "" {
			return fmt.Errorf("%s without a code or a message: %q", a.Status, a.body)
		}
	}
	switch {
	case p == wire.AWSJSON && len(a.body) > 0 && !json.Valid(a.body):
		return fmt.Errorf("not JSON: %q", a.body)
	case strings.HasSuffix(a.Header.Get("Content-Type"), "xml") && len(a.body) > 0:
		d := xml.NewDecoder(bytes.NewReader(a.body))
		for {
			if _, err := d.Token(); err == io.EOF {
				return nil
			} else if err != nil {
				return fmt.Errorf("not XML: %v: %q", err, a.body)
			}
		}
	}
	return nil
}

// faults is a log that remembers what the server says of its own faults.
type faults struct {
	sync.Mutex
	lines []string
}

func (f *faults) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelError}))
}

// Write implements io.Writer.
func (f *faults) Write(line []byte) (int, error) {
	f.Lock()
	defer f.Unlock()
	f.lines = append(f.lines, string(line))
	return len(line), nil
}

// check fails the test when the server has said that something of its own
// went wrong.
func (f *faults) check(tb testing.TB) {
	tb.Helper()
	f.Lock()
	defer f.Unlock()
	for _, line := range f.lines {
		tb.Errorf("the server's log: %.3000s", line)
	}
}

// unmarshal reads the body of a successful call.
func unmarshal(c *client, a *reply, v any) {
	c.Helper()
	c.must(a)
	read := xml.Unmarshal
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/x-amz-json") {
		read = json.Unmarshal
	}
	if err := read(a.body, v); err != nil {
		c.Fatalf("%v: %s", err, a.body)
	}
}
