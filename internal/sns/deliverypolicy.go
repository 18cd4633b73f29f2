package sns

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"math"
	"time"
)

// RetryPolicy says how often and when a delivery that failed is tried again.
// Retries go through four phases: at once, after the least delay, after
// delays that grow from the least to the greatest, after the greatest.
type RetryPolicy struct {
	Min     int    `json:"minDelayTarget"` // seconds
	Max     int    `json:"maxDelayTarget"`
	Retries int    `json:"numRetries"` // of all phases
	AtMax   int    `json:"numMaxDelayRetries"`
	AtOnce  int    `json:"numNoDelayRetries"`
	AtMin   int    `json:"numMinDelayRetries"`
	Backoff string `json:"backoffFunction"`
}

// defaultRetry is AWS's policy for who has none.
var defaultRetry = RetryPolicy{Min: 20, Max: 20, Retries: 3, Backoff: "linear"}

// Delay returns how long to wait before a retry, counted from 1, and false
// when there are no more.
func (p *RetryPolicy) Delay(retry int) (time.Duration, bool) {
	growing := p.Retries - p.AtOnce - p.AtMin - p.AtMax
	switch n := retry - p.AtOnce - p.AtMin; {
	case retry > p.Retries:
		return 0, false
	case retry <= p.AtOnce:
		return 0, true
	case n <= 0:
		return time.Duration(p.Min) * time.Second, true
	case n <= growing:
		return p.grown(n, growing), true
	}
	return time.Duration(p.Max) * time.Second, true
}

// grown is the delay of the n-th of the retries whose delays grow. The first
// waits for the least delay, the last for the greatest.
func (p *RetryPolicy) grown(n, of int) time.Duration {
	x := 0.0 // how far along, from 0 to 1
	if of > 1 {
		x = float64(n-1) / float64(of-1)
	}
	low, high := float64(p.Min), float64(p.Max)
	var seconds float64
	switch p.Backoff {
	case "arithmetic": // the steps grow evenly
		seconds = low + (high-low)*x*(x+1)/2
	case "geometric": // each delay is the same multiple of the one before
		seconds = low * math.Pow(high/low, x)
	case "exponential": // the steps double
		seconds = low + (high-low)*(math.Exp2(float64(n-1))-1)/math.Max(math.Exp2(float64(of-1))-1, 1)
	default:
		seconds = low + (high-low)*x
	}
	return time.Duration(seconds * float64(time.Second))
}

// longest is the time between the first attempt and the last.
func (p *RetryPolicy) longest() (sum time.Duration) {
	for retry := 1; ; retry++ {
		d, ok := p.Delay(retry)
		if !ok {
			return sum
		}
		sum += d
	}
}

const (
	maxDelay   = 3600 // seconds, of one delay and of all together
	maxRetries = 100
)

// fault says what is wrong with the policy, "" when nothing is.
func (p *RetryPolicy) fault() string {
	switch {
	case p.Min < 1 || p.Min > maxDelay:
		return "minDelayTarget must be between 1 and 3600"
	case p.Max < p.Min || p.Max > maxDelay:
		return "maxDelayTarget must be between minDelayTarget and 3600"
	case p.Retries < 0 || p.Retries > maxRetries:
		return "numRetries must be between 0 and 100"
	case p.AtOnce < 0 || p.AtMin < 0 || p.AtMax < 0:
		return "the numbers of retries must not be negative"
	case p.AtOnce > p.Retries || p.AtMin > p.Retries || p.AtMax > p.Retries, p.AtOnce+p.AtMin+p.AtMax > p.Retries:
		return "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must not add up to more than numRetries"
	}
	switch p.Backoff {
	case "linear", "arithmetic", "geometric", "exponential":
	default:
		return "backoffFunction must be one of arithmetic, exponential, geometric, linear"
	}
	if p.longest() > maxDelay*time.Second {
		return "the total retry time must not be greater than 3600 seconds"
	}
	return ""
}

// ThrottlePolicy bounds the rate of deliveries. It is kept and shown, and
// slows nothing down.
type ThrottlePolicy struct {
	MaxPerSecond int `json:"maxReceivesPerSecond"`
}

// RequestPolicy says what requests look like.
type RequestPolicy struct {
	ContentType string `json:"headerContentType,omitempty"`
}

// plainText is the content type of who asks for none.
const plainText = "text/plain; charset=UTF-8"

// rules are a delivery policy without the names by which topics and
// subscriptions call its parts.
type rules struct {
	Retry    *RetryPolicy
	Throttle *ThrottlePolicy
	Request  *RequestPolicy
}

func (r *rules) fault() string {
	if r.Retry != nil {
		if f := r.Retry.fault(); f != "" {
			return f
		}
	}
	if r.Throttle != nil && r.Throttle.MaxPerSecond < 1 {
		return "maxReceivesPerSecond must be at least 1"
	}
	if r.Request != nil {
		return contentTypeFault(r.Request.ContentType)
	}
	return ""
}

