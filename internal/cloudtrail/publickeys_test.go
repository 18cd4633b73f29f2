package cloudtrail

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// askedKeys has one key of one region and remembers what it was asked.
type askedKeys struct{ from, until time.Time }

func (a *askedKeys) PublicKeys(_ store.Reader, region string, from, until time.Time) []PublicKey {
	a.from, a.until = from, until
	if region != "us-east-1" {
		return nil
	}
	return []PublicKey{{Value: []byte{1}, Fingerprint: "f", From: from, Until: until}}
}

func TestListPublicKeys(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	earlier, later := now.Add(-time.Hour), now.Add(time.Hour)
	for _, test := range []struct {
		name        string
		in          api.ListPublicKeysInput
		region      string
		from, until time.Time
		keys        int
		code        string
	}{
		{"now", api.ListPublicKeysInput{}, "us-east-1", now, now, 1, ""},
		{"since", api.ListPublicKeysInput{StartTime: &earlier}, "us-east-1", earlier, now, 1, ""},
		{"until", api.ListPublicKeysInput{EndTime: &later}, "us-east-1", now, later, 1, ""},
		{"between", api.ListPublicKeysInput{StartTime: &earlier, EndTime: &later}, "us-east-1", earlier, later, 1, ""},
		{"a moment", api.ListPublicKeysInput{StartTime: &later, EndTime: &later}, "us-east-1", later, later, 1, ""},
		{"a region without", api.ListPublicKeysInput{}, "eu-west-1", now, now, 0, ""},
		{"backwards", api.ListPublicKeysInput{StartTime: &later, EndTime: &earlier}, "us-east-1", time.Time{}, time.Time{}, 0, "InvalidTimeRangeException"},
		{"backwards from now", api.ListPublicKeysInput{StartTime: &later}, "us-east-1", time.Time{}, time.Time{}, 0, "InvalidTimeRangeException"},
		{"next page", api.ListPublicKeysInput{NextToken: new("x")}, "us-east-1", time.Time{}, time.Time{}, 0, "InvalidTokenException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := new(askedKeys)
			s := &Service{Keys: asked}
			out, err := s.ListPublicKeys(&call.Call{Region: test.region, Time: now}, &test.in)
			if aws.CodeOf(err) != test.code {
				t.Fatalf("%v", err)
			}
			if !asked.from.Equal(test.from) || !asked.until.Equal(test.until) {
				t.Errorf("asked for %s to %s", asked.from, asked.until)
			}
			if err == nil && (out.PublicKeyList == nil || len(out.PublicKeyList) != test.keys || out.NextToken != nil) {
				t.Errorf("%+v", out)
			}
			if _, known := api.API.Errors[test.code]; test.code != "" && !known {
				t.Errorf("%s is no error of the service", test.code)
			}
		})
	}
}
