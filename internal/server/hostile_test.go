package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

const (
	listTrails = "CloudTrail_20131101.ListTrails"
	listRoots  = "AWSOrganizationsV20161128.ListRoots"
	createOrg  = "AWSOrganizationsV20161128.CreateOrganization"
	iamVersion = "2010-05-08"
)

// hostile starts a server whose own faults fail the test.
func hostile(t *testing.T) (*Server, *client) {
	var said faults
	s, p := startServer(t, func(c *Config) { c.Log = said.log() })
	t.Cleanup(func() { said.check(t) })
	return s, newClient(t, p)
}

// refused fails the test unless an answer is a refusal with one of the codes,
// which are separated by spaces.
func refused(t *testing.T, what string, p wire.Protocol, a *reply, codes string) {
	t.Helper()
	if err := wellFormed(p, a); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	got := a.code()
	if a.StatusCode/100 != 4 && a.StatusCode != http.StatusNotImplemented || !strings.Contains(" "+codes+" ", " "+got+" ") {
		t.Errorf("%s: %s %s, want %s: %.500s", what, a.Status, got, codes, a.body)
	}
}

// TestMalformedBodies: what cannot be read as the protocol's is refused in
// the protocol's own terms.
func TestMalformedBodies(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	deep := func(open, inner, end string) string {
		return strings.Repeat(open, 50_000) + inner + strings.Repeat(end, 50_000)
	}
	for _, body := range []string{
		"{", "}", "[]", "null", "1", `"text"`, "{]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"Name":"x"}{}`, `{} x`, "{}\x00", "\xef\xbb\xbf{}",
		`{"NextToken":"\xff"}`, "{\"NextToken\":\"\xff\"}", "{\"NextToken\":\"\x00\"}", `{"NextToken":"\u12"}`, `{"NextToken":01}`, `{"NextToken":"a`,
		`{"x":` + deep("[", "", "]") + "}", deep(`{"x":`, "1", "}"), `{"x":NaN}`, `{'x':1}`, `{"x":/**/1}`, "Action=ListTrails",
	} {
		refused(t, fmt.Sprintf("%.30q", body), wire.AWSJSON, c.json(listTrails, body), "SerializationException")
	}
	for _, body := range []string{
		"Action=ListUsers&Version=" + iamVersion + "&%zz=1", "Action=%", "Action=ListUsers&x=%f", strings.Repeat("a&", 10_001),
	} {
		r := c.request(http.MethodPost, "/", "iam", http.Header{"Content-Type": {formType}}, []byte(body))
		refused(t, fmt.Sprintf("%.30q", body), wire.AWSQuery, c.do(r), "MalformedQueryString")
	}
	for _, body := range []string{
		"<", "<Tagging>", "</Tagging>", "<Tagging></Other>", "<Other/>", "Tagging", "<Tagging/><Tagging/>", "<Tagging/>x", "{}", "\x00", "<Tagging>\xff</Tagging>",
		`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Tagging>&e;</Tagging>`, `<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Tagging>&b;</Tagging>`,
		"<Tagging>&nbsp;</Tagging>", "<Tagging>&#0;</Tagging>", deep("<Tagging>", "", "</Tagging>"), "<Tagging><TagSet><Tag><Key><Key>x</Key></Key></Tag></TagSet></Tagging>",
	} {
		refused(t, fmt.Sprintf("%.30q", body), wire.RESTXML, c.s3(http.MethodPut, "/bucket?tagging", body), "MalformedXML")
	}
	refused(t, "no document", wire.RESTXML, c.s3(http.MethodPut, "/bucket?tagging", ""), "MissingRequestBodyError MalformedXML")
	for _, body := range []string{"", "x", "[]", "{", "\x00", "\xff", deep("[", "", "]"), `{"Version":"2012-10-17"}`} {
		refused(t, fmt.Sprintf("policy %.30q", body), wire.RESTXML, c.s3(http.MethodPut, "/bucket?policy", body),
			"MalformedPolicy MissingRequestBodyError InvalidRequest PolicyTooLarge")
	}
}