func contentTypeFault(text string) string {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return "headerContentType must be a media type"
		}
	}
	return ""
}

// TopicDelivery is the DeliveryPolicy of a topic.
type TopicDelivery struct {
	HTTP struct {
		Retry            *RetryPolicy    `json:"defaultHealthyRetryPolicy,omitempty"`
		DisableOverrides bool            `json:"disableSubscriptionOverrides"`
		Throttle         *ThrottlePolicy `json:"defaultThrottlePolicy,omitempty"`
		Request          *RequestPolicy  `json:"defaultRequestPolicy,omitempty"`
		sickly
	} `json:"http"`
}

// SubscriptionDelivery is the DeliveryPolicy of a subscription.
type SubscriptionDelivery struct {
	Retry    *RetryPolicy    `json:"healthyRetryPolicy,omitempty"`
	Throttle *ThrottlePolicy `json:"throttlePolicy,omitempty"`
	Request  *RequestPolicy  `json:"requestPolicy,omitempty"`
	sickly
}

// sickly holds members that AWS shows, and so must take, but gives no
// meaning.
type sickly struct {
	Sickly     json.RawMessage `json:"sicklyRetryPolicy,omitempty"`
	Guaranteed bool            `json:"guaranteed,omitempty"`
}

// UnmarshalJSON reads a policy; what it leaves out is as by default.
func (p *RetryPolicy) UnmarshalJSON(b []byte) error {
	type plain RetryPolicy
	*p = defaultRetry
	return strictly(b, (*plain)(p))
}

// strictly decodes the one value of b, whose members must all be known.
func strictly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// readTopicDelivery reads the policy of a topic; "" is none.
func readTopicDelivery(where, text string) (*TopicDelivery, error) {
	if text == "" {
		return nil, nil
	}
	p := new(TopicDelivery)
	err := strictly([]byte(text), p)
	if err == nil {
		err = faultOf(rules{p.HTTP.Retry, p.HTTP.Throttle, p.HTTP.Request})
	}
	if err != nil {
		return nil, invalid("%sDeliveryPolicy: %v", where, err)
	}
	return p, nil
}

// readSubscriptionDelivery reads the policy of a subscription; "" is none.
func readSubscriptionDelivery(where, text string) (*SubscriptionDelivery, error) {
	if text == "" {
		return nil, nil
	}
	p := new(SubscriptionDelivery)
	err := strictly([]byte(text), p)
	if err == nil {
		err = faultOf(rules{p.Retry, p.Throttle, p.Request})
	}
	if err != nil {
		return nil, invalid("%sDeliveryPolicy: %v", where, err)
	}
	return p, nil
}

func faultOf(r rules) error {
	if f := r.fault(); f != "" {
		return errors.New(f)
	}
	return nil
}

// asJSON writes a value of ours, which always can be.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (p *TopicDelivery) text() string        { return asJSON(p) }
func (p *SubscriptionDelivery) text() string { return asJSON(p) }

// filled is the policy of a topic with AWS's defaults; nil is none.
func (p *TopicDelivery) filled() TopicDelivery {
	var all TopicDelivery
	if p != nil {
		all = *p
	}
	all.HTTP.Retry = cmp.Or(all.HTTP.Retry, &defaultRetry)
	if all.HTTP.Request == nil || all.HTTP.Request.ContentType == "" {
		all.HTTP.Request = &RequestPolicy{plainText}
	}
	return all
}

// effective is the EffectiveDeliveryPolicy of a topic.
func (p *TopicDelivery) effective() string { return asJSON(p.filled()) }

// under is the policy of a subscription where the topic's, and AWS's, stand
// in for what it leaves out, or go before it; nil is none.
func (p *SubscriptionDelivery) under(t *TopicDelivery) rules {
	topic := t.filled().HTTP
	r := rules{topic.Retry, topic.Throttle, topic.Request}
	if p == nil || topic.DisableOverrides {
		return r
	}
	r.Retry = cmp.Or(p.Retry, r.Retry)
	r.Throttle = cmp.Or(p.Throttle, r.Throttle)
	if p.Request != nil && p.Request.ContentType != "" {
		r.Request = p.Request
	}
	return r
}

// effective is the EffectiveDeliveryPolicy of a subscription.
func (p *SubscriptionDelivery) effective(t *TopicDelivery) string {
	r := p.under(t)
	return asJSON(struct {
		Retry      *RetryPolicy    `json:"healthyRetryPolicy"`
		Sickly     *RetryPolicy    `json:"sicklyRetryPolicy"`
		Throttle   *ThrottlePolicy `json:"throttlePolicy"`
		Request    *RequestPolicy  `json:"requestPolicy"`
		Guaranteed bool            `json:"guaranteed"`
	}{r.Retry, nil, r.Throttle, r.Request, false})
}
