package aws

import (
	"strings"
	"testing"
)

func TestParseARN(t *testing.T) {
	for text, want := range map[string]ARN{
		"arn:aws:iam::111111111111:user/a/b":                         {"aws", "iam", "", "111111111111", "user/a/b"},
		"arn:aws:s3:::my-bucket/a:b:c":                               {"aws", "s3", "", "", "my-bucket/a:b:c"},
		"arn:aws-cn:cloudtrail:cn-north-1:111111111111:trail/x":      {"aws-cn", "cloudtrail", "cn-north-1", "111111111111", "trail/x"},
		"arn:aws:logs:us-east-1:111111111111:log-group:name:*":       {"aws", "logs", "us-east-1", "111111111111", "log-group:name:*"},
		"arn:aws:organizations::111111111111:account/o-a/1111111111": {"aws", "organizations", "", "111111111111", "account/o-a/1111111111"},
	} {
		got, ok := ParseARN(text)
		if !ok || got != want || got.String() != text {
			t.Errorf("%s: %+v %v, again %s", text, got, ok, got)
		}
	}
	for _, text := range []string{
		"", "arn", "arn:", ":::::", "arn:aws:s3::", "arn:aws:s3:::", "arn::s3:::x", "arn:aws::::x", "ARN:aws:s3:::x", " arn:aws:s3:::x", "arn;aws;s3;;;x",
	} {
		if a, ok := ParseARN(text); ok {
			t.Errorf("%q is %+v", text, a)
		}
	}
}

func FuzzParseARN(f *testing.F) {
	for _, text := range []string{"arn:aws:iam::111111111111:user/x", "arn:aws:s3:::", ":::::::", "arn:\x00:\xff:::x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := ParseARN(text)
		switch {
		case ok && a.String() != text:
			t.Fatalf("%q becomes %q", text, a)
		case ok && (a.Partition == "" || a.Service == "" || a.Resource == ""):
			t.Fatalf("%q: %+v", text, a)
		case ok && strings.Contains(a.Partition+a.Service+a.Region+a.Account, ":"):
			t.Fatalf("%q: a colon before the resource: %+v", text, a)
		case !ok && a != ARN{}:
			t.Fatalf("%q is none and is %+v", text, a)
		}
	})
}

func TestIsAccountID(t *testing.T) {
	for text, want := range map[string]bool{
		"123456789012": true, "000000000000": true, "": false, "12345678901": false, "1234567890123": false,
		"12345678901a": false, "-12345678901": false, "\u0661\u0661\u0661\u0661\u0661\u0661": false, "12345678901\n": false,
	} {
		if IsAccountID(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestRegions(t *testing.T) {
	for _, region := range Regions {
		if !LooksLikeRegion(region) || !IsRegion(region) {
			t.Errorf("%s is none", region)
		}
	}
	for _, text := range []string{"", "us", "us-east", "us-east-", "us-east-123", "US-EAST-1", "us_east_1", "us-east-1\n", "us-east-1/../x", "-east-1"} {
		if LooksLikeRegion(text) || IsRegion(text) {
			t.Errorf("%q is one", text)
		}
	}
	if !LooksLikeRegion("my-cellar-1") || IsRegion("my-cellar-1") {
		t.Error("the region of a private cloud")
	}
}
