package wire

import (
	"net/http"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// common are the codes that every service of a protocol answers with, beside
// those of its model.
var common = [...]map[string]int{
	AWSJSON: {
		"AccessDeniedException":               400,
		"ExpiredTokenException":               400,
		"IncompleteSignatureException":        400,
		"InternalFailure":                     500,
		"InvalidSignatureException":           400,
		"MissingAuthenticationTokenException": 400,
		"OptInRequired":                       403,
		"RequestEntityTooLargeException":      413,
		"SerializationException":              400,
		"ServiceUnavailableException":         503,
		"ThrottlingException":                 400,
		"UnknownOperationException":           400,
		"UnrecognizedClientException":         400,
		"ValidationException":                 400,
	},
	AWSQuery: {
		"AccessDenied":               403,
		"ExpiredToken":               403,
		"IncompleteSignature":        400,
		"InternalFailure":            500,
		"InvalidAction":              400,
		"InvalidClientTokenId":       403,
		"InvalidParameterValue":      400,
		"MalformedInput":             400,
		"MalformedQueryString":       400,
		"MissingAction":              400,
		"MissingAuthenticationToken": 403,
		"OptInRequired":              403,
		"RequestEntityTooLarge":      413,
		"RequestExpired":             400,
		"ServiceUnavailable":         503,
		"SignatureDoesNotMatch":      403,
		"Throttling":                 400,
		"ValidationError":            400,
	},
	RESTXML: {
		"AccessControlListNotSupported":         400,
		"AccessDenied":                          403,
		"AccountProblem":                        403,
		"AllAccessDisabled":                     403,
		"AuthorizationHeaderMalformed":          400,
		"BadDigest":                             400,
		"BucketAlreadyExists":                   409,
		"BucketAlreadyOwnedByYou":               409,
		"BucketNotEmpty":                        409,
		"ConditionalRequestConflict":            409,
		"EntityTooLarge":                        400,
		"EntityTooSmall":                        400,
		"ExpiredToken":                          400,
		"Forbidden":                             403,
		"IllegalLocationConstraintException":    400,
		"IncompleteBody":                        400,
		"InternalError":                         500,
		"InvalidAccessKeyId":                    403,
		"InvalidArgument":                       400,
		"InvalidBucketName":                     400,
		"InvalidBucketState":                    409,
		"InvalidDigest":                         400,
		"InvalidObjectState":                    403,
		"InvalidPart":                           400,
		"InvalidPartOrder":                      400,
		"InvalidRange":                          416,
		"InvalidRequest":                        400,
		"InvalidSecurity":                       403,
		"InvalidToken":                          400,
		"KMS.DisabledException":                 400,
		"KMS.KMSInvalidStateException":          400,
		"KMS.NotFoundException":                 400,
		"KeyTooLongError":                       400,
		"MalformedACLError":                     400,
		"MalformedPolicy":                       400,
		"MalformedXML":                          400,
		"MaxMessageLengthExceeded":              400,
		"MethodNotAllowed":                      405,
		"MissingContentLength":                  411,
		"NoSuchPublicAccessBlockConfiguration":  404,
		"NotFound":                              404,
		"NotImplemented":                        501,
		"NotModified":                           304,
		"ObjectLockConfigurationNotFoundError":  404,
		"OperationAborted":                      409,
		"OwnershipControlsNotFoundError":        404,
		"PermanentRedirect":                     301,
		"PreconditionFailed":                    412,
		"ReplicationConfigurationNotFoundError": 404,
		"RequestTimeTooSkewed":                  403,
		"RequestTimeout":                        400,
		"ServerSideEncryptionConfigurationNotFoundError": 404,
		"ServiceUnavailable":                             503,
		"SignatureDoesNotMatch":                          403,
		"SlowDown":                                       503,
		"TemporaryRedirect":                              307,
		"TooManyBuckets":                                 400,
		"XAmzContentSHA256Mismatch":                      400,
	},
}

// spelling is how a protocol spells the codes that all of our packages share.
var spelling = [...]map[string]string{
	AWSJSON: {
		aws.AccessDenied:        "AccessDeniedException",
		"RequestEntityTooLarge": "RequestEntityTooLargeException",
		"ServiceUnavailable":    "ServiceUnavailableException",
	},
	AWSQuery: {},
	RESTXML: {
		aws.InternalFailure:     "InternalError",
		"RequestEntityTooLarge": "MaxMessageLengthExceeded",
	},
}

// queryCodes are the codes of JSON that the clients of a Legacy know by
// another name.
var queryCodes = map[string]string{
	"AccessDeniedException":               "AccessDenied",
	"ExpiredTokenException":               "ExpiredToken",
	"IncompleteSignatureException":        "IncompleteSignature",
	"InvalidParameterValueException":      "InvalidParameterValue",
	"InvalidSignatureException":           "SignatureDoesNotMatch",
	"MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"MissingRequiredParameterException":   "MissingParameter",
	"RequestEntityTooLargeException":      "RequestEntityTooLarge",
	"SerializationException":              "MalformedInput",
	"ServiceUnavailableException":         "ServiceUnavailable",
	"ThrottlingException":                 "Throttling",
	"UnknownOperationException":           "InvalidAction",
	"UnrecognizedClientException":         "InvalidClientTokenId",
	"ValidationException":                 "ValidationError",
}

// jsonCodes is queryCodes from the other side.
var jsonCodes = func() map[string]string {
	m := make(map[string]string, len(queryCodes))
	for j, q := range queryCodes {
		m[q] = j
	}
	return m
}()

// queryCode returns a code as the clients of a Legacy know it.
func (s *Service) queryCode(code string) string {
	if e := s.Errors[code]; e.Query != "" {
		return e.Query
	}
	if q, ok := queryCodes[code]; ok {
		return q
	}
	return code
}

// qualified is a code with the name space that its shape is in.
func (s *Service) qualified(code string) string {
	if _, ok := s.Errors[code]; ok {
		return "com.amazonaws." + s.ID + "#" + code
	}
	return "com.amazon.coral.service#" + code
}

// Code returns a code as the service's protocol spells it.
func (s *Service) Code(code string) string {
	if code == aws.AccessDenied && s.Denied != "" {
		return s.Denied
	}
	if c, ok := spelling[s.Protocol][code]; ok {
		return c
	}
	if s.Legacy == nil {
		return code
	}
	if s.Protocol == AWSQuery {
		return s.queryCode(code)
	}
	if j, ok := jsonCodes[code]; ok {
		return j
	}
	return code
}

// Status returns the HTTP status of a code: what the service's model says of
// it, else what its protocol does, else 400. A Legacy keeps the statuses of
// the query protocol.
func (s *Service) Status(code string) int {
	if e, ok := s.Errors[code]; ok {
		return e.Status
	}
	code = s.Code(code)
	if e, ok := s.Errors[code]; ok {
		return e.Status
	}
	if s.Legacy != nil {
		if status, ok := common[AWSQuery][s.queryCode(code)]; ok {
			return status
		}
	}
	if status, ok := common[s.Protocol][code]; ok {
		return status
	}
	if s.Protocol == RESTXML && strings.HasPrefix(code, "NoSuch") {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

// Exception returns the model's name of the failure with that code, which
// records print: NoSuchEntityException for NoSuchEntity. It is mostly the code
// itself.
func (s *Service) Exception(code string) string {
	if e := s.Errors[code]; e.Shape != "" {
		return e.Shape
	}
	return code
}
