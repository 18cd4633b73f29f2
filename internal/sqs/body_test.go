package sqs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// fakeKeys is a KMS with one key, whose policy is for the tests to write.
type fakeKeys struct {
	policy *policy.Attached
	state  *aws.Error
	issued int
	// managed are the accounts, regions and services that a key was made for.
	managed []string
}

const keyARN = "arn:aws:kms:us-east-2:111111111111:key/k"

func (k *fakeKeys) Target(_ store.Reader, key, account, region, action string, context map[string]string, via string) (call.Target, *aws.Error) {
	if key != "k" && key != keyARN && key != "alias/k" {
		return call.Target{}, aws.Errorf("NotFoundException", "Key '%s' does not exist", key)
	}
	if k.state != nil {
		return call.Target{}, k.state
	}
	t := call.Target{Action: action, Resource: keyARN, Owner: account, Policy: k.policy, PolicyRequired: true, Context: policy.Context{}}
	t.Context.Set("kms:EncryptionContext:aws:sqs:arn", context["aws:sqs:arn"])
	t.Context.Set("kms:ViaService", via)
	return t, nil
}

func (k *fakeKeys) GenerateDataKey(_ store.Reader, key string, context map[string]string) ([]byte, []byte, *aws.Error) {
	k.issued++
	return bytes.Repeat([]byte{byte(k.issued)}, 32), fmt.Appendf(nil, "%d %s", k.issued, context["aws:sqs:arn"]), nil
}

func (k *fakeKeys) ManagedKey(_ *store.Tx, _ time.Time, account, region, service string) (string, error) {
	k.managed = append(k.managed, account+" "+region+" "+service)
	return "", nil
}

func (k *fakeKeys) Decrypt(_ store.Reader, sealed []byte, encryptionContext map[string]string) ([]byte, string, *aws.Error) {
	n, context, _ := strings.Cut(string(sealed), " ")
	if context != encryptionContext["aws:sqs:arn"] {
		return nil, "", aws.Errorf("InvalidCiphertextException", "")
	}
	var b byte
	fmt.Sscan(n, &b)
	return bytes.Repeat([]byte{b}, 32), keyARN, nil
}

func TestKMS(t *testing.T) {
	f := newFixture(t)
	keys := &fakeKeys{policy: calltest.Policy(t, `{"Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/sender"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/receiver"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"sqs.us-east-2.amazonaws.com","kms:EncryptionContext:aws:sqs:arn":"`+arn("jobs")+`"}}},
		{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}]}`)}
	f.service.Keys = keys
	url := f.queue("jobs", "KmsMasterKeyId", "alias/k", "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
	send := &api.SendMessageInput{QueueUrl: url, MessageBody: new("secret words")}
	sender, receiver, stranger := calltest.User(account, "sender"), calltest.User(account, "receiver"), calltest.User(account, "stranger")
	for _, p := range []aws.Principal{sender, receiver, stranger} {
		f.Permit(p, calltest.Allowing("sqs:*"))
	}
	receive := &api.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(10))}

	f.Caller = stranger
	f.Fails("KmsAccessDenied: User: arn:aws:iam::111111111111:user/stranger is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-2:111111111111:key/k because no resource-based policy allows the kms:GenerateDataKey action", send)
	f.Caller = receiver
	f.Fails("KmsAccessDenied", send)
	f.Caller = sender
	f.Do(send, send)
	f.Equal("a data key each", keys.issued, 2)
	f.Equal("sealed", f.onDisk("secret words"), false)
	f.Caller = stranger
	f.Fails("KmsAccessDenied", receive)
	f.Equal("not taken", f.count(url), [3]string{"2", "0", "0"})
	f.Caller = receiver
	f.Asked()
	f.Equal("opened", bodiesOf(f.receives(receive)), []string{"secret words", "secret words"})
	f.Equal("asked once", len(f.Asked()), 2) // the queue and the key

	f.Caller = sender
	for want, state := range map[string]*aws.Error{
		"KmsDisabled: it is":        aws.Errorf("DisabledException", "it is"),
		"KmsInvalidState: pending":  aws.Errorf("KMSInvalidStateException", "pending"),
		"KmsInvalidKeyUsage: signs": aws.Errorf("InvalidKeyUsageException", "signs"),
		"SomethingElse: else":       aws.Errorf("SomethingElse", "else"),
	} {
		keys.state = state
		f.Fails(want, send)
	}
	keys.state = nil
	f.set(url, "KmsMasterKeyId", "nobody")
	f.Fails("KmsNotFound: Key 'nobody' does not exist", send)
	f.service.Keys = nil
	f.Fails("KmsNotFound", send)
	f.service.Keys = keys

	f.set(url, "KmsMasterKeyId", "k")
	for service, want := range map[string]string{"sns.amazonaws.com": "", "events.amazonaws.com": "KmsAccessDenied"} {
		code := ""
		f.update(func(tx *store.Tx) {
			if err := f.service.SendAsService(tx, f.Clock.Now(), arn("jobs"), call.Source{Service: service}, Message{Body: "x"}); err != nil {
				code = err.Code
			}
		})
		f.Equal(service, code, want)
	}
}

// onDisk reports whether the contents of any message show a text.
func (f *fixture) onDisk(text string) bool {
	f.Helper()
	for _, m := range messages.Scan(f.Store.View(), "") {
		kept, err := f.Store.Load(context.Background(), contents, m.Body)
		if err != nil || len(kept) != 1 {
			f.Fatalf("%v, %v", kept, err)
		}
		if bytes.Contains(kept[m.Body], []byte(text)) {
			return true
		}
	}
	return false
}

func TestManagedEncryption(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "secret words")
	f.Equal("sealed", f.onDisk("secret words"), false)
	f.set(url, "SqsManagedSseEnabled", "false")
	f.send(url, "open words")
	f.Equal("open", f.onDisk("open words"), true)
	f.Equal("both are read", f.bodies(url), []string{"secret words", "open words"})
}

// TestDamagedContent: what was changed on disk is not handed out.
func TestDamagedContent(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "a")
	f.update(func(tx *store.Tx) {
		for _, m := range messages.Scan(tx, "") {
			contents.Put(tx, m.Body, []byte("nonsense"))
		}
	})
	if _, err := f.Call(&api.ReceiveMessageInput{QueueUrl: url}); err == nil || aws.CodeOf(err) != "" {
		t.Errorf("got %v", err)
	}
}
