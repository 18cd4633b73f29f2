package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/outbound"
	"github.com/orgtrail/orgtrail/internal/sns"
)

// failure is why an attempt failed. A final one is the client's, and no
// further attempt would mend it.
type failure struct {
	reason string
	final  bool
}

// maxHeaders is how much of an answer's headers is read.
const maxHeaders = 64 << 10

// newClient returns the client that makes all attempts.
func newClient(c Config) *http.Client {
	dialer := &net.Dialer{Timeout: c.Patience, Control: outbound.Guard{Private: c.Private}.Control}
	return &http.Client{
		Timeout: c.Patience,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: c.Patience,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeaders,
			MaxIdleConnsPerHost:    c.Parallel,
			MaxIdleConns:           1024,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post makes one attempt; nil is success.
func (d *Deliverer) post(ctx context.Context, entry *sns.Delivery) *failure {
	r, err := request(ctx, entry)
	if err != nil {
		return &failure{"the endpoint is no URL", true}
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return &failure{withoutURL(err), errors.Is(err, outbound.ErrForbidden)}
	}
	answer.Body.Close()
	return judge(answer.StatusCode)
}

// judge says what a status means. A client's error is final, but for the one
// that asks for patience. A redirect is not followed and may go away.
func judge(status int) *failure {
	if status >= 200 && status < 300 {
		return nil
	}
	final := status >= 400 && status < 500 && status != http.StatusTooManyRequests
	return &failure{fmt.Sprintf("the endpoint answered %d", status), final}
}

// request is a message as AWS posts it.
func request(ctx context.Context, entry *sns.Delivery) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, entry.Endpoint, strings.NewReader(entry.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	r.Header.Set("Content-Type", entry.ContentType)
	r.Header.Set("x-amz-sns-message-type", entry.Type)
	r.Header.Set("x-amz-sns-message-id", entry.MessageID)
	r.Header.Set("x-amz-sns-topic-arn", entry.Topic.ARN())
	if entry.Type != "SubscriptionConfirmation" {
		r.Header.Set("x-amz-sns-subscription-arn", entry.Subscription)
	}
	if entry.Raw {
		r.Header.Set("x-amz-sns-rawdelivery", "true")
	}
	return r, nil
}

// withoutURL is an error of the client without the URL, which may hold a
// password.
func withoutURL(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// host is what logs say of an endpoint: its path may be a secret.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
