package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// locationOf returns the region that a bucket is made in, when the call comes
// to the endpoint of a region. Only the endpoint of us-east-1 makes buckets
// elsewhere; it makes them at home when no location is given, and does not
// know itself as one.
func locationOf(endpoint string, conf *api.CreateBucketConfiguration) (string, error) {
	if conf != nil && (conf.Location != nil || conf.Bucket != nil) {
		return "", notImplemented("Directory buckets are not available.")
	}
	constraint := ""
	if conf != nil {
		constraint = aws.Val(conf.LocationConstraint)
	}
	region := constraint
	if constraint == api.BucketLocationConstraintEu {
		region = "eu-west-1"
	}
	switch {
	case constraint == "" && endpoint == aws.GlobalRegion:
		return aws.GlobalRegion, nil
	case constraint == "":
		return "", incompatible("unspecified")
	case region == endpoint && endpoint != aws.GlobalRegion:
		return region, nil
	case !aws.IsRegion(region), endpoint == aws.GlobalRegion && region == aws.GlobalRegion:
		return "", aws.Errorf("InvalidLocationConstraint", "The specified location-constraint is not valid").
			With("LocationConstraint", constraint)
	case endpoint == aws.GlobalRegion:
		return region, nil
	}
	return "", incompatible(constraint)
}

func incompatible(constraint string) *aws.Error {
	return aws.Errorf("IllegalLocationConstraintException",
		"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
}

// address is what CreateBucket answers as the location of the bucket.
func address(name, region string) string {
	if region == aws.GlobalRegion {
		return "/" + name
	}
	return "http://" + name + ".s3.amazonaws.com/"
}

// GetBucketLocation says where the bucket is: nothing for us-east-1.
func (s *Service) GetBucketLocation(c *call.Call, in *api.GetBucketLocationInput) (*api.GetBucketLocationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if b.Region == aws.GlobalRegion {
		return &api.GetBucketLocationOutput{}, nil
	}
	return &api.GetBucketLocationOutput{LocationConstraint: &b.Region}, nil
}
