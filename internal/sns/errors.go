package sns

import "github.com/orgtrail/orgtrail/internal/aws"

// invalid is a parameter that SNS does not take.
func invalid(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameter", "Invalid parameter: "+format, args...)
}

// invalidValue is a message attribute that SNS does not take.
func invalidValue(format string, args ...any) *aws.Error {
	return aws.Errorf("ParameterValueInvalid", format, args...)
}

// unauthorized is a refusal in SNS's own code.
func unauthorized(format string, args ...any) *aws.Error {
	return aws.Errorf("AuthorizationError", format, args...)
}

var (
	errNoTopic        = aws.Errorf("NotFound", "Topic does not exist")
	errNoSubscription = aws.Errorf("NotFound", "Subscription does not exist")
	errNoResource     = aws.Errorf("ResourceNotFound", "Resource does not exist")
)

// The quotas of an account in a region, and of a topic.
const (
	standardTopics        = 100_000
	fifoTopics            = 1_000
	fifoSubscriptions     = 100 // of a FIFO topic
	filtersOfTopic        = 200
	filtersOfAccount      = 10_000
	messageSize           = 256 << 10
	policySize            = 30 << 10
	entriesOfBatch        = 10
	lengthOfPage          = 100
	lengthOfSubject       = 100
	lengthOfDisplayName   = 100
	lengthOfAttributeName = 256
)