// TestSizes: what fits is taken, what is one byte too long is not.
func TestSizes(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))

	const input, document = 1 << 20, 4 << 20
	c.must(c.json(listTrails, "{}"+strings.Repeat(" ", input-2)))
	refused(t, "JSON", wire.AWSJSON, c.json(listTrails, "{}"+strings.Repeat(" ", input-1)), "RequestEntityTooLargeException")
	form := "Action=ListUsers&Version=" + iamVersion + "&x="
	for n, want := range map[int]string{input: "", input + 1: "RequestEntityTooLarge"} {
		r := c.request(http.MethodPost, "/", "iam", http.Header{"Content-Type": {formType}}, []byte(form+strings.Repeat("x", n-len(form))))
		if a := c.do(r); a.code() != want {
			t.Errorf("a form of %d bytes: %s %s", n, a.Status, a.code())
		}
	}
	tags := "<Tagging><TagSet></TagSet></Tagging>"
	c.must(c.s3(http.MethodPut, "/bucket?tagging", tags+strings.Repeat(" ", document-len(tags))))
	refused(t, "XML", wire.RESTXML, c.s3(http.MethodPut, "/bucket?tagging", tags+strings.Repeat(" ", document-len(tags)+1)), "MaxMessageLengthExceeded")

	statement := `{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}`
	policy := func(n int) string { return fmt.Sprintf(statement, strings.Repeat("x", n-len(statement)+2)) }
	c.must(c.s3(http.MethodPut, "/bucket?policy", policy(20<<10)))
	refused(t, "bucket policy", wire.RESTXML, c.s3(http.MethodPut, "/bucket?policy", policy(20<<10+1)), "PolicyTooLarge")

	identity := `{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]}`
	document2 := func(n int) string { return fmt.Sprintf(identity, strings.Repeat("x", n-len(identity)+2)) }
	c.must(c.form("iam", url.Values{"Action": {"CreateRole"}, "Version": {iamVersion}, "RoleName": {"role"}, "AssumeRolePolicyDocument": {
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}}))
	for _, l := range []struct {
		limit int
		form  url.Values
	}{
		{6144, url.Values{"Action": {"CreatePolicy"}, "PolicyName": {"managed"}}},
		{10240, url.Values{"Action": {"PutRolePolicy"}, "RoleName": {"role"}, "PolicyName": {"inline"}}},
		{2048, url.Values{"Action": {"PutUserPolicy"}, "UserName": {"admin"}, "PolicyName": {"inline"}}},
	} {
		l.form.Set("Version", iamVersion)
		l.form.Set("PolicyDocument", document2(l.limit+1))
		refused(t, l.form.Get("Action"), wire.AWSQuery, c.form("iam", l.form), "LimitExceeded")
		l.form.Set("PolicyDocument", document2(l.limit))
		c.must(c.form("iam", l.form))
		l.form.Set("PolicyDocument", document2(200_000))
		l.form.Set("PolicyName", "huge")
		refused(t, l.form.Get("Action"), wire.AWSQuery, c.form("iam", l.form), "LimitExceeded ValidationError")
	}
}

