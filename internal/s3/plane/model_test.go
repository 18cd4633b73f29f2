package plane

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// model is a bucket as S3 describes it, in memory.
type model struct {
	versioning string
	versions   map[string][]modelVersion // newest first
}

type modelVersion struct {
	id     string // "null" without versioning
	body   string
	marker bool
}

func (m *model) put(key, id, body string, marker bool) {
	vs := m.versions[key]
	if id == nullVersion {
		vs = slices.DeleteFunc(vs, func(v modelVersion) bool { return v.id == nullVersion })
	}
	m.versions[key] = slices.Insert(vs, 0, modelVersion{id, body, marker})
}

func (m *model) delete(key, id string) {
	m.versions[key] = slices.DeleteFunc(m.versions[key], func(v modelVersion) bool { return v.id == id })
	if len(m.versions[key]) == 0 {
		delete(m.versions, key)
	}
}

// line is what a listing says, in one string.
func (m *model) lines(prefix, delimiter string, all bool) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(m.versions)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if !all && m.versions[key][0].marker {
			continue
		}
		if group, ok := commonPrefix(key, prefix, delimiter); ok {
			if line := "P " + group; !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
			continue
		}
		for i, v := range m.versions[key] {
			if !all {
				lines = append(lines, "K "+key)
				break
			}
			lines = append(lines, fmt.Sprintf("V %s %s %v %v %d", key, v.id, v.marker, i == 0, len(v.body)))
		}
	}
	return lines
}

// try does a random thing to the store and to the model.
func (m *model) try(t *testing.T, r *rand.Rand, l *Local, bucket, key string, n int) {
	t.Helper()
	switch r.IntN(10) {
	case 0, 1:
		out := must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: &bucket, Key: &key})
		switch m.versioning {
		case "":
			m.delete(key, nullVersion)
		default:
			m.put(key, *out.VersionId, "", true)
		}
	case 2:
		vs := m.versions[key]
		if len(vs) == 0 {
			return
		}
		v := vs[r.IntN(len(vs))]
		out := must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: &bucket, Key: &key, VersionId: &v.id})
		if aws.Val(out.DeleteMarker) != v.marker {
			t.Fatalf("deleting %v of %q: %+v", v, key, out)
		}
		m.delete(key, v.id)
	default:
		body := strings.Repeat("x", n%50)
		out := put(t, l, bucket, key, body)
		id := nullVersion
		if out.VersionId != nil {
			id = *out.VersionId
		}
		m.put(key, id, body, false)
	}
}

func (m *model) check(t *testing.T, l *Local, bucket, key string) {
	t.Helper()
	want, wantCode := "", "NoSuchKey"
	if vs := m.versions[key]; len(vs) > 0 && !vs[0].marker {
		want, wantCode = vs[0].body, ""
	}
	if body, code := get(t, l, bucket, key, ""); body != want || code != wantCode {
		t.Fatalf("get %q: %q, %q; want %q, %q", key, body, code, want, wantCode)
	}
	for _, v := range m.versions[key] {
		body, code := get(t, l, bucket, key, v.id)
		if v.marker && code == "" || !v.marker && body != v.body {
			t.Fatalf("get %q, version %v: %q, %q", key, v, body, code)
		}
	}
}

