package s3

import "strings"

// The names that S3 keeps for itself.
var (
	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// validName reports whether a bucket may have the name: three to 63 lower-case
// letters, digits, dots and hyphens, in labels that begin and end with a
// letter or a digit, that are not written like an IPv4 address and are not
// reserved.
func validName(name string) bool {
	if len(name) < 3 || len(name) > 63 {
		return false
	}
	labels := strings.Split(name, ".")
	numbers := 0
	for _, l := range labels {
		if !validLabel(l) {
			return false
		}
		if strings.Trim(l, "0123456789") == "" {
			numbers++
		}
	}
	if len(labels) == 4 && numbers == 4 {
		return false
	}
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	for _, s := range reservedSuffixes {
		if strings.HasSuffix(name, s) {
			return false
		}
	}
	return true
}

func validLabel(l string) bool {
	if l == "" || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	for _, c := range []byte(l) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
