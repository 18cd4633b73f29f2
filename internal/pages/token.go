package pages

import (
	"encoding/base64"
	"strings"
)

// Token names a position in the list of an operation.
func Token(operation, position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(operation + "\n" + position))
}

// Position is what a token names, "" when there is no token. It is not ok for
// what Token does not write for the operation.
func Position(operation string, token *string) (position string, ok bool) {
	if token == nil {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", false
	}
	of, position, ok := strings.Cut(string(text), "\n")
	return position, ok && of == operation && position != "" && Token(of, position) == *token
}
