package kms

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// noteRequest tells the record what the caller has left to KMS.
func (q *question) noteRequest() {
	q.c.Supplied = map[string]any{}
	for name, value := range requestDefaults[q.c.Operation.Name] {
		if q.in.FieldByName(strings.ToUpper(name[:1]) + name[1:]).IsNil() {
			q.c.Supplied[name] = value
		}
	}
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
