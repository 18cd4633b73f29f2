package s3

import (
	"net/url"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// CopySource is the object that a copy is made of.
type CopySource struct{ Bucket, Key, Version string }

// ParseCopySource reads the x-amz-copy-source of a call:
// [/]bucket/key[?versionId=id], where bucket and key may be percent-encoded.
func ParseCopySource(s string) (CopySource, error) {
	path, query, _ := strings.Cut(s, "?")
	version, versioned := strings.CutPrefix(query, "versionId=")
	if !versioned && query != "" {
		path, version = s, "" // a question mark of the key that was not encoded
	}
	path, err := url.PathUnescape(path)
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err != nil || bucket == "" || key == "" {
		return CopySource{}, aws.Errorf("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey").
			With("ArgumentName", "x-amz-copy-source").With("ArgumentValue", s)
	}
	return CopySource{bucket, key, version}, nil
}

// String is the source as ParseCopySource reads it. A plus sign is encoded,
// because many S3s, the embedded one among them, take it for a space.
func (s CopySource) String() string {
	segments := strings.Split(s.Key, "/")
	for i := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(segments[i]), "+", "%2B")
	}
	out := s.Bucket + "/" + strings.Join(segments, "/")
	if s.Version != "" {
		out += "?versionId=" + s.Version
	}
	return out
}
