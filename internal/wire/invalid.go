package wire

import "github.com/orgtrail/orgtrail/internal/aws"

// invalidHooks refuse an input that breaks the model's rules, where the
// service has no way of its own.
var invalidHooks = [...]func([]Violation) *aws.Error{
	AWSJSON:  func(vs []Violation) *aws.Error { return &aws.Error{Code: "ValidationException", Message: Sentence(vs)} },
	AWSQuery: func(vs []Violation) *aws.Error { return &aws.Error{Code: "ValidationError", Message: Sentence(vs)} },
	RESTXML:  invalidREST,
}

// InvalidInput is the hook of Organizations: one violation, with a reason and
// a short text.
func InvalidInput(vs []Violation) *aws.Error {
	reason, text := "", ""
	switch vs[0].Kind {
	case Missing:
		reason, text = "INPUT_REQUIRED", "You must specify a value for "+vs[0].Path+"."
	case TooShort:
		reason, text = "MIN_LENGTH_EXCEEDED", "You provided a value that is shorter than the minimum length."
	case TooLong:
		reason, text = "MAX_LENGTH_EXCEEDED", "You provided a value that is longer than the maximum length."
	case TooSmall:
		reason, text = "MIN_VALUE_EXCEEDED", "You provided a value that is less than the minimum value."
	case TooLarge:
		reason, text = "MAX_VALUE_EXCEEDED", "You provided a value that is greater than the maximum value."
	case BadPattern:
		reason, text = "INVALID_PATTERN", "You provided a value that does not match the required pattern."
	case BadEnum:
		reason, text = "INVALID_ENUM", "You specified an invalid value."
	}
	return (&aws.Error{Code: "InvalidInputException", Message: text}).With("Reason", reason)
}

// InvalidParameter is the hook of CloudWatch Logs.
func InvalidParameter(vs []Violation) *aws.Error {
	return &aws.Error{Code: "InvalidParameterException", Message: Sentence(vs)}
}

// MissingParameter is the hook of SQS, whose model says nothing of values but
// which must be there.
func MissingParameter(vs []Violation) *aws.Error {
	return aws.Errorf("MissingParameter", "The request must contain the parameter %s.", vs[0].Field.Name)
}

// invalidREST is S3's way: what is wrong inside a document makes the document
// malformed; what is wrong with a header or a parameter is an argument.
func invalidREST(vs []Violation) *aws.Error {
	switch v := vs[0]; {
	case v.InBody && v.Kind == Missing && v.Field.In == Payload:
		return &aws.Error{Code: "MissingRequestBodyError", Message: "Request Body is empty"}
	case v.InBody:
		return &aws.Error{Code: "MalformedXML", Message: malformedXML}
	default:
		return aws.Errorf("InvalidArgument", "The value of %s is not valid: %s", v.Field.Wire, v.constraint()).
			With("ArgumentName", v.Field.Wire).With("ArgumentValue", v.Value)
	}
}

const malformedXML = "The XML you provided was not well-formed or did not validate against our published schema"
