package digest

import (
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	end := time.Date(2026, 1, 31, 3, 1, 31, 0, time.UTC)
	for _, test := range []struct {
		key  Key
		want string
	}{
		{
			Key{Folder{"", "", "111111111111"}, "us-east-2", "my-trail", "us-east-1", end, false},
			"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2_my-trail_us-east-1_20260131T030131Z.json.gz",
		},
		{
			Key{Folder{"", "o-exampleorgid", "222222222222"}, "us-east-2", "a_b.c-d", "us-east-2", end, false},
			"AWSLogs/o-exampleorgid/222222222222/CloudTrail-Digest/us-east-2/2026/01/31/222222222222_CloudTrail-Digest_us-east-2_a_b.c-d_us-east-2_20260131T030131Z.json.gz",
		},
		{
			Key{Folder{"pre/AWSLogs/x", "o-exampleorgid", "222222222222"}, "eu-west-1", "_backfill_", "us-east-2", end, true},
			"pre/AWSLogs/x/AWSLogs/o-exampleorgid/222222222222/CloudTrail-Digest/eu-west-1/2026/01/31/222222222222_CloudTrail-Digest_eu-west-1__backfill__us-east-2_20260131T030131Z_backfill.json.gz",
		},
	} {
		if got := test.key.String(); got != test.want {
			t.Errorf("String gives\n%s\nwant\n%s", got, test.want)
		}
		if back, err := ParseKey(test.want); err != nil || back != test.key {
			t.Errorf("ParseKey(%s) = %+v, %v", test.want, back, err)
		}
		if k, err := ParseLogKey(test.want); err == nil {
			t.Errorf("ParseLogKey takes a digest: %+v", k)
		}
	}
}

func TestLogKeys(t *testing.T) {
	at := time.Date(2026, 1, 31, 2, 10, 0, 0, time.UTC)
	for _, test := range []struct {
		key  LogKey
		want string
	}{
		{
			LogKey{Folder{"", "", "111111111111"}, "CloudTrail", "us-east-2", at, "Mu0KsOhtH1ar15ZZ"},
			"AWSLogs/111111111111/CloudTrail/us-east-2/2026/01/31/111111111111_CloudTrail_us-east-2_20260131T0210Z_Mu0KsOhtH1ar15ZZ.json.gz",
		},
		{
			LogKey{Folder{"logs", "o-exampleorgid", "222222222222"}, "CloudTrail-Insight", "eu-west-1", at, "a7Bq0ZxYwVuTsRq9"},
			"logs/AWSLogs/o-exampleorgid/222222222222/CloudTrail-Insight/eu-west-1/2026/01/31/222222222222_CloudTrail-Insight_eu-west-1_20260131T0210Z_a7Bq0ZxYwVuTsRq9.json.gz",
		},
	} {
		if got := test.key.String(); got != test.want {
			t.Errorf("String gives\n%s\nwant\n%s", got, test.want)
		}
		if back, err := ParseLogKey(test.want); err != nil || back != test.key {
			t.Errorf("ParseLogKey(%s) = %+v, %v", test.want, back, err)
		}
		if k, err := ParseKey(test.want); err == nil {
			t.Errorf("ParseKey takes a log file: %+v", k)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for _, s := range []string{
		"",
		"/",
		"//////////",
		"AWSLogs/111111111111/CloudTrail-Digest/",
		// another account, region, day or suffix than the folder's
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/222222222222_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z.json.gz",
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-1_t_us-east-1_20260131T030131Z.json.gz",
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/30/111111111111_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z.json.gz",
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z.json",
		// no trail, no prefix before the slash, no account
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2__us-east-1_20260131T030131Z.json.gz",
		"/AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z.json.gz",
		"AWSLogs/o-exampleorgid/CloudTrail-Digest/us-east-2/2026/01/31/o-exampleorgid_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z.json.gz",
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2_t_us-east-1_20260131T030131Z_Backfill.json.gz",
	} {
		if k, err := ParseKey(s); err == nil {
			t.Errorf("ParseKey(%q) = %+v", s, k)
		}
	}
}

// FuzzKey: what is accepted as a key is written back as it was, and no key
// is both a digest's and a log's.
func FuzzKey(f *testing.F) {
	f.Add("AWSLogs/111111111111/CloudTrail-Digest/us-east-2/2026/01/31/111111111111_CloudTrail-Digest_us-east-2_my-trail_us-east-1_20260131T030131Z.json.gz")
	f.Add("p/AWSLogs/o-exampleorgid/222222222222/CloudTrail-Digest/us-east-2/2026/01/31/222222222222_CloudTrail-Digest_us-east-2_a_b_us-east-2_20260131T030131Z_backfill.json.gz")
	f.Add("AWSLogs/111111111111/CloudTrail/us-east-2/2026/01/31/111111111111_CloudTrail_us-east-2_20260131T0210Z_Mu0KsOhtH1ar15ZZ.json.gz")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		l, logErr := ParseLogKey(s)
		switch {
		case err == nil && logErr == nil:
			t.Errorf("%q is a digest and a log file", s)
		case err == nil && k.String() != s:
			t.Errorf("%q is written %q", s, k.String())
		case logErr == nil && l.String() != s:
			t.Errorf("%q is written %q", s, l.String())
		}
	})
}
