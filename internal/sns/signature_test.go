package sns

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// verify checks a message as its reader would: from nothing but its text and
// the certificate that it names.
func verify(t *testing.T, r store.Reader, body string) *x509.Certificate {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	fields := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if m["Type"] != "Notification" {
		fields = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var signed strings.Builder
	for _, name := range fields {
		if value, ok := m[name].(string); ok {
			signed.WriteString(name + "\n" + value + "\n")
		}
	}
	address := m["SigningCertURL"].(string)
	id := strings.TrimSuffix(strings.TrimPrefix(address, "https://sns.example.com/_orgtrail/sns/SimpleNotificationService-"), ".pem")
	text, ok := Certificate(r, id)
	if !ok {
		t.Fatalf("no certificate at %s", address)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		t.Fatalf("%s", text)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(m["Signature"].(string))
	if err != nil {
		t.Fatal(err)
	}
	public := certificate.PublicKey.(*rsa.PublicKey)
	one, two := sha1.Sum([]byte(signed.String())), sha256.Sum256([]byte(signed.String()))
	switch m["SignatureVersion"] {
	case "1":
		err = rsa.VerifyPKCS1v15(public, crypto.SHA1, one[:], signature)
	case "2":
		err = rsa.VerifyPKCS1v15(public, crypto.SHA256, two[:], signature)
	default:
		t.Fatalf("version %v", m["SignatureVersion"])
	}
	if err != nil {
		t.Fatalf("%v of\n%s", err, body)
	}
	if public.N.BitLen() != 2048 {
		t.Errorf("%d bits", public.N.BitLen())
	}
	return certificate
}

func TestSignatures(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.topic("two", map[string]string{"SignatureVersion": "2"})
	for _, version := range []string{"t", "two"} {
		arn := strings.TrimSuffix(topic, "t") + version
		f.queues.sent = map[string][]QueueMessage{}
		f.subscribe(arn, "sqs", queue, nil)
		f.subscribe(arn, "sqs", foreign, nil) // sends a confirmation
		for _, in := range []*api.PublishInput{
			{Message: new("plain")}, {Message: new("with\nlines\t\"quotes\" and wörds \U0001f600 </script>"), Subject: new("süß")},
			{Message: new(`{"default":"","sqs":""}`), MessageStructure: new("json")},
		} {
			in.TopicArn = &arn
			f.Do(in)
		}
		for _, body := range append(f.bodies(queue), f.bodies(foreign)...) {
			c := verify(t, f.Store.View(), body)
			if f.Clock.Now().Before(c.NotBefore) || f.Clock.Now().After(c.NotAfter) {
				t.Errorf("valid from %v until %v", c.NotBefore, c.NotAfter)
			}
		}
		f.Equal("messages", len(f.bodies(queue))+len(f.bodies(foreign)), 4)
	}
	keys := 0
	for key, k := range signingKeys.Scan(f.Store.View(), "") {
		keys++
		if bytes.Contains(k.Private, []byte{0x02, 0x01, 0x00, 0x02, 0x82}) { // how a PKCS #1 key begins
			t.Errorf("%s is not sealed", key)
		}
	}
	f.Equal("keys", keys, 1)
}

// The key is kept over restarts, a region has its own, and its successor
// signs before it ends; the old certificate stays.
// TestSigningKeysAreMadeBeforehand: the transaction that finds no key is given
// up for it, for whoever publishes, and leaves nothing behind.
func TestSigningKeysAreMadeBeforehand(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "https", "https://example.com/", nil)
	f.Equal("runs", f.Runs, 3) // of two calls, one of which asks to be confirmed
	f.Equal("letters", len(f.entries()), 1)

	f.subscribe(topic, "sqs", queue, nil)
	f.publish(topic, "x")
	f.Equal("runs", f.Runs, 5)
	f.Clock.Advance(keyLife)
	f.Do(&api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("Policy"), AttributeValue: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"SNS:Publish","Resource":"` + topic + `"}]}`)})
	runs := 0
	if err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		// As the relay does, which a refusal does not hold up.
		_ = f.service.PublishAsService(tx, f.Clock.Now(), topic, call.Source{Service: "s3.amazonaws.com"}, Message{Body: "x"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f.Equal("runs", runs, 2)
	f.Equal("messages", len(f.bodies(queue)), 2)
}

func TestSigningKeys(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, nil)
	last := func() *x509.Certificate {
		f.publish(topic, "m")
		bodies := f.bodies(queue)
		return verify(t, f.Store.View(), bodies[len(bodies)-1])
	}
	first := last()
	queues, base := f.service.Queues, f.service.Base
	f.service = New(calltest.Key(t))
	f.service.Queues, f.service.Base = queues, base
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
	if !last().Equal(first) {
		t.Error("another key after a restart")
	}
	f.Clock.Advance(keyLife - keySlack - time.Hour)
	second := last()
	if second.Equal(first) {
		t.Error("the old key signs for ever")
	}
	bodies := f.bodies(queue)
	verify(t, f.Store.View(), bodies[0])

	f.Region = "eu-west-1"
	f.topic("t", nil)
	f.subscribe(strings.Replace(topic, "us-east-1", "eu-west-1", 1), "sqs", queue, nil)
	f.publish(strings.Replace(topic, "us-east-1", "eu-west-1", 1), "m")
	bodies = f.bodies(queue)
	if third := verify(t, f.Store.View(), bodies[len(bodies)-1]); third.Equal(second) {
		t.Error("two regions share a key")
	}
	for _, id := range []string{"", "x", "../x", "us-east-1"} {
		if _, ok := Certificate(f.Store.View(), id); ok {
			t.Errorf("a certificate %q", id)
		}
	}
}

// Another master key opens nothing, and the publisher is told of no success.
func TestOtherMasterKey(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, nil)
	f.publish(topic, "m")
	key, _ := seal.New([]byte(strings.Repeat("x", seal.Size)))
	f.service.seal = key.For("sns.signingkey")
	f.service.private.Clear()
	if _, err := f.Call(&api.PublishInput{TopicArn: new(topic), Message: new("m")}); !errors.Is(err, seal.ErrOtherKey) {
		t.Error(err)
	}
}
