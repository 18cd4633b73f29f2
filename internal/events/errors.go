package events

import "github.com/orgtrail/orgtrail/internal/aws"

// Codes of errors.
const (
	resourceNotFound    = "ResourceNotFoundException"
	validationException = "ValidationException"
)

func invalid(format string, args ...any) *aws.Error {
	return aws.Errorf(validationException, format, args...)
}

func noBus(name string) *aws.Error {
	return aws.Errorf(resourceNotFound, "Event bus %s does not exist.", name)
}

func noRule(name, bus string) *aws.Error {
	return aws.Errorf(resourceNotFound, "Rule %s does not exist on EventBus %s.", name, bus)
}

func overLimit() *aws.Error {
	return aws.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

// The quotas.
const (
	busesPerAccount = 100 // in a region
	rulesPerBus     = 300
	targetsPerRule  = 5
	busPolicySize   = 10_240
	putEventsSize   = 256 << 10 // of all entries of one call
	eventSize       = 256 << 10 // of one event on its way to rules
)
