package sigv4

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Family is a set of protocols that refuse a signature in the same words.
type Family int

const (
	JSON  Family = iota // the JSON protocols
	Query               // the query protocol
	S3
)

// Refusal returns the answer to an error of this package in the words of a
// protocol family. An *aws.Error stays as it is, nil stays nil, and what is
// neither is our own failure.
func Refusal(err error, family Family) *aws.Error {
	var f *Failure
	var e *aws.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case !errors.As(err, &f):
		return aws.Errorf(aws.InternalFailure, "The request signature could not be checked.")
	case family == S3:
		return f.s3()
	case f.Kind == Missing && family == Query:
		return aws.Errorf("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	return &aws.Error{Code: f.code(family), Message: f.sentence()}
}

// code is the code of JSON and query services.
func (f *Failure) code(family Family) string {
	json, query := "InvalidSignatureException", "SignatureDoesNotMatch"
	switch f.Kind {
	case Missing:
		json, query = "MissingAuthenticationTokenException", "MissingAuthenticationToken"
	case Legacy, Unsupported, Ambiguous, Incomplete, BadCredential, BadDate, BadExpires:
		json, query = "IncompleteSignatureException", "IncompleteSignature"
	case UnknownKey, TokenInvalid:
		json, query = "UnrecognizedClientException", "InvalidClientTokenId"
	case TokenExpired:
		json, query = "ExpiredTokenException", "ExpiredToken"
	}
	if family == Query {
		return query
	}
	return json
}

const (
	mechanismText = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
	ambiguousText = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"
	mismatchText  = "The request signature we calculated does not match the signature you provided."
)

// sentence is what JSON and query services say.
func (f *Failure) sentence() string {
	switch f.Kind {
	case Missing:
		return "Missing Authentication Token"
	case Legacy:
		return mechanismText
	case Unsupported:
		return "Unsupported AWS 'algorithm': '" + f.Got + "'."
	case Ambiguous:
		return ambiguousText
	case Incomplete:
		return f.lacksSentence()
	case BadCredential:
		return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + f.Got + "'."
	case BadDate:
		return "Date must be in ISO-8601 'basic format'. Got '" + f.Got + "'. See http://en.wikipedia.org/wiki/ISO_8601"
	case BadExpires:
		return f.expiresSentence()
	case UnknownKey, TokenInvalid:
		return "The security token included in the request is invalid."
	case TokenExpired:
		return "The security token included in the request is expired"
	case Expired:
		return fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			stamp(f.Time), stamp(f.Now.Add(-f.Window)), stamp(f.Now), span(f.Window))
	case NotYetValid:
		return fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
			stamp(f.Time), stamp(f.Now.Add(f.Window)), stamp(f.Now), span(f.Window))
	case ScopeRegion:
		return "Credential should be scoped to a valid region, not '" + f.Got + "'."
	case ScopeTerminator:
		return "Credential should be scoped with a valid terminator: 'aws4_request', not '" + f.Got + "'."
	case ScopeDate:
		return fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			f.Got, f.Want, stamp(f.Time))
	case HeaderNotSigned:
		return f.unsignedSentence()
	case PayloadMissing, PayloadInvalid:
		return "The x-amz-content-sha256 header is missing or not valid."
	}
	return mismatchText + " Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
}

func (f *Failure) lacksSentence() string {
	var b strings.Builder
	for _, part := range f.Lacks {
		switch {
		case f.Presigned:
			b.WriteString("AWS query-string parameters must include '" + part + "'. ")
		case part == "Date":
			b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
		default:
			b.WriteString("Authorization header requires '" + part + "' parameter. ")
		}
	}
	if f.Presigned {
		return b.String() + "Re-examine the query-string parameters."
	}
	return b.String() + "Authorization=" + algorithm
}

func (f *Failure) unsignedSentence() string {
	sentences := make([]string, len(f.Lacks))
	for i, name := range f.Lacks {
		if name == "host" {
			name = "Host' or ':authority"
		}
		sentences[i] = "'" + name + "' must be a 'SignedHeader' in the AWS Authorization."
	}
	return strings.Join(sentences, " ")
}

func (f *Failure) expiresSentence() string {
	switch n, err := strconv.Atoi(f.Got); {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return "X-Amz-Expires should be a number"
	case n < 0:
		return "X-Amz-Expires must be non-negative"
	case n == 0:
		return "X-Amz-Expires must be at least 1 second"
	}
	return "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
}

