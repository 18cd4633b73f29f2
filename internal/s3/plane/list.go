package plane

import (
	"context"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// page is what one listing answers.
type page struct {
	objects   []api.Object
	prefixes  []api.CommonPrefix
	last      string // the key or prefix that the next page begins behind
	truncated bool
}

const maxPage = 1000

// pageSize is how many entries a listing may have.
func pageSize(n *int32) int {
	if n == nil {
		return maxPage
	}
	return int(min(max(*n, 0), maxPage))
}

// commonPrefix is the prefix under which a delimiter gathers a key.
func commonPrefix(key, prefix, delimiter string) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	before, _, ok := strings.Cut(key[len(prefix):], delimiter)
	return prefix + before + delimiter, ok
}

// behind is the position in the order of names from which a listing goes on
// after a key or a common prefix.
func behind(after, prefix, delimiter string) string {
	position := floorOf(prefix)
	if after == "" {
		return position
	}
	next := nameOf(after)
	if strings.HasPrefix(after, prefix) {
		if group, ok := commonPrefix(after, prefix, delimiter); ok {
			next = ceilingOf(group)
		}
	}
	return max(position, next)
}

// list reads a page of keys. Versions are those of the keys' latest objects;
// keys whose latest is a delete marker are left out.
func (t *tree) list(ctx context.Context, name, prefix, delimiter, after string, limit int) (*page, error) {
	if err := checkKey(prefix); err != nil {
		return nil, err
	}
	if err := checkKey(after); err != nil {
		return nil, err
	}
	b, err := t.bucket(ctx, name)
	if err != nil {
		return nil, err
	}
	n := &names{ctx: ctx, tree: t, bucket: name, prefix: prefix, want: limit + 1,
		position: behind(after, prefix, delimiter), folded: delimiter == "/" && !b.versioned()}
	p := &page{}
	for limit > 0 && !p.truncated {
		e, ok, err := t.entry(n, b, delimiter)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch {
		case len(p.objects)+len(p.prefixes) == limit:
			p.truncated = true
		case e.group:
			p.prefixes, p.last = append(p.prefixes, api.CommonPrefix{Prefix: &e.key}), e.key
		default:
			o := *e.object
			o.Key = &e.key
			p.objects, p.last = append(p.objects, o), e.key
		}
	}
	return p, nil
}

// entry is a line of a listing: a key, or a common prefix.
type entry struct {
	key    string
	group  bool
	object *api.Object
}

// entry reads on to the next live key, or past all keys of a common prefix
// that has one.
func (t *tree) entry(n *names, b bucket, delimiter string) (entry, bool, error) {
	for {
		it, ok, err := n.next()
		if err != nil || !ok {
			return entry{}, false, err
		}
		if it.object == nil {
			return entry{key: it.key, group: true}, true, nil
		}
		live := it
		if b.versioned() {
			n.skip(nameOf(it.key))
			if live, ok, err = t.latestListed(n, b, it); err != nil {
				return entry{}, false, err
			} else if !ok {
				continue
			}
		}
		if group, ok := commonPrefix(it.key, n.prefix, delimiter); ok {
			n.skip(ceilingOf(group))
			return entry{key: group, group: true}, true, nil
		}
		return entry{key: it.key, object: live.object}, true, nil
	}
}

// latestListed is the latest object of a key whose first name has been read.
// It reports false when that is a delete marker.
func (t *tree) latestListed(n *names, b bucket, first item) (item, bool, error) {
	if !b.nulls {
		return first, !isMarker(first.version), nil
	}
	head, err := t.headNull(n.ctx, n.bucket, first.key)
	if err != nil {
		return first, false, err
	}
	if first.version != "" && (head == nil || first.version < head.order) {
		return first, !isMarker(first.version), nil
	}
	if head == nil || head.marker {
		return first, false, nil
	}
	if first.version != "" { // the null version was listed behind it, and skipped
		out, err := do[api.ListObjectsV2Output](n.ctx, t.store, &api.ListObjectsV2Input{Bucket: &n.bucket, Prefix: &head.name, MaxKeys: new(int32(1))})
		if err != nil || len(out.Contents) == 0 {
			return first, false, err
		}
		first.object = &out.Contents[0]
	}
	return first, true, nil
}

func (t *tree) listObjects(ctx context.Context, in *api.ListObjectsInput) (*api.ListObjectsOutput, error) {
	limit := pageSize(in.MaxKeys)
	p, err := t.list(ctx, *in.Bucket, aws.Val(in.Prefix), aws.Val(in.Delimiter), aws.Val(in.Marker), limit)
	if err != nil {
		return nil, err
	}
	out := &api.ListObjectsOutput{
		Name: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, Marker: in.Marker, MaxKeys: new(int32(limit)),
		IsTruncated: &p.truncated, Contents: p.objects, CommonPrefixes: p.prefixes,
	}
	if p.truncated && in.Delimiter != nil {
		out.NextMarker = &p.last
	}
	return out, nil
}

func (t *tree) listObjectsV2(ctx context.Context, in *api.ListObjectsV2Input) (*api.ListObjectsV2Output, error) {
	limit, after := pageSize(in.MaxKeys), aws.Val(in.StartAfter)
	if token := aws.Val(in.ContinuationToken); token != "" {
		var ok bool
		if after, ok = readToken(token); !ok {
			return nil, aws.Errorf("InvalidArgument", "The continuation token provided is incorrect").With("ArgumentName", "continuation-token")
		}
	}
	p, err := t.list(ctx, *in.Bucket, aws.Val(in.Prefix), aws.Val(in.Delimiter), after, limit)
	if err != nil {
		return nil, err
	}
	out := &api.ListObjectsV2Output{
		Name: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, StartAfter: in.StartAfter, MaxKeys: new(int32(limit)),
		ContinuationToken: in.ContinuationToken, IsTruncated: &p.truncated, KeyCount: new(int32(len(p.objects) + len(p.prefixes))),
		Contents: p.objects, CommonPrefixes: p.prefixes,
	}
	if p.truncated {
		out.NextContinuationToken = new(token(p.last))
	}
	return out, nil
}
