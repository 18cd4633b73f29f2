package wire_test

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

func BenchmarkDecodeCreateTrail(b *testing.B) {
	body := []byte(`{"Name":"my-trail","S3BucketName":"my-bucket","IsMultiRegionTrail":true,"EnableLogFileValidation":true,"IsOrganizationTrail":true,"TagsList":[{"Key":"k","Value":"v"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		in := new(cloudtrail.CreateTrailInput)
		if err := wire.Decode(wire.NewJSONDecoder(body), in); err != nil {
			b.Fatal(err)
		}
		if vs := wire.Validate(in); vs != nil {
			b.Fatal(vs)
		}
	}
}

func BenchmarkEncodeDescribeTrails(b *testing.B) {
	out := &cloudtrail.DescribeTrailsOutput{TrailList: []cloudtrail.Trail{{
		Name: new("my-trail"), S3BucketName: new("my-bucket"), IncludeGlobalServiceEvents: new(true), IsMultiRegionTrail: new(true),
		HomeRegion: new("us-east-1"), TrailARN: new("arn:aws:cloudtrail:us-east-1:111111111111:trail/my-trail"), LogFileValidationEnabled: new(true),
		HasCustomEventSelectors: new(false), HasInsightSelectors: new(false), IsOrganizationTrail: new(true),
	}}}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		e := wire.NewJSONEncoder(buf)
		wire.Encode(e, out)
	}
}
