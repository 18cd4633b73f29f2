package aws

import (
	"regexp"
	"slices"
)

// GlobalRegion is where the calls of global services (IAM, Organizations, the
// global endpoint of STS) are recorded.
const GlobalRegion = "us-east-1"

// Regions are the regions of the commercial partition. All of them are
// enabled in every account.
var Regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
	"ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
	"ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1",
	"eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1",
	"me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// IsRegion reports whether region is one that calls may be made in.
func IsRegion(region string) bool { return slices.Contains(Regions, region) }

var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// LooksLikeRegion reports whether s has the form of a region's name, as the
// name of a private cloud's region must.
func LooksLikeRegion(s string) bool { return regionName.MatchString(s) }
