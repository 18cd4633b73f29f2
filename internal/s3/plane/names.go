package plane

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// names reads the names of a bucket in order, as long as they have a prefix.
type names struct {
	ctx      context.Context
	tree     *tree
	bucket   string
	prefix   string // of keys
	position string // names up to here are done with
	want     int    // how many names the next reading asks for
	// folded lets the store gather what lies in directories, which saves
	// reading it.
	folded bool

	read []item // and not yet returned
	end  bool   // nothing follows what was read
}

// item is a name that was read: an object, or in a folded reading a directory.
type item struct {
	name    string
	key     string // of a directory: the common prefix
	version string
	object  *api.Object
}

func (n *names) next() (item, bool, error) {
	for len(n.read) == 0 {
		if n.end {
			return item{}, false, nil
		}
		if err := n.fill(); err != nil {
			return item{}, false, err
		}
	}
	it := n.read[0]
	n.read = n.read[1:]
	return it, true, nil
}

// back returns the item that was read last, to be read again.
func (n *names) back(it item) { n.read = append([]item{it}, n.read...) }

// skip goes on behind a position. When all that was read is skipped, the next
// reading is a short one: whoever skips once mostly does so again.
func (n *names) skip(position string) {
	if len(n.read) > 0 {
		i := slices.IndexFunc(n.read, func(it item) bool { return it.name > position })
		if i >= 0 {
			n.read = n.read[i:]
			return
		}
		n.read, n.want = nil, 8
	}
	n.position = max(n.position, position)
}

func (n *names) fill() error {
	in := &api.ListObjectsV2Input{Bucket: &n.bucket, Prefix: new(prefixOf(n.prefix)), StartAfter: new(n.position),
		MaxKeys: new(int32(min(n.want, maxPage)))}
	if n.folded {
		in.Delimiter = new("/")
	}
	out, err := do[api.ListObjectsV2Output](n.ctx, n.tree.store, in)
	if err != nil {
		return err
	}
	n.want = min(2*n.want, maxPage)
	n.end = !aws.Val(out.IsTruncated)
	n.position = aws.Val(out.NextContinuationToken)
	if strings.HasSuffix(n.position, "/") {
		n.position += last
	}
	for i := range out.Contents {
		name := aws.Val(out.Contents[i].Key)
		if key, version, ok := keyOf(name); ok {
			n.read = append(n.read, item{name, key, version, &out.Contents[i]})
		}
	}
	for _, p := range out.CommonPrefixes {
		name := aws.Val(p.Prefix)
		key, ok := prefixBehind(name)
		if !ok {
			return n.unfold(*in.StartAfter)
		}
		n.read = append(n.read, item{name: name, key: key})
	}
	slices.SortFunc(n.read, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return nil
}

// unfold reads again without folding: a directory was in the middle of a
// segment and stands for no prefix of its own.
func (n *names) unfold(position string) error {
	n.folded, n.read, n.position = false, nil, position
	return n.fill()
}

// token makes a continuation token of a key or a common prefix.
func token(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

func readToken(s string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return string(b), err == nil && utf8.Valid(b)
}
