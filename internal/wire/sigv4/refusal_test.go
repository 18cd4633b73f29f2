package sigv4

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func kindOf(err error) Kind {
	var f *Failure
	if errors.As(err, &f) {
		return f.Kind
	}
	return 0
}

const (
	jsonMismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	invalidToken = "The security token included in the request is invalid."
	headerLead   = "The authorization header is malformed; "
	queryLead    = "Error parsing the X-Amz-Credential parameter; "
	credential   = `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
)

func TestRefusal(t *testing.T) {
	at := time.Date(2026, 1, 31, 2, 15, 0, 0, time.UTC)
	early, late := at.Add(-15*time.Minute), at.Add(6*time.Minute)
	tests := []struct {
		name   string
		f      Failure
		family Family
		code   string
		text   string
		fields string // Name=Value, in order
	}{
		{"missing", Failure{Kind: Missing}, JSON, "MissingAuthenticationTokenException", "Missing Authentication Token", ""},
		{"missing", Failure{Kind: Missing}, Query, "MissingAuthenticationToken", "Request is missing Authentication Token", ""},
		{"missing", Failure{Kind: Missing}, S3, "AccessDenied", "Access Denied", ""},

		{"legacy", Failure{Kind: Legacy}, JSON, "IncompleteSignatureException", mechanismText, ""},
		{"legacy", Failure{Kind: Legacy}, Query, "IncompleteSignature", mechanismText, ""},
		{"legacy", Failure{Kind: Legacy}, S3, "InvalidRequest", mechanismText, ""},

		{"scheme", Failure{Kind: Unsupported, Got: "Basic"}, JSON, "IncompleteSignatureException", "Unsupported AWS 'algorithm': 'Basic'.", ""},
		{"scheme", Failure{Kind: Unsupported, Got: "Basic"}, S3, "InvalidArgument", "Unsupported Authorization Type", "ArgumentName=Authorization ArgumentValue=Basic"},
		{"algorithm", Failure{Kind: Unsupported, Got: "X", Presigned: true}, S3, "AuthorizationQueryParametersError", `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"`, ""},

		{"two", Failure{Kind: Ambiguous}, JSON, "IncompleteSignatureException", ambiguousText, ""},
		{"two", Failure{Kind: Ambiguous}, S3, "InvalidArgument", ambiguousText, "ArgumentName=Authorization"},

		{"incomplete", Failure{Kind: Incomplete, Lacks: []string{"Credential", "Signature", "SignedHeaders", "Date"}}, Query, "IncompleteSignature",
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256", ""},
		{"incomplete url", Failure{Kind: Incomplete, Presigned: true, Lacks: []string{"X-Amz-Date"}}, JSON, "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.", ""},
		{"incomplete", Failure{Kind: Incomplete, Lacks: []string{"Signature"}}, S3, "AuthorizationHeaderMalformed",
			headerLead + "the authorization header requires three components: Credential, SignedHeaders, and Signature.", ""},
		{"no date", Failure{Kind: Incomplete, Lacks: []string{"Date"}}, S3, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", ""},
		{"incomplete url", Failure{Kind: Incomplete, Presigned: true, Lacks: []string{"X-Amz-Date"}}, S3, "AuthorizationQueryParametersError",
			"Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.", ""},

		{"credential", Failure{Kind: BadCredential, Got: "a/b"}, JSON, "IncompleteSignatureException",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'.", ""},
		{"credential", Failure{Kind: BadCredential, Got: "a/b"}, S3, "AuthorizationHeaderMalformed", headerLead + credential, ""},
		{"credential", Failure{Kind: BadCredential, Presigned: true}, S3, "AuthorizationQueryParametersError", queryLead + credential, ""},

		{"date", Failure{Kind: BadDate, Got: "today"}, Query, "IncompleteSignature",
			"Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601", ""},
		{"date", Failure{Kind: BadDate, Got: "today"}, S3, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", ""},
		{"date", Failure{Kind: BadDate, Presigned: true}, S3, "AuthorizationQueryParametersError", `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`, ""},

		{"expires", Failure{Kind: BadExpires, Got: "x", Presigned: true}, S3, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number", ""},
		{"expires", Failure{Kind: BadExpires, Got: "-1", Presigned: true}, S3, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative", ""},
		{"expires", Failure{Kind: BadExpires, Got: "0", Presigned: true}, S3, "AuthorizationQueryParametersError", "X-Amz-Expires must be at least 1 second", ""},
		{"expires", Failure{Kind: BadExpires, Got: "604801", Presigned: true}, Query, "IncompleteSignature",
			"X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds", ""},

		{"unknown key", Failure{Kind: UnknownKey, AccessKey: "AKIA"}, JSON, "UnrecognizedClientException", invalidToken, ""},
		{"unknown key", Failure{Kind: UnknownKey, AccessKey: "AKIA"}, Query, "InvalidClientTokenId", invalidToken, ""},
		{"unknown key", Failure{Kind: UnknownKey, AccessKey: "AKIA"}, S3, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId=AKIA"},
		{"token", Failure{Kind: TokenInvalid}, JSON, "UnrecognizedClientException", invalidToken, ""},
		{"token", Failure{Kind: TokenInvalid}, S3, "InvalidToken", "The provided token is malformed or otherwise invalid.", ""},
		{"old token", Failure{Kind: TokenExpired}, JSON, "ExpiredTokenException", "The security token included in the request is expired", ""},
		{"old token", Failure{Kind: TokenExpired}, Query, "ExpiredToken", "The security token included in the request is expired", ""},
		{"old token", Failure{Kind: TokenExpired}, S3, "ExpiredToken", "The provided token has expired.", ""},

		{"mismatch", Failure{Kind: Mismatch}, JSON, "InvalidSignatureException", jsonMismatch, ""},
		{"mismatch", Failure{Kind: Mismatch}, Query, "SignatureDoesNotMatch", jsonMismatch, ""},
		{"mismatch", Failure{Kind: Mismatch, AccessKey: "A", Got: "s", StringToSign: "t", CanonicalRequest: "c"}, S3, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			"AWSAccessKeyId=A StringToSign=t SignatureProvided=s CanonicalRequest=c"},
		{"payload", Failure{Kind: PayloadMismatch, Got: "a", Want: "b"}, JSON, "InvalidSignatureException", jsonMismatch, ""},
		{"payload", Failure{Kind: PayloadMismatch, Got: "a", Want: "b"}, S3, "XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.", "ClientComputedContentSHA256=a S3ComputedContentSHA256=b"},
		{"no payload", Failure{Kind: PayloadMissing}, S3, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", ""},
		{"payload", Failure{Kind: PayloadInvalid, Got: "x"}, S3, "InvalidArgument",
			"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
			"ArgumentName=x-amz-content-sha256 ArgumentValue=x"},

		{"expired", Failure{Kind: Expired, Time: early, Now: at, Window: 5 * time.Minute}, JSON, "InvalidSignatureException",
			"Signature expired: 20260131T020000Z is now earlier than 20260131T021000Z (20260131T021500Z - 5 min.)", ""},
		{"expired", Failure{Kind: Expired, Time: early, Now: at, Window: 90 * time.Second, Presigned: true}, Query, "SignatureDoesNotMatch",
			"Signature expired: 20260131T020000Z is now earlier than 20260131T021330Z (20260131T021500Z - 90 sec.)", ""},
		{"future", Failure{Kind: NotYetValid, Time: late, Now: at, Window: 5 * time.Minute}, JSON, "InvalidSignatureException",
			"Signature not yet current: 20260131T022100Z is still later than 20260131T022000Z (20260131T021500Z + 5 min.)", ""},
		{"skewed", Failure{Kind: NotYetValid, Time: late, Now: at, Window: 15 * time.Minute}, S3, "RequestTimeTooSkewed",
			"The difference between the request time and the current time is too large.",
			"RequestTime=20260131T022100Z ServerTime=2026-01-31T02:15:00Z MaxAllowedSkewMilliseconds=900000"},
		{"expired url", Failure{Kind: Expired, Time: early, Now: at, Window: time.Minute, Presigned: true}, S3, "AccessDenied", "Request has expired",
			"X-Amz-Expires=60 Expires=2026-01-31T02:01:00Z ServerTime=2026-01-31T02:15:00Z"},
		{"future url", Failure{Kind: NotYetValid, Time: late, Now: at, Presigned: true}, S3, "AccessDenied", "Request is not valid yet",
			"X-Amz-Date=20260131T022100Z ServerTime=2026-01-31T02:15:00Z"},

		{"region", Failure{Kind: ScopeRegion, Got: "mars-1", Want: "eu-west-1"}, JSON, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'mars-1'.", ""},
		{"region", Failure{Kind: ScopeRegion, Got: "us-east-1", Want: "eu-west-1"}, S3, "AuthorizationHeaderMalformed",
			headerLead + "the region 'us-east-1' is wrong; expecting 'eu-west-1'", "Region=eu-west-1"},
		{"region", Failure{Kind: ScopeRegion, Got: "us-east-1", Want: "eu-west-1", Presigned: true}, S3, "AuthorizationQueryParametersError",
			queryLead + "the region 'us-east-1' is wrong; expecting 'eu-west-1'", "Region=eu-west-1"},
		{"terminator", Failure{Kind: ScopeTerminator, Got: "aws5"}, JSON, "InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.", ""},
		{"terminator", Failure{Kind: ScopeTerminator, Got: "aws5", Want: "aws4_request"}, S3, "AuthorizationHeaderMalformed", headerLead + `incorrect terminal "aws5". This endpoint uses "aws4_request".`, ""},
		{"day", Failure{Kind: ScopeDate, Got: "20260130", Want: "20260131", Time: early}, JSON, "InvalidSignatureException",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260130' != '20260131', from '20260131T020000Z'.", ""},
		{"day", Failure{Kind: ScopeDate, Got: "20260130", Want: "20260131"}, S3, "AuthorizationHeaderMalformed",
			headerLead + `Invalid credential date "20260130". This date is not the same as X-Amz-Date: "20260131".`, ""},

		{"header", Failure{Kind: HeaderNotSigned, Lacks: []string{"host", "x-amz-target"}}, JSON, "InvalidSignatureException",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization. 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.", ""},
		{"header", Failure{Kind: HeaderNotSigned, Lacks: []string{"x-amz-acl", "x-amz-meta-a"}}, S3, "AccessDenied",
			"There were headers present in the request which were not signed", "HeadersNotSigned=x-amz-acl, x-amz-meta-a"},
	}
	for _, tt := range tests {
		e := Refusal(&tt.f, tt.family)
		var fields []string
		for _, f := range e.Fields {
			fields = append(fields, f.Name+"="+f.Value)
		}
		if e.Code != tt.code || e.Message != tt.text || strings.Join(fields, " ") != tt.fields {
			t.Errorf("%s, family %d:\n got %s: %s [%s]\nwant %s: %s [%s]", tt.name, tt.family,
				e.Code, e.Message, strings.Join(fields, " "), tt.code, tt.text, tt.fields)
		}
	}
}

// TestRefusalOfEveryKind sees that no kind is without words.
func TestRefusalOfEveryKind(t *testing.T) {
	for kind := Missing; kind <= PayloadMismatch; kind++ {
		for _, family := range []Family{JSON, Query, S3} {
			for _, presigned := range []bool{false, true} {
				e := Refusal(&Failure{Kind: kind, Presigned: presigned}, family)
				if e.Code == "" || e.Message == "" && kind != HeaderNotSigned {
					t.Errorf("kind %d, family %d: %v", kind, family, e)
				}
			}
		}
	}
}

func TestRefusalOfOtherErrors(t *testing.T) {
	if e := Refusal(nil, JSON); e != nil {
		t.Errorf("nil becomes %v", e)
	}
	own := aws.Errorf("BadDigest", "no")
	if e := Refusal(own, S3); e != own {
		t.Errorf("%v becomes %v", own, e)
	}
	if e := Refusal(io.ErrClosedPipe, S3); e.Code != aws.InternalFailure || strings.Contains(e.Message, "pipe") {
		t.Errorf("an error of the connection becomes %v", e)
	}
}
