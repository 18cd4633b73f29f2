package kms

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// noteRequest sets aside what the record says of a request: everything but
// what is secret or opaque, which are all members of bytes, and grant tokens.
// more are the values of members that the caller left to AWS.
func noteRequest(c *call.Call, in any, more map[string]any) {
	parameters := members(reflect.ValueOf(in).Elem())
	for name, value := range more {
		if _, ok := parameters[name]; !ok {
			parameters[name] = value
		}
	}
	if len(parameters) > 0 {
		c.Request = parameters
		return
	}
	c.Request = (map[string]any)(nil)
}

// opaque are the members that no record shows.
var opaque = []string{"GrantToken", "GrantTokens", "Recipient"}

// members are the members of a shape that are present, as records name them.
func members(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		if f.IsZero() || slices.Contains(opaque, name) || f.Type() == reflect.TypeFor[[]byte]() {
			continue
		}
		out[strings.ToLower(name[:1])+name[1:]] = recorded(f)
	}
	return out
}

// recorded is a value as records print it.
func recorded(v reflect.Value) any {
	if t, ok := v.Interface().(*time.Time); ok {
		return t.UTC().Format("Jan 2, 2006 3:04:05 PM")
	}
	switch {
	case v.Kind() == reflect.Pointer:
		return recorded(v.Elem())
	case v.Kind() == reflect.Struct:
		return members(v)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = members(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

// requestDefaults are what a record says where the caller has said nothing.
var requestDefaults = map[string]map[string]any{
	"CreateKey": {
		"description": "", "keyUsage": encryptDecrypt, "origin": api.OriginTypeAwsKms,
		"multiRegion": false, "bypassPolicyLockoutSafetyCheck": false,
	},
	"PutKeyPolicy": {"policyName": policyName, "bypassPolicyLockoutSafetyCheck": false},
	"ReplicateKey": {"description": "", "bypassPolicyLockoutSafetyCheck": false},
	"Encrypt":      {"encryptionAlgorithm": symmetricDefault},
	"Decrypt":      {"encryptionAlgorithm": symmetricDefault},
	"ReEncrypt": {
		"sourceEncryptionAlgorithm": symmetricDefault, "destinationEncryptionAlgorithm": symmetricDefault,
	},
	"Sign":   {"messageType": api.MessageTypeRaw},
	"Verify": {"messageType": api.MessageTypeRaw},
}

// note adds a key to the resources of the record.
func note(c *call.Call, k *Key) { noteResource(c, k.Account, "AWS::KMS::Key", k.ARN()) }

func noteResource(c *call.Call, account, kind, arn string) {
	r := call.Resource{Account: account, Type: kind, ARN: arn}
	if !slices.Contains(c.Resources, r) {
		c.Resources = append(c.Resources, r)
	}
}

// noteOwner lets the owner of a key have a record of its own. It is called
// when the caller was let in: of those that were not, AWS tells their own
// account alone.
func noteOwner(c *call.Call, k *Key) {
	if k.Account != c.Account() && !slices.Contains(c.Owners, k.Account) {
		c.Owners = append(c.Owners, k.Account)
	}
}

// noteMaterial tells which material did the work, of keys that can have
// several.
func noteMaterial(c *call.Call, id string) { c.Additional = map[string]any{"keyMaterialId": id} }

// serviceEvent is the record of something that KMS did to a key by itself.
func serviceEvent(c *call.Call, k *Key, name string, details map[string]any) {
	if details == nil {
		details = map[string]any{}
	}
	details["keyId"] = k.ID
	c.Emit(call.Event{
		Type: "AwsServiceEvent", Source: api.API.EventSource, Name: name, Account: k.Account, Region: k.Region,
		InvokedBy: "AWS Internal", Details: details,
		Resources: []call.Resource{{Account: k.Account, Type: "AWS::KMS::Key", ARN: k.ARN()}},
	})
}
