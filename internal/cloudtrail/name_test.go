package cloudtrail

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func TestCheckName(t *testing.T) {
	const (
		characters = "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_)."
		adjacent   = "Trail name cannot contain adjacent periods, underscores or hyphens."
		starts     = "Trail name must starts with a letter or number."
		ends       = "Trail name must ends with a letter or number."
	)
	for name, want := range map[string]string{
		"my-trail":               "",
		"abc":                    "",
		"A.b_c-9":                "",
		strings.Repeat("a", 128): "",
		"":                       "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 0 characters.",
		"ab":                     "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.",
		strings.Repeat("a", 129): "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
		"-trail":                 starts,
		"trail_":                 ends,
		"my trail":               characters,
		"my/trail":               characters,
		"mütrail":                characters,
		"my--trail":              adjacent,
		"my-_trail":              adjacent,
		"my..trail":              adjacent,
		"192.168.5.4":            "Trail name cannot be in IP address format.",
		"192.168.5.400":          "",
	} {
		err := checkName(name)
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		e, ok := err.(*aws.Error)
		if !ok || e.Code != "InvalidTrailNameException" || e.Message != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

func TestParseTrailARN(t *testing.T) {
	a, name, err := parseTrailARN("arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail")
	if err != nil || a.Account != "111111111111" || a.Region != "us-east-2" || name != "my-trail" {
		t.Fatalf("got %v %q %v", a, name, err)
	}
	for _, s := range []string{
		"arn:", "arn:aws:cloudtrail", "arn:aws:cloudtrail:us-east-2:111111111111:trail",
		"arn:aws:s3:us-east-2:111111111111:trail/my-trail", "arn:aws:cloudtrail::111111111111:trail/my-trail",
		"arn:aws:cloudtrail:us-east-2:1111:trail/my-trail", "arn:aws:cloudtrail:us-east-2:111111111111:eventdatastore/x",
		"arn:aws-cn:cloudtrail:us-east-2:111111111111:trail/my-trail",
	} {
		if _, _, err := parseTrailARN(s); aws.CodeOf(err) != "CloudTrailARNInvalidException" {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func FuzzTrailName(f *testing.F) {
	f.Add("my-trail")
	f.Add("arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail")
	f.Fuzz(func(t *testing.T, s string) {
		if checkName(s) == nil {
			if _, name, err := parseTrailARN(trailARN("111111111111", "us-east-2", s)); err != nil || name != s {
				t.Errorf("the ARN of %q does not name it: %q %v", s, name, err)
			}
		}
		parseTrailARN(s)
	})
}