// list reads a whole listing page by page.
func list(t *testing.T, l *Local, bucket, prefix, delimiter string, size int32) []string {
	t.Helper()
	var lines []string
	in := &api.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size}
	for {
		out := must[api.ListObjectsV2Output](t, l, in)
		lines = append(lines, merged(out.Contents, out.CommonPrefixes)...)
		if int(*out.KeyCount) > int(size) || !*out.IsTruncated != (out.NextContinuationToken == nil) {
			t.Fatalf("a page of %d: %d, %v, %v", size, *out.KeyCount, *out.IsTruncated, out.NextContinuationToken)
		}
		if !*out.IsTruncated {
			return lines
		}
		if int(*out.KeyCount) != int(size) {
			t.Fatalf("a truncated page of %d has %d", size, *out.KeyCount)
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func listV1(t *testing.T, l *Local, bucket, prefix, delimiter string, size int32) []string {
	t.Helper()
	var lines []string
	in := &api.ListObjectsInput{Bucket: &bucket, Prefix: &prefix, MaxKeys: &size}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	for {
		out := must[api.ListObjectsOutput](t, l, in)
		lines = append(lines, merged(out.Contents, out.CommonPrefixes)...)
		if !*out.IsTruncated {
			return lines
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			in.Marker = out.Contents[len(out.Contents)-1].Key
		}
	}
}

func merged(objects []api.Object, prefixes []api.CommonPrefix) []string {
	byKey := map[string]string{}
	for _, o := range objects {
		byKey[*o.Key] = "K " + *o.Key
	}
	for _, p := range prefixes {
		byKey[*p.Prefix] = "P " + *p.Prefix
	}
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		lines = append(lines, byKey[key])
	}
	return lines
}

func listVersions(t *testing.T, l *Local, m *model, bucket, prefix, delimiter string, size int32) []string {
	t.Helper()
	var lines []string
	in := &api.ListObjectVersionsInput{Bucket: &bucket, Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size}
	for {
		out := must[api.ListObjectVersionsOutput](t, l, in)
		type place struct {
			key string
			n   int
		}
		page := map[place]string{}
		for _, p := range out.CommonPrefixes {
			page[place{*p.Prefix, 0}] = "P " + *p.Prefix
		}
		index := func(key, id string) int {
			return slices.IndexFunc(m.versions[key], func(v modelVersion) bool { return v.id == id })
		}
		for _, v := range out.Versions {
			page[place{*v.Key, index(*v.Key, *v.VersionId)}] = fmt.Sprintf("V %s %s %v %v %d", *v.Key, *v.VersionId, false, *v.IsLatest, *v.Size)
		}
		for _, v := range out.DeleteMarkers {
			page[place{*v.Key, index(*v.Key, *v.VersionId)}] = fmt.Sprintf("V %s %s %v %v %d", *v.Key, *v.VersionId, true, *v.IsLatest, 0)
		}
		places := slices.SortedFunc(maps.Keys(page), func(a, b place) int {
			if a.key != b.key {
				return strings.Compare(a.key, b.key)
			}
			return a.n - b.n
		})
		for _, p := range places {
			lines = append(lines, page[p])
		}
		if len(page) != len(out.CommonPrefixes)+len(out.Versions)+len(out.DeleteMarkers) || len(page) > int(size) {
			t.Fatalf("a page of %d versions: %+v", size, out)
		}
		if !*out.IsTruncated {
			return lines
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

func TestAgainstModel(t *testing.T) {
	for seed := range uint64(5) {
		l := openWith(t, t.TempDir(), seed == 4)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			bucket := fmt.Sprintf("bucket-%d", seed)
			createBucket(t, l, bucket)
			m := &model{versions: map[string][]modelVersion{}}
			keys := make([]string, 40)
			for i := range keys {
				for keys[i] == "" || len(keys[i]) > maxKeySize {
					keys[i] = randomKey(r)
				}
			}
			for n := range 240 {
				if seed > 1 && n%100 == 50 {
					m.versioning = []string{api.BucketVersioningStatusEnabled, api.BucketVersioningStatusSuspended}[(n/100+int(seed))%2]
					must[api.PutBucketVersioningOutput](t, l, &api.PutBucketVersioningInput{Bucket: &bucket,
						VersioningConfiguration: &api.VersioningConfiguration{Status: &m.versioning}})
				}
				m.try(t, r, l, bucket, keys[r.IntN(len(keys))], n)
				if n%80 == 79 {
					m.compare(t, r, l, bucket, keys)
				}
			}
		})
	}
}

func (m *model) compare(t *testing.T, r *rand.Rand, l *Local, bucket string, keys []string) {
	t.Helper()
	for _, key := range keys {
		m.check(t, l, bucket, key)
	}
	delimiters := []string{"", "", "/", "/", "a", "x", "0", "0!", " ", "//", "b/", "é"}
	for range 8 {
		prefix, delimiter := "", delimiters[r.IntN(len(delimiters))]
		if r.IntN(2) == 0 {
			key := []rune(keys[r.IntN(len(keys))])
			prefix = string(key[:r.IntN(len(key)+1)])
		}
		size := int32(1 + r.IntN(12))
		if r.IntN(4) == 0 {
			size = 1000
		}
		what := fmt.Sprintf("prefix %q, delimiter %q, pages of %d", prefix, delimiter, size)
		same(t, "v2 "+what, list(t, l, bucket, prefix, delimiter, size), m.lines(prefix, delimiter, false))
		same(t, "v1 "+what, listV1(t, l, bucket, prefix, delimiter, size), m.lines(prefix, delimiter, false))
		same(t, "versions "+what, listVersions(t, l, m, bucket, prefix, delimiter, size), m.lines(prefix, delimiter, true))
		after := keys[r.IntN(len(keys))]
		out := must[api.ListObjectsV2Output](t, l, &api.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, StartAfter: &after})
		same(t, "after "+after, merged(out.Contents, nil), slices.DeleteFunc(m.lines(prefix, "", false), func(s string) bool { return s <= "K "+after }))
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: line %d of %d, %d:\ngot  %.300q\nwant %.300q", what, i, len(got), len(want), got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
		}
	}
}

func TestListingOfNoBucket(t *testing.T) {
	l := openLocal(t, t.TempDir())
	_, err := l.Do(context.Background(), &api.ListObjectsV2Input{Bucket: new("nobody")})
	if aws.CodeOf(err) != "NoSuchBucket" {
		t.Error(err)
	}
}