// TestLimits: numbers and names at the end of what is allowed and one past it.
func TestLimits(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	c.must(c.json(createOrg, "{}"))
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, l := range []struct {
		parameters   string
		length, most int
	}{
		{"Action=CreateUser&UserName=", 64, 64}, {"Action=CreateGroup&GroupName=", 128, 128},
		{"Action=CreateInstanceProfile&InstanceProfileName=", 128, 128},
	} {
		for n, want := range map[int]string{0: "ValidationError", l.most: "", l.most + 1: "ValidationError", 5000: "ValidationError"} {
			form, _ := url.ParseQuery(l.parameters + long(n))
			form.Set("Version", iamVersion)
			if a := c.form("iam", form); a.code() != want {
				t.Errorf("%s of %d: %s %s", l.parameters, n, a.Status, a.code())
			}
		}
	}
	for _, n := range []string{"0", "-1", "1001", "2147483648", "9223372036854775808", "99999999999999999999", "1.5", "", "x", "0x10", "1e3"} {
		r := c.request(http.MethodPost, "/", "iam", http.Header{"Content-Type": {formType}}, []byte("Action=ListUsers&Version="+iamVersion+"&MaxItems="+n))
		refused(t, "MaxItems="+n, wire.AWSQuery, c.do(r), "ValidationError MalformedInput")
		if n != "" && !strings.Contains(n, "x") {
			refused(t, "MaxResults "+n, wire.AWSJSON, c.json(listRoots, `{"MaxResults":`+n+`}`), "SerializationException InvalidInputException")
		}
	}
	for _, n := range []string{"-1", "-2147483648", "2147483648", "9223372036854775808", "x", "1.5", "1e3", "0x10", "%00"} {
		for _, list := range []string{"list-type=2&max-keys=", "max-keys=", "versions&max-keys=", "uploads&max-uploads="} {
			refused(t, list+n, wire.RESTXML, c.s3(http.MethodGet, "/bucket?"+list+n, ""), "InvalidArgument")
		}
	}
	for _, n := range []string{"0", "1", "1000", "1001", "2147483647", ""} {
		c.must(c.s3(http.MethodGet, "/bucket?list-type=2&max-keys="+n, ""))
	}
	// The first of several parameters of one name is taken, as it was signed.
	r := c.request(http.MethodPost, "/", "iam", http.Header{"Content-Type": {formType}}, []byte("Action=ListUsers&Action=DeleteUser&Version="+iamVersion+"&Version=x&UserName=admin"))
	c.must(c.do(r))
}

