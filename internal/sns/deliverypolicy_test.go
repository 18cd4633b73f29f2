package sns

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

func TestDelay(t *testing.T) {
	delays := func(p RetryPolicy) string {
		var list []string
		for retry := 1; ; retry++ {
			d, ok := p.Delay(retry)
			if !ok {
				return strings.Join(list, " ")
			}
			list = append(list, fmt.Sprint(d.Round(100*time.Millisecond).Seconds()))
		}
	}
	for want, p := range map[string]RetryPolicy{
		"20 20 20":                 defaultRetry,
		"":                         {Min: 1, Max: 1, Backoff: "linear"},
		"0 0 5 5 5 10 15 20 20 20": {Min: 5, Max: 20, Retries: 10, AtOnce: 2, AtMin: 2, AtMax: 2, Backoff: "linear"},
		"10 20 30 40 50":           {Min: 10, Max: 50, Retries: 5, Backoff: "linear"},
		"10 16.3 25 36.3 50":       {Min: 10, Max: 50, Retries: 5, Backoff: "arithmetic"},
		"10 15 22.4 33.4 50":       {Min: 10, Max: 50, Retries: 5, Backoff: "geometric"},
		"10 12.7 18 28.7 50":       {Min: 10, Max: 50, Retries: 5, Backoff: "exponential"},
		"10":                       {Min: 10, Max: 50, Retries: 1, Backoff: "exponential"},
		"0 0 0":                    {Min: 10, Max: 50, Retries: 3, AtOnce: 3, Backoff: "geometric"},
	} {
		if got := delays(p); got != want {
			t.Errorf("%+v: %s, want %s", p, got, want)
		}
	}
}

func TestDeliveryPolicies(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "https", hook, nil)
	onTopic := func(value string) *api.SetTopicAttributesInput {
		return &api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("DeliveryPolicy"), AttributeValue: &value}
	}
	onSubscription := func(value string) *api.SetSubscriptionAttributesInput {
		return &api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: new("DeliveryPolicy"), AttributeValue: &value}
	}
	const standard = `{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}`
	f.Equal("standard", f.settings(arn)["EffectiveDeliveryPolicy"], standard)

	retries := func() (own, effective int, contentType string) {
		a := f.settings(arn)
		var p struct {
			HealthyRetryPolicy struct{ NumRetries int }
			RequestPolicy      struct{ HeaderContentType string }
		}
		if text, ok := a["DeliveryPolicy"]; ok {
			json.Unmarshal([]byte(text), &p)
			own = p.HealthyRetryPolicy.NumRetries
		}
		json.Unmarshal([]byte(a["EffectiveDeliveryPolicy"]), &p)
		return own, p.HealthyRetryPolicy.NumRetries, p.RequestPolicy.HeaderContentType
	}
	expect := func(what string, own, effective int, contentType string) {
		t.Helper()
		gotOwn, gotEffective, gotType := retries()
		f.Equal(what, fmt.Sprint(gotOwn, gotEffective, gotType), fmt.Sprint(own, effective, contentType))
	}
	f.Do(onTopic(`{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"defaultRequestPolicy":{"headerContentType":"application/json"},"defaultThrottlePolicy":{"maxReceivesPerSecond":5}}}`))
	expect("the topic's", 0, 7, "application/json")
	f.Do(onSubscription(`{"healthyRetryPolicy":{"numRetries":9},"sicklyRetryPolicy":null,"guaranteed":false}`))
	expect("its own", 9, 9, "application/json")
	f.Do(onTopic(`{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"disableSubscriptionOverrides":true}}`))
	expect("overridden", 9, 7, plainText)
	f.Do(onTopic(f.attributes(topic)["EffectiveDeliveryPolicy"]), onSubscription(f.settings(arn)["EffectiveDeliveryPolicy"])) // what is shown is taken
	f.Do(onTopic(""), onSubscription(""))
	f.Equal("standard again", f.settings(arn)["EffectiveDeliveryPolicy"], standard)

	for retry, want := range map[string]string{
		`{"minDelayTarget":0}`:                            "minDelayTarget must be between 1 and 3600",
		`{"minDelayTarget":30}`:                           "maxDelayTarget must be between minDelayTarget and 3600",
		`{"maxDelayTarget":3601}`:                         "maxDelayTarget must be between minDelayTarget and 3600",
		`{"numRetries":101}`:                              "numRetries must be between 0 and 100",
		`{"numRetries":-1}`:                               "numRetries must be between 0 and 100",
		`{"numNoDelayRetries":-1}`:                        "the numbers of retries must not be negative",
		`{"numMinDelayRetries":2,"numMaxDelayRetries":2}`: "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must not add up to more than numRetries",
		`{"numMaxDelayRetries":9223372036854775807,"numMinDelayRetries":9223372036854775807}`: "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must not add up to more than numRetries",
		`{"backoffFunction":"x"}`:                  "backoffFunction must be one of arithmetic, exponential, geometric, linear",
		`{"maxDelayTarget":3600,"numRetries":100}`: "the total retry time must not be greater than 3600 seconds",
		`{"x":1}`: `json: unknown field "x"`,
	} {
		f.Fails("InvalidParameter: Invalid parameter: DeliveryPolicy: "+want, onSubscription(`{"healthyRetryPolicy":`+retry+`}`))
		f.Fails("InvalidParameter: Invalid parameter: DeliveryPolicy: "+want, onTopic(`{"http":{"defaultHealthyRetryPolicy":`+retry+`}}`))
	}
	f.Fails("InvalidParameter: Invalid parameter: DeliveryPolicy: maxReceivesPerSecond must be at least 1", onSubscription(`{"throttlePolicy":{"maxReceivesPerSecond":0}}`))
	f.Fails("InvalidParameter: Invalid parameter: DeliveryPolicy: headerContentType must be a media type", onSubscription(`{"requestPolicy":{"headerContentType":"a\r\nX: y"}}`))
	f.Fails("InvalidParameter: Invalid parameter: DeliveryPolicy: more than one value", onSubscription(`{} {}`))
}

