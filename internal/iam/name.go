package iam

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// longestPath is the length of the longest path, in characters.
const longestPath = 512

// checkName refuses what is no name: letters, digits and +=,.@_- alone, at
// least one, at most longest. parameter is what the message calls it.
func checkName(parameter, name string, longest int) *aws.Error {
	if name == "" || strings.IndexFunc(name, func(r rune) bool { return !isNameRune(r) }) >= 0 {
		return invalid("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", parameter)
	}
	if len(name) > longest {
		return tooLong(name, parameter, longest)
	}
	return nil
}

func isNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("+=,.@_-", r)
}

// checkPath refuses what is no path: a slash, or printable ASCII between two.
func checkPath(path string) *aws.Error {
	printable := strings.IndexFunc(path, func(r rune) bool { return r < '!' || r > '~' }) < 0
	if !printable || path != "/" && (len(path) < 3 || path[0] != '/' || path[len(path)-1] != '/') {
		return invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	if len(path) > longestPath {
		return tooLong(path, "path", longestPath)
	}
	return nil
}

func tooLong(value, parameter string, longest int) *aws.Error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", value, parameter, longest)
}
