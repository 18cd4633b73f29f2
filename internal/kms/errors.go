package kms

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func validation(format string, args ...any) *aws.Error {
	return aws.Errorf("ValidationException", format, args...)
}

func notFound(format string, args ...any) *aws.Error {
	return aws.Errorf("NotFoundException", format, args...)
}

func invalidARN(arn string) *aws.Error {
	return aws.Errorf("InvalidArnException", "Invalid arn %s", arn)
}

func unsupported(format string, args ...any) *aws.Error {
	return aws.Errorf("UnsupportedOperationException", format, args...)
}

func limitExceeded(format string, args ...any) *aws.Error {
	return aws.Errorf("LimitExceededException", format, args...)
}

func malformedPolicy(format string, args ...any) *aws.Error {
	return aws.Errorf("MalformedPolicyDocumentException", format, args...)
}

func invalidState(k *Key, is string) *aws.Error {
	return aws.Errorf("KMSInvalidStateException", "%s is %s.", k.ARN(), is)
}

func disabled(k *Key) *aws.Error {
	return aws.Errorf("DisabledException", "%s is disabled.", k.ARN())
}

// invalidCiphertext is the refusal of a blob that was changed, was not made
// here, or comes with another encryption context. AWS gives no reason.
func invalidCiphertext() *aws.Error { return aws.Errorf("InvalidCiphertextException", "") }

// unreadable is the refusal of a blob that is well formed, by whoever may not
// know whether its key exists.
func unreadable() *aws.Error {
	return aws.Errorf(aws.AccessDenied, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.")
}

func incorrectKey() *aws.Error {
	return aws.Errorf("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
}

func invalidUsage(k *Key, operation string) *aws.Error {
	return aws.Errorf("InvalidKeyUsageException", "%s key usage is %s which is not valid for %s.", k.ARN(), k.Usage, operation)
}

// invalidSpecFor refuses a key that is not symmetric, though it encrypts.
func invalidSpecFor(k *Key, operation string) *aws.Error {
	return aws.Errorf("InvalidKeyUsageException", "%s key spec is %s which is not valid for %s.", k.ARN(), k.Spec, operation)
}

func incompatible(algorithm string, k *Key) *aws.Error {
	return aws.Errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, k.Spec)
}

// invalidOrigin is the refusal of what keys of an origin cannot do.
func invalidOrigin(k *Key) *aws.Error {
	return unsupported("%s origin is %s which is not valid for this operation.", k.ARN(), k.Origin)
}

// invalidSpec is the refusal of what keys of a spec cannot do.
func invalidSpec(k *Key) *aws.Error {
	return unsupported("%s key spec is %s which is not valid for this operation.", k.ARN(), k.Spec)
}

// foreign is the refusal of an operation that knows no other account's keys.
func foreign(caller *aws.Principal, operation, arn string) *aws.Error {
	return aws.Errorf(aws.AccessDenied, "User: %s is not authorized to perform: kms:%s on resource: %s because no resource-based policy allows the kms:%s action",
		caller.ARN, operation, arn, operation)
}

// asDryRun is the answer to a call that asks only whether it would succeed,
// nil for any other.
func asDryRun(dry *bool) error {
	if aws.Val(dry) {
		return aws.Errorf("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
	}
	return nil
}

// sealed is the failure of material that does not open: another master key
// than this database's, or a changed row.
func sealed(err error) *aws.Error {
	return aws.Errorf(aws.InternalFailure, "%s", strings.TrimPrefix(err.Error(), "seal: "))
}

// The quotas.
const (
	policySize      = 32 << 10 // bytes of a key policy
	aliasesPerKey   = 50
	rotationsPerKey = 25 // on demand
	contextSize     = 8 << 10
)