// s3 is the answer of S3.
func (f *Failure) s3() *aws.Error {
	switch f.Kind {
	case Missing:
		return aws.Errorf(aws.AccessDenied, "Access Denied")
	case Legacy:
		return aws.Errorf("InvalidRequest", mechanismText)
	case Ambiguous:
		return aws.Errorf("InvalidArgument", ambiguousText).With("ArgumentName", "Authorization")
	case UnknownKey:
		return aws.Errorf("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.").
			With("AWSAccessKeyId", f.AccessKey)
	case TokenInvalid:
		return aws.Errorf("InvalidToken", "The provided token is malformed or otherwise invalid.")
	case TokenExpired:
		return aws.Errorf("ExpiredToken", "The provided token has expired.")
	case Expired, NotYetValid:
		return f.s3Time()
	case HeaderNotSigned:
		return aws.Errorf(aws.AccessDenied, "There were headers present in the request which were not signed").
			With("HeadersNotSigned", strings.Join(f.Lacks, ", "))
	case PayloadMissing:
		return aws.Errorf("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	case PayloadInvalid:
		return aws.Errorf("InvalidArgument", "x-amz-content-sha256 must be %s, %s, %s, %s or a valid sha256 value.",
			UnsignedPayload, StreamingUnsignedTrailer, StreamingSigned, StreamingSignedTrailer).
			With("ArgumentName", "x-amz-content-sha256").With("ArgumentValue", f.Got)
	case PayloadMismatch:
		return aws.Errorf("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.").
			With("ClientComputedContentSHA256", f.Got).With("S3ComputedContentSHA256", f.Want)
	case Mismatch:
		return f.s3Mismatch()
	}
	if f.Presigned {
		return f.s3Query()
	}
	return f.s3Header()
}

func (f *Failure) s3Mismatch() *aws.Error {
	e := aws.Errorf("SignatureDoesNotMatch", mismatchText+" Check your key and signing method.").
		With("AWSAccessKeyId", f.AccessKey)
	if f.StringToSign != "" {
		e = e.With("StringToSign", f.StringToSign)
	}
	e = e.With("SignatureProvided", f.Got)
	if f.CanonicalRequest != "" {
		e = e.With("CanonicalRequest", f.CanonicalRequest)
	}
	return e
}

// s3Time is the answer to a request at the wrong time.
func (f *Failure) s3Time() *aws.Error {
	now := f.Now.Format(time.RFC3339)
	switch {
	case !f.Presigned:
		return aws.Errorf("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.").
			With("RequestTime", stamp(f.Time)).With("ServerTime", now).
			With("MaxAllowedSkewMilliseconds", strconv.FormatInt(f.Window.Milliseconds(), 10))
	case f.Kind == Expired:
		return aws.Errorf(aws.AccessDenied, "Request has expired").
			With("X-Amz-Expires", strconv.FormatInt(int64(f.Window/time.Second), 10)).
			With("Expires", f.Time.Add(f.Window).Format(time.RFC3339)).With("ServerTime", now)
	}
	return aws.Errorf(aws.AccessDenied, "Request is not valid yet").
		With("X-Amz-Date", stamp(f.Time)).With("ServerTime", now)
}

// s3Header is the answer to an Authorization header that is not well formed.
func (f *Failure) s3Header() *aws.Error {
	switch {
	case f.Kind == Unsupported:
		return aws.Errorf("InvalidArgument", "Unsupported Authorization Type").
			With("ArgumentName", "Authorization").With("ArgumentValue", f.Got)
	case f.Kind == BadDate, f.Kind == Incomplete && len(f.Lacks) == 1 && f.Lacks[0] == "Date":
		return aws.Errorf(aws.AccessDenied, "AWS authentication requires a valid Date or x-amz-date header")
	case f.Kind == Incomplete:
		return aws.Errorf("AuthorizationHeaderMalformed",
			"The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.")
	}
	return f.s3Credential("AuthorizationHeaderMalformed", "The authorization header is malformed; ")
}

// s3Query is the answer to a presigned URL that is not well formed.
func (f *Failure) s3Query() *aws.Error {
	const code = "AuthorizationQueryParametersError"
	switch f.Kind {
	case Unsupported:
		return aws.Errorf(code, `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"`)
	case BadDate:
		return aws.Errorf(code, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	case BadExpires:
		return aws.Errorf(code, "%s", f.expiresSentence())
	case Incomplete:
		return aws.Errorf(code, "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	}
	return f.s3Credential(code, "Error parsing the X-Amz-Credential parameter; ")
}

// s3Credential is the answer to a credential that does not fit.
func (f *Failure) s3Credential(code, lead string) *aws.Error {
	switch f.Kind {
	case ScopeRegion:
		return aws.Errorf(code, "%sthe region '%s' is wrong; expecting '%s'", lead, f.Got, f.Want).With("Region", f.Want)
	case ScopeTerminator:
		return aws.Errorf(code, `%sincorrect terminal "%s". This endpoint uses "%s".`, lead, f.Got, f.Want)
	case ScopeDate:
		return aws.Errorf(code, `%sInvalid credential date "%s". This date is not the same as X-Amz-Date: "%s".`, lead, f.Got, f.Want)
	}
	return aws.Errorf(code, `%sthe Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`, lead)
}

func stamp(t time.Time) string { return t.UTC().Format(stampForm) }

// span writes a window of time as the services do, who count in minutes.
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min."
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + " sec."
}
