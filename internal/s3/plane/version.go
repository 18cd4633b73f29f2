package plane

import (
	"encoding/base32"

	"github.com/oklog/ulid/v2"
)

// A version id names a version and says when it was made and whether it is a
// delete marker. Ids sort newest first: they are inverted ULIDs, of which
// each is greater than all that this process made before it.
const (
	kindObject = 'v'
	kindMarker = 'd'

	versionSize = 27

	// nullVersion is what clients call the version of an object that was
	// written while its bucket had no versioning.
	nullVersion = "null"
)

var versionEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

func newVersion(marker bool) string {
	id := ulid.Make()
	for i := range id {
		id[i] = ^id[i]
	}
	kind := byte(kindObject)
	if marker {
		kind = kindMarker
	}
	return string(append(versionEncoding.AppendEncode(make([]byte, 0, versionSize), id[:]), kind))
}

func isVersion(s string) bool {
	if len(s) != versionSize || s[versionSize-1] != kindObject && s[versionSize-1] != kindMarker {
		return false
	}
	b, err := versionEncoding.DecodeString(s[:versionSize-1])
	return err == nil && versionEncoding.EncodeToString(b) == s[:versionSize-1]
}

func isMarker(version string) bool { return version != "" && version[len(version)-1] == kindMarker }