// TestWrongSignatures: nobody is let in whose signature is not right to the
// letter, and each protocol says so in its own words.
func TestWrongSignatures(t *testing.T) {
	s, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	key := sigv4.Credentials{AccessKey: c.profile.AccessKeyID, Secret: c.profile.SecretAccessKey}
	sign := func(r *http.Request, key sigv4.Credentials, region, service string, body []byte, at time.Time) {
		sigv4.Sign(r, key, region, service, sigv4.PayloadHash(body), at)
	}
	authorization := func(edit func(string) string) func(*http.Request, string, []byte) {
		return func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.Header.Set("Authorization", edit(r.Header.Get("Authorization")))
		}
	}
	for _, w := range []struct {
		what              string
		sign              func(r *http.Request, service string, body []byte)
		json, query, rest string
	}{
		{"none", func(*http.Request, string, []byte) {},
			"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"},
		{"garbage", func(r *http.Request, _ string, _ []byte) { r.Header.Set("Authorization", "\x01\xff") },
			"IncompleteSignatureException", "IncompleteSignature", "InvalidRequest AuthorizationHeaderMalformed InvalidArgument"},
		{"basic", func(r *http.Request, _ string, _ []byte) { r.SetBasicAuth("admin", "admin") },
			"IncompleteSignatureException", "IncompleteSignature", "InvalidRequest AuthorizationHeaderMalformed InvalidArgument"},
		{"version 2", func(r *http.Request, _ string, _ []byte) { r.Header.Set("Authorization", "AWS AKID:sig") },
			"IncompleteSignatureException", "IncompleteSignature", "InvalidRequest"},
		{"no signature", authorization(func(a string) string { a, _, _ = strings.Cut(a, ", Signature="); return a }),
			"IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
		{"no credential", authorization(func(a string) string { return strings.Replace(a, "Credential=", "Cred=", 1) }),
			"IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
		{"short credential", authorization(func(a string) string { return strings.Replace(a, "/aws4_request", "", 1) }),
			"IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
		{"terminator", authorization(func(a string) string { return strings.Replace(a, "/aws4_request", "/aws5_request", 1) }),
			"InvalidSignatureException", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"},
		{"signature cut", authorization(func(a string) string { return a[:len(a)-1] }),
			"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"signature in capitals", authorization(func(a string) string {
			before, sig, _ := strings.Cut(a, "Signature=")
			return before + "Signature=" + strings.ToUpper(sig)
		}), "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"very long", authorization(func(a string) string { return a + strings.Repeat("a", 50_000) }),
			"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"other key", func(r *http.Request, service string, body []byte) {
			sign(r, sigv4.Credentials{AccessKey: "AKIAIOSFODNN7EXAMPLE", Secret: key.Secret}, "us-east-1", service, body, time.Now())
		}, "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"},
		{"twelve digits", func(r *http.Request, service string, body []byte) {
			sign(r, sigv4.Credentials{AccessKey: "111111111111", Secret: "x"}, "us-east-1", service, body, time.Now())
		}, "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"},
		{"other secret", func(r *http.Request, service string, body []byte) {
			sign(r, sigv4.Credentials{AccessKey: key.AccessKey, Secret: key.Secret + "x"}, "us-east-1", service, body, time.Now())
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"a token", func(r *http.Request, service string, body []byte) {
			sign(r, sigv4.Credentials{AccessKey: key.AccessKey, Secret: key.Secret, Token: "token"}, "us-east-1", service, body, time.Now())
		}, "UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"},
		{"old", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now().Add(-time.Hour))
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"},
		{"of the future", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now().Add(time.Hour))
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"},
		{"the year 9999", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"},
		{"no date", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.Header.Del("X-Amz-Date")
		}, "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed AccessDenied"},
		{"no region", func(r *http.Request, service string, body []byte) {
			sign(r, key, "nowhere", service, body, time.Now())
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"},
		{"a header more", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.Header.Set("X-Amz-Acl", "public-read")
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied"},
		{"another host", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.Host = "example.com"
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"another query", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.URL.RawQuery += "&x=1"
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"another body", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, append(body, ' '), time.Now())
		}, "InvalidSignatureException", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch"},
		{"twice", func(r *http.Request, service string, body []byte) {
			sign(r, key, "us-east-1", service, body, time.Now())
			r.Header.Add("Authorization", r.Header.Get("Authorization"))
		}, "IncompleteSignatureException", "IncompleteSignature", "InvalidArgument"},
	} {
		revision := s.store.View().Rev()
		try := func(p wire.Protocol, method, target, service, body string, header http.Header, codes string) {
			t.Helper()
			r, err := http.NewRequest(method, c.profile.Endpoint+target, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			w.sign(r, service, []byte(body))
			if strings.ContainsAny(r.Header.Get("Authorization"), "\x01") {
				r.Header.Set("Authorization", "garbage")
			}
			refused(t, w.what+" "+service, p, c.do(r), codes)
		}
		try(wire.AWSJSON, http.MethodPost, "/", "organizations", "{}", http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {createOrg}}, w.json)
		try(wire.AWSQuery, http.MethodPost, "/", "iam", "Action=CreateUser&UserName=x&Version="+iamVersion, http.Header{"Content-Type": {formType}}, w.query)
		try(wire.RESTXML, http.MethodPut, "/bucket/key?x-id=PutObject", "s3", "body", http.Header{}, w.rest)
		if changed := s.changedSince(c, revision); len(changed) > 0 {
			t.Errorf("%s: changed %v", w.what, changed)
		}
	}
	if a := c.s3(http.MethodGet, "/bucket/key", ""); a.code() != "NoSuchKey" {
		t.Errorf("an object was written: %s", a.body)
	}
}

// TestPresigned: a URL that was signed for one thing is good for nothing else,
// nor after its time.
func TestPresigned(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	c.must(c.s3(http.MethodPut, "/bucket/key", "hello"))
	for _, query := range []string{
		"X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Signature=x", "X-Amz-Credential=x", "X-Amz-Algorithm=&X-Amz-Credential=&X-Amz-Signature=",
		"AWSAccessKeyId=x&Signature=y&Expires=9999999999", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=a/b/c/s3/e&X-Amz-Signature=x",
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + c.profile.AccessKeyID + "/20260131/us-east-1/s3/aws4_request&X-Amz-Date=20260131T000000Z&X-Amz-Expires=604801&X-Amz-SignedHeaders=host&X-Amz-Signature=x",
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + c.profile.AccessKeyID + "/20260131/us-east-1/s3/aws4_request&X-Amz-Date=20260131T000000Z&X-Amz-Expires=-1&X-Amz-SignedHeaders=host&X-Amz-Signature=x",
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + c.profile.AccessKeyID + "/20260131/us-east-1/s3/aws4_request&X-Amz-Date=99999999T999999Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=x",
	} {
		r, err := http.NewRequest(http.MethodGet, c.profile.Endpoint+"/bucket/key?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := c.do(r)
		if err := wellFormed(wire.RESTXML, a); err != nil || a.StatusCode/100 != 4 {
			t.Errorf("%s: %v %s", query, err, a.body)
		}
	}
}

// TestUnknown: what is not here is refused by name.
func TestUnknown(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	for _, target := range []string{
		"CloudTrail_20131101", "CloudTrail_20131101.", "CloudTrail_20131101.Nope", "CloudTrail_20131101.CreateChannel", "CloudTrail_20131101.a.b", ".", "x",
		"DynamoDB_20120810.ListTables", strings.ToUpper(listTrails), strings.Repeat("x", 20_000), "\xff\xfe",
	} {
		refused(t, "target "+target, wire.AWSJSON, c.json(target, "{}"), "UnknownOperationException")
	}
	for _, form := range []url.Values{{}, {"Action": {""}}, {"action": {"ListUsers"}}} {
		refused(t, "form "+form.Encode(), wire.AWSQuery, c.form("iam", form), "MissingAction")
	}
	for _, form := range []url.Values{{"Action": {"Nope"}}, {"Action": {"listusers"}, "Version": {iamVersion}}, {"Action": {"ListUsers"}, "Version": {"1999-01-01"}}, {"Action": {strings.Repeat("x", 20_000)}}, {"Action": {"\x00\xff"}}} {
		refused(t, "form "+form.Encode(), wire.AWSQuery, c.form("iam", form), "InvalidAction")
	}
	for _, service := range []string{"ec2", "..", "S3", "s3 ", "\u00e9", "a%2fb"} {
		r, _ := http.NewRequest(http.MethodPost, c.profile.Endpoint+"/", strings.NewReader("{}"))
		c.sign(r, service, []byte("{}"))
		refused(t, "service "+service, wire.RESTXML, c.do(r), "UnknownOperationException")
	}
	for _, method := range []string{"BREW", "PROPFIND", "TRACE", "PATCH", "get", "A-VERY-LONG-" + strings.Repeat("X", 2000)} {
		refused(t, "method "+method, wire.RESTXML, c.do(c.request(method, "/bucket", "s3", nil, nil)), "MethodNotAllowed")
		refused(t, "method "+method, wire.RESTXML, c.do(c.request(method, "/bucket/key?acl", "s3", nil, nil)), "MethodNotAllowed")
	}
	for _, call := range []string{
		"GET /bucket?analytics", "GET /bucket?inventory&id=x", "PUT /bucket?metrics&id=x", "PUT /bucket?replication", "DELETE /bucket?intelligent-tiering&id=x",
		"POST /bucket/key?restore", "POST /bucket/key?select&select-type=2",
	} {
		method, target, _ := strings.Cut(call, " ")
		refused(t, call, wire.RESTXML, c.s3(method, target, ""), "NotImplemented")
	}
}

// TestKeys: an object can have any key, and is found under no other.
func TestKeys(t *testing.T) {
	_, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	keys := []string{
		".", "..", "../x", "a/../b", "a/./b", "/", "//", "/a", "a/", "a//b", "a/b", "a", "%", "%2F", "%2e%2e%2f", "%00", "\x01", "\x7f", "a\nb", "a\r\nb", "a b", "a+b", " ",
		"?", "#", "&", "=", "<x>&\"'", "*", "\\", "C:\\x", "~", "$a", "\u00e9", "e\u0301", "\U0001F4A5", "\u202e", "\ufffd", "\uffff", ".sgwtmp", ".sgwtmp/multipart/x", "meta", "_orgtrail",
		"AWSLogs/../../x", strings.Repeat("a", 1024), strings.Repeat("\u00e9", 512), strings.Repeat("a/", 512), strings.Repeat("../", 300),
	}
	at := func(key string) string { return "/bucket/" + strings.ReplaceAll(url.PathEscape(key), "%2F", "/") }
	for i, key := range keys {
		if a := c.s3(http.MethodPut, at(key), strconv.Itoa(i)); a.StatusCode != http.StatusOK {
			t.Errorf("%q: %s: %s", key, a.Status, a.body)
		}
	}
	for i, key := range keys {
		if a := c.s3(http.MethodGet, at(key), ""); string(a.body) != strconv.Itoa(i) {
			t.Errorf("%q: %s: %.200s", key, a.Status, a.body)
		}
	}
	var list struct {
		KeyCount int
		Contents []struct{ Key string }
	}
	unmarshal(c, c.s3(http.MethodGet, "/bucket?list-type=2&encoding-type=url", ""), &list)
	listed := make(map[string]bool)
	for _, o := range list.Contents {
		key, _ := url.QueryUnescape(o.Key)
		listed[key] = true
	}
	for _, key := range keys {
		if !listed[key] {
			t.Errorf("%q is not listed", key)
		}
	}
	if list.KeyCount != len(keys) {
		t.Errorf("%d keys are listed", list.KeyCount)
	}
	refused(t, "a long key", wire.RESTXML, c.s3(http.MethodPut, at(strings.Repeat("a", 1025)), ""), "KeyTooLongError")
	refused(t, "a key that is no text", wire.RESTXML, c.s3(http.MethodPut, "/bucket/%ff%fe", ""), "InvalidURI InvalidArgument")
	for _, bucket := range []string{"..", ".", "%2e%2e", "Bucket", "a", "-ab", "a..b", "192.168.0.1", "a_b", strings.Repeat("a", 64), "%00", "%ff", "xn--a", "_orgtrail"} {
		refused(t, "bucket "+bucket, wire.RESTXML, c.s3(http.MethodPut, "/"+bucket, ""), "InvalidBucketName MethodNotAllowed")
	}
}

// raw sends bytes and reads one answer; how ends the sending.
func raw(t *testing.T, s *Server, text string, halfClose bool) (*http.Response, []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() {
		io.WriteString(conn, text)
		if halfClose {
			conn.(*net.TCPConn).CloseWrite()
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%.60q: no answer", text)
		}
		return nil, nil
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	return resp, body
}

// TestRawConnections: what is no HTTP, or ends too early, gets a 4xx or a
// closed connection, and soon.
func TestRawConnections(t *testing.T) {
	s, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	long := strings.Repeat("a", 70<<10)
	for _, text := range []string{
		"\x00\x01\x02\x03\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
		"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX: " + long + "\r\n\r\n",
		"GET /" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"PUT /bucket/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
		"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://bucket.s3.amazonaws.com/k HTTP/1.1\r\nHost: x\r\n\r\n", "GET //bucket//k HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /_orgtrail/nope HTTP/1.1\r\nHost: x\r\n\r\n", "POST /_orgtrail/health HTTP/1.1\r\nHost: x\r\n\r\n", "POST /_orgtrail/dev/reset HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /bucket/k HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "GET /bucket HTTP/1.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		if resp, body := raw(t, s, text, true); resp != nil && resp.StatusCode/100 != 4 && resp.StatusCode != http.StatusHTTPVersionNotSupported && resp.StatusCode != http.StatusNotImplemented {
			t.Errorf("%.60q: %s %s", text, resp.Status, body)
		}
	}
	// A body that ends before its declared length.
	for _, r := range []*http.Request{
		c.request(http.MethodPost, "/", "cloudtrail", http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {listTrails}}, []byte("{}")),
		c.request(http.MethodPost, "/", "iam", http.Header{"Content-Type": {formType}}, []byte("Action=ListUsers&Version="+iamVersion)),
		c.request(http.MethodPut, "/bucket?tagging", "s3", nil, []byte("<Tagging/>")),
		c.request(http.MethodPut, "/bucket/short", "s3", nil, []byte("short")),
	} {
		var b bytes.Buffer
		n := r.ContentLength
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(b.String(), fmt.Sprintf("Content-Length: %d", n), "Content-Length: 999999", 1)
		resp, body := raw(t, s, text, true)
		// The end of the sending also looks as if the client had gone.
		if resp == nil || resp.StatusCode != http.StatusBadRequest || !bytes.Contains(body, []byte("IncompleteBody")) && !bytes.Contains(body, []byte("RequestTimeout")) {
			t.Errorf("%.60q: %v %s", text, resp, body)
		}
	}
	if a := c.s3(http.MethodGet, "/bucket/short", ""); a.code() != "NoSuchKey" {
		t.Errorf("a part of an object was kept: %s %s", a.Status, a.body)
	}
}

// TestMemory: what a client announces or sends takes no memory that it does
// not pay for.
func TestMemory(t *testing.T) {
	s, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	measure := func(what string, most uint64, do func()) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%s allocated %d MB", what, got>>20)
		}
	}
	const size = 64 << 20
	measure("an upload", size/4, func() {
		r, err := http.NewRequest(http.MethodPut, c.profile.Endpoint+"/bucket/large", io.LimitReader(zeros{}, size))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = size
		sigv4.Sign(r, sigv4.Credentials{AccessKey: c.profile.AccessKeyID, Secret: c.profile.SecretAccessKey}, "us-east-1", "s3", sigv4.UnsignedPayload, time.Now())
		c.must(c.do(r))
	})
	measure("a download", size/4, func() {
		resp, err := c.http.Do(c.request(http.MethodGet, "/bucket/large", "s3", nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
			t.Errorf("read %d bytes: %v", n, err)
		}
	})
	measure("an announcement", 8<<20, func() {
		for _, length := range []string{"1099511627776", "9223372036854775807"} {
			r := c.request(http.MethodPut, "/bucket/announced", "s3", nil, nil)
			r.Header.Set("X-Amz-Content-Sha256", sigv4.UnsignedPayload)
			sigv4.Sign(r, sigv4.Credentials{AccessKey: c.profile.AccessKeyID, Secret: c.profile.SecretAccessKey}, "us-east-1", "s3", sigv4.UnsignedPayload, time.Now())
			var b bytes.Buffer
			r.Write(&b)
			raw(t, s, strings.Replace(b.String(), "Content-Length: 0", "Content-Length: "+length, 1)+"begun", true)
		}
	})
	measure("deep nesting", 256<<20, func() {
		for range 10 {
			c.json(listTrails, `{"x":`+strings.Repeat("[", 1<<19))
			c.s3(http.MethodPut, "/bucket?policy", strings.Repeat("[", 1<<19))
			c.s3(http.MethodPut, "/bucket?tagging", strings.Repeat("<Tagging>", 1<<17))
		}
	})
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestSmuggling: what stands inside a body is never taken for a request,
// however early the call was answered.
func TestSmuggling(t *testing.T) {
	s, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	c.must(c.s3(http.MethodPut, "/bucket/there", ""))
	const hidden = "GET /_orgtrail/health HTTP/1.1\r\nHost: x\r\n\r\n"
	body := []byte(strings.Repeat(hidden, 1<<20/len(hidden)))
	for _, target := range []string{
		"/bucket/key", "/nobody/key", "/bucket/key?acl", "/bucket/key?partNumber=1&uploadId=00000000-0000-4000-8000-000000000000", "/bucket/key?tagging", "/bucket?policy",
		"/bucket/there", "/bucket/" + strings.Repeat("a", 1025),
	} {
		for _, header := range []http.Header{
			{}, {"If-None-Match": {"*"}}, {"If-Match": {`"x"`}}, {"Content-Md5": {"AAAAAAAAAAAAAAAAAAAAAA=="}}, {"X-Amz-Checksum-Crc32": {"AAAAAA=="}}, {"X-Amz-Tagging": {"a=b&a=c"}}, {"X-Amz-Acl": {"public-read"}},
			{"X-Amz-Object-Lock-Mode": {"COMPLIANCE"}}, {"X-Amz-Content-Sha256": {strings.Repeat("0", 64)}},
		} {
			r, err := http.NewRequest(http.MethodPut, c.profile.Endpoint+target, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header.Clone()
			hash := header.Get("X-Amz-Content-Sha256")
			if hash == "" {
				hash = sigv4.UnsignedPayload
			}
			sigv4.Sign(r, sigv4.Credentials{AccessKey: c.profile.AccessKeyID, Secret: c.profile.SecretAccessKey}, "us-east-1", "s3", hash, time.Now())
			var b bytes.Buffer
			if err := r.Write(&b); err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", s.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			go func() {
				conn.Write(b.Bytes())
				conn.(*net.TCPConn).CloseWrite()
			}()
			answers := bufio.NewReader(conn)
			for n := 0; ; n++ {
				resp, err := http.ReadResponse(answers, nil)
				if err != nil {
					break
				}
				text, _ := io.ReadAll(resp.Body)
				if n > 0 {
					t.Errorf("%.60s %v: a second answer: %s %.300s", target, header, resp.Status, text)
					break
				}
			}
			conn.Close()
		}
	}
}

// TestUploadIDs: the id of an upload leads to that upload and nowhere else.
func TestUploadIDs(t *testing.T) {
	s, c := hostile(t)
	c.must(c.s3(http.MethodPut, "/mine", ""))
	c.must(c.s3(http.MethodPut, "/victim", ""))
	c.must(c.s3(http.MethodPut, "/victim/1", "untouched"))
	files := func() (all []string) {
		filepath.WalkDir(filepath.Join(s.Data, "objects", "buckets"), func(path string, _ fs.DirEntry, err error) error {
			all = append(all, path)
			return err
		})
		return all
	}
	before := files()
	for _, id := range []string{
		".", "..", "/", "../..", "../../../../victim", "../../../../victim/", "..%00", "\x00", "/tmp", strings.Repeat("a", 300), "00000000-0000-4000-8000-000000000000/../../../../../victim",
	} {
		at := "/mine/key?uploadId=" + url.QueryEscape(id)
		for what, a := range map[string]*reply{
			"part":     c.s3(http.MethodPut, at+"&partNumber=1", "owned"),
			"parts":    c.s3(http.MethodGet, at, ""),
			"complete": c.s3(http.MethodPost, at, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"),
			"abort":    c.s3(http.MethodDelete, at, ""),
		} {
			refused(t, fmt.Sprintf("%s %q", what, id), wire.RESTXML, a, "NoSuchUpload")
		}
	}
	if after := files(); !slices.Equal(before, after) {
		t.Errorf("files went from %q to %q", before, after)
	}
	if a := c.s3(http.MethodGet, "/victim/1", ""); string(a.body) != "untouched" {
		t.Errorf("the victim: %s %s", a.Status, a.body)
	}
}

// TestForeignPages: what a browser sends in the name of another site does not
// reach what development trusts its callers with.
func TestForeignPages(t *testing.T) {
	s, p := startServer(t, func(c *Config) { c.Dev = true })
	c := newClient(t, p)
	c.must(c.s3(http.MethodPut, "/bucket", ""))
	for _, header := range []http.Header{{"Origin": {"https://example.com"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
		r, _ := http.NewRequest(http.MethodPost, s.URL()+"/_orgtrail/dev/reset", nil)
		r.Header = header
		if a := c.do(r); a.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", header, a.Status)
		}
	}
	c.must(c.s3(http.MethodHead, "/bucket", ""))
}
