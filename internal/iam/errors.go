package iam

import "github.com/orgtrail/orgtrail/internal/aws"

func noSuchEntity(format string, args ...any) *aws.Error {
	return aws.Errorf("NoSuchEntity", format, args...)
}

func alreadyExists(format string, args ...any) *aws.Error {
	return aws.Errorf("EntityAlreadyExists", format, args...)
}

func invalid(format string, args ...any) *aws.Error {
	return aws.Errorf("ValidationError", format, args...)
}

func invalidInput(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidInput", format, args...)
}

func limitExceeded(format string, args ...any) *aws.Error {
	return aws.Errorf("LimitExceeded", format, args...)
}

func overQuota(quota string, limit int) *aws.Error {
	return limitExceeded("Cannot exceed quota for %s: %d", quota, limit)
}

func conflict(format string, args ...any) *aws.Error {
	return aws.Errorf("DeleteConflict", format, args...)
}

// protected is the refusal of a change to a role that belongs to a service.
func protected(role string) *aws.Error {
	return aws.Errorf("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", role)
}

// The quotas of what hangs on an entity.
const (
	keysPerUser         = 2
	devicesPerUser      = 8
	sshKeysPerUser      = 5
	certificatesPerUser = 2
	groupsPerUser       = 10
	attachedPerEntity   = 10
	versionsPerPolicy   = 5
	policySize          = 6144 // characters of a managed policy, without white space
	trustSize           = 2048 // characters of a role's trust policy, without white space
)