func FuzzDeliveryPolicy(f *testing.F) {
	f.Add(`{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":20,"numRetries":10,"numNoDelayRetries":2,"backoffFunction":"exponential"}}`)
	f.Add(`{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"disableSubscriptionOverrides":true}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := readTopicDelivery("", text); err == nil && p != nil {
			if again, err := readTopicDelivery("", p.text()); err != nil || again.text() != p.text() {
				t.Fatalf("%s becomes %v, %v", p.text(), again, err)
			}
		}
		p, err := readSubscriptionDelivery("", text)
		if err != nil || p == nil {
			return
		}
		if again, err := readSubscriptionDelivery("", p.text()); err != nil || again.text() != p.text() {
			t.Fatalf("%s becomes %v, %v", p.text(), again, err)
		}
		r := p.under(nil).Retry
		if sum := r.longest(); sum < 0 || sum > time.Hour {
			t.Fatalf("%s: %v", text, sum)
		}
	})
}

func FuzzTopicPolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"*"}}`, "l")
	f.Fuzz(func(t *testing.T, text, label string) {
		s := &Service{}
		source, err := s.readPolicy(nil, text)
		if err != nil {
			return
		}
		d, err := statements(source.Text())
		if err != nil {
			t.Fatal(err)
		}
		if len(d.sids()) != len(source.Document().Statements) {
			t.Fatalf("%d statements of %s", len(d.sids()), text)
		}
	})
}

func FuzzARNs(f *testing.F) {
	f.Add(topic)
	f.Add(topic + ":8a21d249-4329-4871-acc6-7be709c6ea7f")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseTopic("TopicArn", text); err == nil && n.ARN() != text {
			t.Fatalf("%q becomes %q", text, n.ARN())
		}
		if n, id, err := parseSubscription(text); err == nil && n.ARN()+":"+id != text {
			t.Fatalf("%q becomes %q %q", text, n.ARN(), id)
		}
	})
}
