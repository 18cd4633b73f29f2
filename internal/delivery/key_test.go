package delivery

import (
	"testing"
	"time"
)

func TestObjectKey(t *testing.T) {
	at := time.Date(2026, 1, 31, 3, 15, 59, 0, time.FixedZone("", 3600))
	for _, tt := range []struct {
		name, prefix string
		key          fileKey
		want         string
	}{
		{"account layout", "", fileKey{"t", "", "111111111111", "us-east-2"},
			"AWSLogs/111111111111/CloudTrail/us-east-2/2026/01/31/111111111111_CloudTrail_us-east-2_20260131T0215Z_Mu0KsOhtH1ar15ZZ.json.gz"},
		{"organization layout", "logs", fileKey{"t", "o-exampleorgid", "222222222222", "eu-west-1"},
			"logs/AWSLogs/o-exampleorgid/222222222222/CloudTrail/eu-west-1/2026/01/31/222222222222_CloudTrail_eu-west-1_20260131T0215Z_Mu0KsOhtH1ar15ZZ.json.gz"},
		{"long prefix", "a/b", fileKey{"t", "", "111111111111", "us-east-1"},
			"a/b/AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/31/111111111111_CloudTrail_us-east-1_20260131T0215Z_Mu0KsOhtH1ar15ZZ.json.gz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := withPrefix(tt.prefix, tt.key.object(at, "Mu0KsOhtH1ar15ZZ")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
