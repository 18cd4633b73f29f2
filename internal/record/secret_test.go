package record

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	cloudtrailapi "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	eventsapi "github.com/orgtrail/orgtrail/internal/wire/api/events"
	iamapi "github.com/orgtrail/orgtrail/internal/wire/api/iam"
	kmsapi "github.com/orgtrail/orgtrail/internal/wire/api/kms"
	logsapi "github.com/orgtrail/orgtrail/internal/wire/api/logs"
	organizationsapi "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	s3api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	snsapi "github.com/orgtrail/orgtrail/internal/wire/api/sns"
	sqsapi "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
	stsapi "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// secret are the names of members whose values no record shows.
var secret = regexp.MustCompile(`(?i)secret|password|plaintext|ciphertext|privatekey$|authenticationcode|tokencode|` +
	`assertion$|webidentitytoken|granttoken|importtoken|keymaterial$|seed$|customerkey$|^mfa$|` +
	`^(message|subject|messagebody|detail|(string|binary)(list)?values?|logevents|logeventmessages|mac|signature|recipient)$`)

// public are those of them that are no secrets: names, hashes and switches.
var public = regexp.MustCompile(`SecretManagerArn|RemovePrivateKey|PasswordLength|PasswordReset|ToChangePassword|PasswordReusePrevention|MaxPasswordAge|ContextAssertion|IncludeKeyMaterial`)

// TestSecretsOfRefusedCalls: whatever a call carries, and however early it is
// refused, what is secret is not in its record. Every member of every input
// is filled with its own name.
func TestSecretsOfRefusedCalls(t *testing.T) {
	found := 0
	for _, api := range []*wire.Service{
		cloudtrailapi.API, eventsapi.API, iamapi.API, kmsapi.API, logsapi.API,
		organizationsapi.API, s3api.API, snsapi.API, sqsapi.API, stsapi.API,
	} {
		for _, op := range api.Operations {
			in := op.NewInput()
			f := filler{secrets: map[string]bool{}}
			f.structure(in.Describe(), reflect.ValueOf(in).Elem(), "", false, 0)
			got := Call(callOf(api, op.Name, user), Outcome{In: in, Err: aws.Errorf("ValidationException", "refused"), Time: at}, Copy{Account: "111111111111"})
			for text := range f.secrets {
				found++
				blob := new(encoder)
				blob.Blob(wire.BlobType, []byte(text))
				if bytes.Contains(got, []byte(text+`"`)) || bytes.Contains(got, blob.buf) {
					t.Errorf("%s %s: the record shows %s", api.ID, op.Name, text)
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("%d secrets tried", found)
	}
}

// filler fills shapes with the paths of their members.
type filler struct{ secrets map[string]bool }

func (f *filler) structure(s *wire.Struct, v reflect.Value, path string, hide bool, depth int) {
	if depth > 5 {
		return
	}
	for i := range s.Fields {
		field := &s.Fields[i]
		if field.Type.Kind == wire.Stream {
			continue
		}
		hidden := hide || field.Type.Sensitive && field.Record != wire.Shown ||
			secret.MatchString(field.Name) && !public.MatchString(field.Name)
		f.value(field.Type, v.Field(i), path+"/"+field.Name, hidden, depth)
	}
}

func (f *filler) value(t *wire.Type, v reflect.Value, path string, hide bool, depth int) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if hide && (t.Kind == wire.String || t.Kind == wire.Blob) {
		f.secrets[path] = true
	}
	switch t.Kind {
	case wire.String:
		v.SetString(path)
	case wire.Blob:
		v.SetBytes([]byte(path))
	case wire.Structure:
		f.structure(t.Struct, v, path, hide, depth+1)
	case wire.List:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.value(t.Item, v.Index(0), path, hide, depth)
	case wire.Map:
		item := reflect.New(v.Type().Elem()).Elem()
		f.value(t.Item, item, path, hide, depth)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(strings.ReplaceAll(path, "/", "-")), item)
	}
}
