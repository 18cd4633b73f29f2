package sqs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestDefaults(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.Equal("standard", f.attributes(url, "All"), map[string]string{
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0",
		"CreatedTimestamp": "1769824800", "LastModifiedTimestamp": "1769824800", "QueueArn": arn("jobs"),
		"DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
		"ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true",
	})
	fifo := f.attributes(f.queue("jobs.fifo"), "All")
	for name, want := range map[string]string{
		"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue",
	} {
		f.Equal(name, fifo[name], want)
	}
	f.Equal("none", f.attributes(url), map[string]string(nil))
	f.Equal("two", f.attributes(url, "QueueArn", "FifoQueue", "Policy"), map[string]string{"QueueArn": arn("jobs")})
	f.Fails("InvalidAttributeName: Unknown Attribute Colour.", &api.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []string{"QueueArn", "Colour"}})
}

func TestSetAttributes(t *testing.T) {
	f := newFixture(t)
	f.queue("dead")
	f.queue("dead.fifo")
	closed := f.queue("closed", "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
	f.queue("byname", "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["`+arn("jobs")+`"]}`)
	urls := map[bool]*string{false: f.queue("jobs"), true: f.queue("jobs.fifo")}
	redrive := func(target string, count string) string {
		return fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":%s}`, target, count)
	}
	notValid := func(text, parameter, reason string) string {
		return "InvalidParameterValue: Value " + text + " for parameter " + parameter + " is invalid. Reason: " + reason
	}
	invalid := func(name string) string {
		return "InvalidAttributeValue: Invalid value for the parameter " + name + "."
	}
	for _, c := range []struct {
		fifo        bool
		name, value string
		want        string // "": it is stored
	}{
		{false, "VisibilityTimeout", "0", ""},
		{false, "VisibilityTimeout", "43200", ""},
		{false, "VisibilityTimeout", "43201", invalid("VisibilityTimeout")},
		{false, "VisibilityTimeout", "-1", invalid("VisibilityTimeout")},
		{false, "VisibilityTimeout", "x", invalid("VisibilityTimeout")},
		{false, "VisibilityTimeout", "", invalid("VisibilityTimeout")},
		{false, "MessageRetentionPeriod", "60", ""},
		{false, "MessageRetentionPeriod", "59", invalid("MessageRetentionPeriod")},
		{false, "MaximumMessageSize", "1023", invalid("MaximumMessageSize")},
		{false, "MaximumMessageSize", "1048577", invalid("MaximumMessageSize")},
		{false, "MaximumMessageSize", "1048576", ""},
		{false, "ReceiveMessageWaitTimeSeconds", "21", invalid("ReceiveMessageWaitTimeSeconds")},
		{false, "ReceiveMessageWaitTimeSeconds", "20", ""},
		{false, "DelaySeconds", "900", ""},
		{false, "KmsDataKeyReusePeriodSeconds", "59", invalid("KmsDataKeyReusePeriodSeconds")},
		{false, "KmsDataKeyReusePeriodSeconds", "6000", ""},
		{false, "KmsMasterKeyId", "testKeyId", ""},
		{false, "SqsManagedSseEnabled", "maybe", invalid("SqsManagedSseEnabled")},
		{false, "SqsManagedSseEnabled", "true", "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."},
		{false, "FifoQueue", "true", "InvalidAttributeName: Unknown Attribute FifoQueue."},
		{false, "DeduplicationScope", "queue", "InvalidAttributeName: Unknown Attribute DeduplicationScope."},
		{false, "CreatedTimestamp", "1", "InvalidAttributeName: Unknown Attribute CreatedTimestamp."},
		{false, "ApproximateNumberOfMessages", "1", "InvalidAttributeName: Unknown Attribute ApproximateNumberOfMessages."},
		{true, "FifoQueue", "false", "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."},
		{true, "ContentBasedDeduplication", "true", ""},
		{true, "FifoThroughputLimit", "perMessageGroupId", "InvalidParameterValue: The FifoThroughputLimit attribute value perMessageGroupId is allowed only when the DeduplicationScope attribute value is messageGroup."},
		{true, "DeduplicationScope", "messageGroup", ""},
		{true, "FifoThroughputLimit", "perMessageGroupId", ""},
		{true, "DeduplicationScope", "world", invalid("DeduplicationScope")},

		{false, "RedrivePolicy", redrive(arn("dead"), "3"), ""},
		{false, "RedrivePolicy", redrive(arn("dead"), `"1000"`), ""},
		{false, "RedrivePolicy", redrive(arn("byname"), "3"), ""},
		{true, "RedrivePolicy", redrive(arn("dead.fifo"), "3"), ""},
		{false, "RedrivePolicy", `[]`, notValid(`[]`, "RedrivePolicy", "Redrive policy is not a valid JSON map.")},
		{false, "RedrivePolicy", `null`, notValid(`null`, "RedrivePolicy", "Redrive policy is not a valid JSON map.")},
		{false, "RedrivePolicy", `{}{}`, notValid(`{}{}`, "RedrivePolicy", "Redrive policy is not a valid JSON map.")},
		{false, "RedrivePolicy", `{"maxReceiveCount":1}`, notValid(`{"maxReceiveCount":1}`, "RedrivePolicy", "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")},
		{false, "RedrivePolicy", `{"deadLetterTargetArn":"x"}`, notValid(`{"deadLetterTargetArn":"x"}`, "RedrivePolicy", "Redrive policy does not contain mandatory attribute: maxReceiveCount.")},
		{false, "RedrivePolicy", `{"x":1}`, notValid(`{"x":1}`, "RedrivePolicy", "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")},
		{false, "RedrivePolicy", redrive("dummy", "42"), notValid(redrive("dummy", "42"), "RedrivePolicy", "Invalid value for deadLetterTargetArn.")},
		{false, "RedrivePolicy", redrive(arn("dead"), "0"), notValid(redrive(arn("dead"), "0"), "RedrivePolicy", "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.")},
		{false, "RedrivePolicy", redrive(arn("dead"), "{}"), notValid(redrive(arn("dead"), "{}"), "RedrivePolicy", "Invalid value for maxReceiveCount: {}, valid values are from 1 to 1000 both inclusive.")},
		{false, "RedrivePolicy", redrive(arn("nobody"), "3"), notValid(redrive(arn("nobody"), "3"), "RedrivePolicy", "Dead letter target does not exist.")},
		{false, "RedrivePolicy", redrive(arn("closed"), "3"), notValid(redrive(arn("closed"), "3"), "RedrivePolicy", "Dead-letter target does not allow this queue to use it.")},
		{false, "RedrivePolicy", redrive("arn:aws:sqs:us-east-2:222222222222:dead", "3"), notValid(redrive("arn:aws:sqs:us-east-2:222222222222:dead", "3"), "RedrivePolicy", "Dead-letter target owner should be same as the source.")},
		{true, "RedrivePolicy", redrive(arn("dead"), "3"), notValid(redrive(arn("dead"), "3"), "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")},

		{false, "RedriveAllowPolicy", `{"redrivePermission":"allowAll"}`, ""},
		{false, "RedriveAllowPolicy", `x`, notValid(`x`, "RedriveAllowPolicy", "Redrive allow policy is not a valid JSON map.")},
		{false, "RedriveAllowPolicy", `{"x":1}`, notValid(`{"x":1}`, "RedriveAllowPolicy", "Only following attributes are supported: [redrivePermission, sourceQueueArns].")},
		{false, "RedriveAllowPolicy", `{}`, notValid(`{}`, "RedriveAllowPolicy", "Redrive allow policy does not contain mandatory attribute: redrivePermission.")},
		{false, "RedriveAllowPolicy", `{"redrivePermission":"some"}`, notValid(`{"redrivePermission":"some"}`, "RedriveAllowPolicy", "Invalid value for redrivePermission: valid values are allowAll, denyAll and byQueue.")},
		{false, "RedriveAllowPolicy", `{"redrivePermission":"byQueue"}`, notValid(`{"redrivePermission":"byQueue"}`, "RedriveAllowPolicy", "sourceQueueArns must have between 1 and 10 queues when redrivePermission is byQueue.")},
		{false, "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["x"]}`, notValid(`{"redrivePermission":"byQueue","sourceQueueArns":["x"]}`, "RedriveAllowPolicy", "Invalid value for sourceQueueArns.")},
		{false, "RedriveAllowPolicy", `{"redrivePermission":"denyAll","sourceQueueArns":["` + arn("jobs") + `"]}`, notValid(`{"redrivePermission":"denyAll","sourceQueueArns":["`+arn("jobs")+`"]}`, "RedriveAllowPolicy", "sourceQueueArns can only be given when redrivePermission is byQueue.")},

		{false, "Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"SQS:SendMessage","Resource":"*"}]}`, ""},
		{false, "Policy", `{`, invalid("Policy")},
		{false, "Policy", `{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`, invalid("Policy")},
		{false, "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`, invalid("Policy")},
		{false, "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*"}]}`, invalid("Policy")},
		{false, "Policy", strings.Repeat(" ", maxPolicy) + `{}`, invalid("Policy")},
	} {
		in := &api.SetQueueAttributesInput{QueueUrl: urls[c.fifo], Attributes: map[string]string{c.name: c.value}}
		before := f.attributes(urls[c.fifo], "All")
		if c.want != "" {
			f.Fails(c.want, in)
			f.Equal(c.name+" is as it was", f.attributes(urls[c.fifo], "All"), before)
			continue
		}
		f.Do(in)
		f.Equal(c.name, f.attributes(urls[c.fifo], c.name)[c.name], c.value)
	}
	for _, name := range []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"} {
		f.set(urls[false], name, "")
		f.Equal(name+" is gone", f.attributes(urls[false], name), map[string]string(nil))
	}
	f.set(urls[false], "SqsManagedSseEnabled", "true")
	f.Fails("InvalidAttributeName", &api.SetQueueAttributesInput{QueueUrl: urls[false], Attributes: map[string]string{"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "k"}})
	f.set(urls[false], "KmsMasterKeyId", "k")

	keys := &fakeKeys{}
	f.service.Keys = keys
	f.queue("managed", "KmsMasterKeyId", "alias/aws/sqs")
	f.set(urls[false], "KmsMasterKeyId", "arn:aws:kms:us-east-2:111111111111:alias/aws/sqs")
	f.set(urls[false], "KmsMasterKeyId", "arn:aws:kms:us-east-2:222222222222:alias/aws/sqs") // another's
	if want := []string{"111111111111 us-east-2 sqs", "111111111111 us-east-2 sqs"}; !slices.Equal(keys.managed, want) {
		t.Errorf("keys were made for %q, want %q", keys.managed, want)
	}
	f.Equal("one or the other", f.attributes(urls[false], "SqsManagedSseEnabled")["SqsManagedSseEnabled"], "false")
	f.set(closed, "RedriveAllowPolicy", "")
}

// FuzzRedrivePolicies: nothing brings the parsers down, and what they accept
// is within its bounds.
func FuzzRedrivePolicies(f *testing.F) {
	for _, s := range []string{
		`{"deadLetterTargetArn":"arn:aws:sqs:us-east-2:111111111111:q","maxReceiveCount":"5"}`, `{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:a:1:q"]}`,
		`null`, `{"maxReceiveCount":1e2,"deadLetterTargetArn":null}`, `{"redrivePermission":null}`, `{"sourceQueueArns":{}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, problem := parseRedrive(text); problem == "" && (p.Target == "" || p.MaxReceived < 1 || p.MaxReceived > maxReceiveCount || p.Text != text) {
			t.Fatalf("%q: %+v", text, p)
		}
		if p, problem := parseRedriveAllow(text); problem == "" && (len(p.Sources) > maxSources || p.None && len(p.Sources) > 0 || p.Text != text) {
			t.Fatalf("%q: %+v", text, p)
		}
	})
}

// FuzzAttributes: no attribute brings a queue down, and what was accepted can
// be set again.
func FuzzAttributes(f *testing.F) {
	for name := range attributes {
		f.Add(name, "5")
		f.Add(name, "true")
		f.Add(name, "{}")
		f.Add(name, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, name, value string) {
		for _, fifo := range []bool{false, true} {
			q := &Queue{Account: account, Region: region, Name: "q", Settings: defaults()}
			q.FIFO = fifo
			if q.set(fix.Store.View(), map[string]string{name: value}) != nil {
				continue
			}
			stored, ok := attributes[name].get(q)
			if ok && q.set(fix.Store.View(), map[string]string{name: stored}) != nil {
				t.Fatalf("%s: %q became %q, which cannot be set", name, value, stored)
			}
		}
	})
}
