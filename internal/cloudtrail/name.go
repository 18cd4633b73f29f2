package cloudtrail

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
)

var (
	nameCharacters = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	// bucketName is the syntax that CloudTrail itself asks of a bucket's name;
	// whether the bucket exists is asked later.
	bucketName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`) })
	topicName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })
)

// checkName applies the rules of a trail's name in the order in which AWS
// does; the first one broken is named.
func checkName(name string) error {
	invalid := func(format string, args ...any) error {
		return aws.Errorf("InvalidTrailNameException", format, args...)
	}
	alnum := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	switch n := len([]rune(name)); {
	case n < 3:
		return invalid("Trail name too short. Minimum allowed length: 3 characters. Specified name length: %d characters.", n)
	case n > 128:
		return invalid("Trail name too long. Maximum allowed length: 128 characters. Specified name length: %d characters.", n)
	case !alnum(name[0]):
		return invalid("Trail name must starts with a letter or number.")
	case !alnum(name[len(name)-1]):
		return invalid("Trail name must ends with a letter or number.")
	case !nameCharacters.MatchString(name):
		return invalid("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).")
	}
	for i := 1; i < len(name); i++ {
		if !alnum(name[i-1]) && !alnum(name[i]) {
			return invalid("Trail name cannot contain adjacent periods, underscores or hyphens.")
		}
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return invalid("Trail name cannot be in IP address format.")
	}
	return nil
}

// checkPrefix refuses an S3 key prefix that is too long or that would let a
// trail write into another one's folders.
func checkPrefix(prefix string) error {
	if len(prefix) > 200 || strings.Contains(prefix+"/", "AWSLogs/") || strings.ContainsFunc(prefix, func(r rune) bool { return r < 0x20 }) {
		return aws.Errorf("InvalidS3PrefixException", "The S3 prefix %s is not valid.", prefix)
	}
	return nil
}

func checkBucketName(bucket string) error {
	if !bucketName().MatchString(bucket) {
		return aws.Errorf("InvalidS3BucketNameException", "The S3 bucket name %s is not valid.", bucket)
	}
	return nil
}

// parseTrailARN takes a trail's ARN apart.
func parseTrailARN(s string) (a aws.ARN, name string, err error) {
	a, ok := aws.ParseARN(s)
	name, isTrail := strings.CutPrefix(a.Resource, "trail/")
	if !ok || a.Partition != aws.Partition || a.Service != "cloudtrail" || !isTrail || !aws.IsAccountID(a.Account) || a.Region == "" {
		return a, "", aws.Errorf("CloudTrailARNInvalidException", "%s is not a valid CloudTrail trail ARN.", s)
	}
	return a, name, checkName(name)
}
