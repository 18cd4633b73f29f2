package kms

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// describe sets the condition keys that follow from the key.
func (k *Key) describe(r store.Reader, ctx policy.Context) {
	ctx.Set("kms:KeySpec", k.Spec)
	ctx.Set("kms:CustomerMasterKeySpec", k.Spec)
	ctx.Set("kms:KeyUsage", k.Usage)
	ctx.Set("kms:CustomerMasterKeyUsage", k.Usage)
	ctx.Set("kms:KeyOrigin", k.Origin)
	ctx.Set("kms:MultiRegion", strconv.FormatBool(k.Primary != ""))
	if k.Primary != "" {
		ctx.Set("kms:MultiRegionKeyType", k.role())
	}
	if names := k.aliasNames(r); len(names) > 0 {
		ctx.Set("kms:ResourceAliases", names...)
	}
	k.Tags.SetResource(ctx)
}

// contextKeys are the condition keys that members of inputs stand for.
var contextKeys = []struct{ member, key string }{
	{"BypassPolicyLockoutSafetyCheck", "kms:BypassPolicyLockoutSafetyCheck"},
	{"EncryptionAlgorithm", "kms:EncryptionAlgorithm"},
	{"ExpirationModel", "kms:ExpirationModel"},
	{"GranteePrincipal", "kms:GranteePrincipal"},
	{"KeyAgreementAlgorithm", "kms:KeyAgreementAlgorithm"},
	{"KeyPairSpec", "kms:DataKeyPairSpec"},
	{"MacAlgorithm", "kms:MacAlgorithm"},
	{"MessageType", "kms:MessageType"},
	{"PendingWindowInDays", "kms:ScheduleKeyDeletionPendingWindowInDays"},
	{"PrimaryRegion", "kms:PrimaryRegion"},
	{"ReplicaRegion", "kms:ReplicaRegion"},
	{"RetiringPrincipal", "kms:RetiringPrincipal"},
	{"RotationPeriodInDays", "kms:RotationPeriodInDays"},
	{"SigningAlgorithm", "kms:SigningAlgorithm"},
	{"ValidTo", "kms:ValidTo"},
	{"WrappingAlgorithm", "kms:WrappingAlgorithm"},
	{"WrappingKeySpec", "kms:WrappingKeySpec"},
}

// contextDefaults are the values of members that an operation has but the
// caller has left to AWS.
var contextDefaults = map[string]string{
	"BypassPolicyLockoutSafetyCheck": "false",
	"EncryptionAlgorithm":            symmetricDefault,
	"MessageType":                    api.MessageTypeRaw,
	"PendingWindowInDays":            strconv.Itoa(longestWindow),
}

// context holds the condition keys of the call's input.
func (q *question) context() policy.Context {
	ctx := policy.Context{}
	for _, k := range contextKeys {
		if v := q.text(k.member); v != "" {
			ctx.Set(k.key, v)
		} else if v, ok := contextDefaults[k.member]; ok && q.in.FieldByName(k.member).IsValid() {
			ctx.Set(k.key, v)
		}
	}
	return ctx
}

// text returns a member of the input as condition keys hold it, "" when the
// call has none.
func (q *question) text(member string) string {
	f := q.in.FieldByName(member)
	if !f.IsValid() {
		return ""
	}
	switch v := f.Interface().(type) {
	case *string:
		return aws.Val(v)
	case *bool:
		if v != nil {
			return strconv.FormatBool(*v)
		}
	case *int32:
		if v != nil {
			return strconv.Itoa(int(*v))
		}
	case *time.Time:
		if v != nil {
			return v.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

func (q *question) encryptionContext(member string) map[string]string {
	f := q.in.FieldByName(member)
	if !f.IsValid() {
		return nil
	}
	return f.Interface().(map[string]string)
}

func setRequestAlias(ctx policy.Context, name string) {
	if _, alias, ok := strings.Cut(name, ":"+aliasPrefix); ok {
		name = aliasPrefix + alias
	}
	if isAlias(name) {
		ctx.Set("kms:RequestAlias", name)
	}
}

// setEncryptionContext sets the condition keys of an encryption context.
// Names of condition keys know no case, those of an encryption context do: of
// two that differ in nothing else a condition sees both values.
func setEncryptionContext(ctx policy.Context, encryption map[string]string) {
	if len(encryption) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(encryption))
	ctx.Set("kms:EncryptionContextKeys", names...)
	for _, name := range names {
		key := strings.ToLower("kms:EncryptionContext:" + name)
		ctx[key] = append(ctx[key], encryption[name])
	}
}
