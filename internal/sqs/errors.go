package sqs

import "github.com/orgtrail/orgtrail/internal/aws"

func noSuchQueue() *aws.Error {
	return aws.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
}

func noSuchResource(parameter string) *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The resource that you specified for the %s parameter doesn't exist.", parameter)
}

func invalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterValue", format, args...)
}

// invalidValue says what is wrong with the value of a parameter.
func invalidValue(value any, parameter, format string, args ...any) *aws.Error {
	reason := aws.Errorf("", format, args...).Message
	return invalidParameter("Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

// otherQueueType refuses a parameter that the queue's type does not know.
func otherQueueType(value any, parameter string) *aws.Error {
	return invalidValue(value, parameter, "The request include parameter that is not valid for this queue type.")
}

func missing(parameter string) *aws.Error {
	return aws.Errorf("MissingParameter", "The request must contain the parameter %s.", parameter)
}

func unknownAttribute(name string) *aws.Error {
	return aws.Errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
}

func invalidAttribute(name string) *aws.Error {
	return aws.Errorf("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

func invalidHandle(handle string) *aws.Error {
	return aws.Errorf("ReceiptHandleIsInvalid", "The input receipt handle \"%s\" is not a valid receipt handle.", handle)
}

func expiredHandle(handle string) *aws.Error {
	return invalidValue(handle, "ReceiptHandle", "The receipt handle has expired.")
}

// keyFailure is a failure of KMS as SQS words it: by a code of its own.
func keyFailure(e *aws.Error) *aws.Error {
	code, ok := map[string]string{
		aws.AccessDenied:                "KmsAccessDenied",
		"AccessDeniedException":         "KmsAccessDenied",
		"DisabledException":             "KmsDisabled",
		"InvalidKeyUsageException":      "KmsInvalidKeyUsage",
		"KMSInvalidStateException":      "KmsInvalidState",
		"NotFoundException":             "KmsNotFound",
		"InvalidArnException":           "KmsNotFound",
		"InvalidCiphertextException":    "KmsAccessDenied",
		"IncorrectKeyException":         "KmsAccessDenied",
		"InvalidGrantTokenException":    "KmsAccessDenied",
		"KeyUnavailableException":       "KmsThrottled",
		"DependencyTimeoutException":    "KmsThrottled",
		"UnsupportedOperationException": "KmsInvalidKeyUsage",
	}[e.Code]
	if !ok {
		return e
	}
	return &aws.Error{Code: code, Message: e.Message}
}
