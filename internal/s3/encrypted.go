package s3

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// encrypted is an object that a key of KMS encrypts, as the data plane has
// it.
type encrypted struct {
	bucket, key string
	version     *string
	etag        string
	size        int64 // as it is stored
	envelope    *envelope
	layout      layout
}

func (o *encrypted) arn() string { return objectARN(o.bucket, o.key) }

// markEncrypted notes that the bucket has objects that a key of KMS encrypts,
// before the first of them is there. Buckets without the note pay nothing for
// what encryption costs listings.
func (s *Service) markEncrypted(ctx context.Context, b *Bucket) error {
	if b.Encrypts {
		return nil
	}
	return s.Update(ctx, func(tx *store.Tx) error {
		now, err := findBucket(tx, b.Name)
		if err != nil {
			return err
		}
		marked := *now
		marked.Encrypts = true
		buckets.Put(tx, marked.Name, &marked)
		return nil
	})
}

// look reads what the data plane knows of an object, by itself: neither a
// range nor a part nor a checksum of its stored form would mean anything. The
// second result is nil when no key of KMS encrypts it.
func (s *Service) look(ctx context.Context, in *api.HeadObjectInput) (*api.HeadObjectOutput, *encrypted, error) {
	q := *in
	q.Range, q.PartNumber, q.ChecksumMode, q.RequestPayer, q.ExpectedBucketOwner = nil, nil, nil, nil, nil
	answer, err := s.Plane.Do(ctx, &q)
	if err != nil {
		return nil, nil, err
	}
	out := answer.(*api.HeadObjectOutput)
	e, err := takeEnvelope(out.Metadata)
	if err != nil || e == nil {
		return out, nil, err
	}
	o := &encrypted{
		bucket: *in.Bucket, key: *in.Key, version: in.VersionId,
		etag: aws.Val(out.ETag), size: aws.Val(out.ContentLength), envelope: e,
	}
	if out.VersionId != nil {
		o.version = out.VersionId
	}
	if o.layout, err = s.layoutOf(ctx, o); err != nil {
		return nil, nil, err
	}
	size := o.layout.size()
	out.ContentLength, out.PartsCount = &size, nil
	return out, o, nil
}

// layouts remembers where the parts of objects are, by what never changes: an
// object's name and its ETag. Reading it from the object takes a read for
// each part.
type layouts struct {
	sync.Mutex
	known map[string]layout
}

const maxLayouts = 4096

func (l *layouts) get(name string) layout {
	l.Lock()
	defer l.Unlock()
	return l.known[name]
}

func (l *layouts) put(name string, parts layout) {
	l.Lock()
	defer l.Unlock()
	if l.known == nil || len(l.known) >= maxLayouts {
		l.known = map[string]layout{}
	}
	l.known[name] = parts
}

// layoutOf finds the parts of an object. Nothing of it is authenticated: what
// opens a part does that.
func (s *Service) layoutOf(ctx context.Context, o *encrypted) (layout, error) {
	if size := o.envelope.Size; size != nil {
		if storedSize(*size) != o.size {
			return nil, errDamaged
		}
		return layout{{number: 1, size: *size}}, nil
	}
	name := o.bucket + "/" + o.key + "\n" + o.etag
	if parts := s.layouts.get(name); parts != nil {
		return parts, nil
	}
	_, count, _ := strings.Cut(strings.Trim(o.etag, `"`), "-")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxParts {
		return nil, errDamaged
	}
	parts := make(layout, n)
	for end, i := o.size, n-1; i >= 0; i-- {
		p, err := s.trailerAt(ctx, o, end)
		if err != nil {
			return nil, err
		}
		if i < n-1 && p.number >= parts[i+1].number || (p.offset == 0) != (i == 0) {
			return nil, errDamaged
		}
		parts[i], end = p, p.offset
	}
	for i := 1; i < n; i++ {
		parts[i].start = parts[i-1].start + parts[i-1].size
	}
	s.layouts.put(name, parts)
	return parts, nil
}

// trailerAt reads the trailer of the part that ends at an offset.
func (s *Service) trailerAt(ctx context.Context, o *encrypted, end int64) (part, error) {
	if end < trailerSize {
		return part{}, errDamaged
	}
	r, err := s.readStored(ctx, o, end-trailerSize, end)
	if err != nil {
		return part{}, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, trailerSize+1))
	if err != nil {
		return part{}, err
	}
	p, ok := readTrailer(text, end)
	if !ok {
		return part{}, errDamaged
	}
	return p, nil
}

// readStored reads the stored form of an object from one byte up to another.
func (s *Service) readStored(ctx context.Context, o *encrypted, from, to int64) (io.ReadCloser, error) {
	out, err := s.Plane.Do(ctx, &api.GetObjectInput{
		Bucket: &o.bucket, Key: &o.key, VersionId: o.version, IfMatch: &o.etag,
		Range: new(fmt.Sprintf("bytes=%d-%d", from, to-1)),
	})
	if aws.CodeOf(err) == "PreconditionFailed" {
		err = aws.Errorf("ServiceUnavailable", "The object was replaced while it was read. Please try again.")
	}
	if err != nil {
		return nil, err
	}
	return out.(*api.GetObjectOutput).Body, nil
}

// content reads n bytes of an object from an offset on. Where nothing is to
// be read there is nothing that would not open, so the trailer is.
func (s *Service) content(ctx context.Context, o *encrypted, k dataKey, offset, n int64) (io.ReadCloser, error) {
	pieces := o.layout.pieces(offset, n)
	if len(pieces) == 0 {
		_, _, _, err := s.checksum(ctx, o, k)
		return io.NopCloser(strings.NewReader("")), err
	}
	from, to := stored(pieces)
	r, err := s.readStored(ctx, o, from, to)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&opened{stored: r, key: k, arn: o.arn(), pieces: pieces}, r}, nil
}

// partChecksums opens the trailers of all parts.
func (s *Service) partChecksums(ctx context.Context, o *encrypted, k dataKey) (algorithm string, sums [][]byte, err error) {
	for i := range o.layout {
		p := o.layout[i]
		if p.box == nil { // of an object that was written whole
			if p, err = s.trailerAt(ctx, o, o.size); err != nil {
				return "", nil, err
			}
			if p.number != 1 || p.size != o.layout[i].size {
				return "", nil, errDamaged
			}
		}
		a, sum, err := p.checksum(k, o.arn())
		if err != nil {
			return "", nil, err
		}
		if sums = append(sums, sum); i > 0 && a != algorithm {
			return "", nil, nil // of an upload that did not ask for any
		}
		algorithm = a
	}
	return algorithm, sums, nil
}

// checksum is the checksum of an object's content, all "" when its writer
// asked for none. The value is as answers have it.
func (s *Service) checksum(ctx context.Context, o *encrypted, k dataKey) (algorithm, value, kind string, err error) {
	algorithm, sums, err := s.partChecksums(ctx, o, k)
	if err != nil || algorithm == "" {
		return "", "", "", err
	}
	if o.envelope.Size != nil {
		return algorithm, base64.StdEncoding.EncodeToString(sums[0]), api.ChecksumTypeFullObject, nil
	}
	value, kind = o.layout.checksum(algorithm, o.envelope.ChecksumType, sums)
	return algorithm, value, kind, nil
}

// checksum joins the checksums of parts.
func (l layout) checksum(algorithm, kind string, sums [][]byte) (value, as string) {
	if kind == api.ChecksumTypeFullObject {
		sizes := make([]int64, len(l))
		for i := range l {
			sizes[i] = l[i].size
		}
		if sum, ok := fullObject(algorithm, sums, sizes); ok {
			return base64.StdEncoding.EncodeToString(sum), kind
		}
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(composite(algorithm, sums)), len(sums)), api.ChecksumTypeComposite
}

// setChecksum puts the checksum of a content into an answer, in the place of
// whatever the data plane said of its stored form. An algorithm of "" is none.
func setChecksum(out any, algorithm, value, kind string) {
	for _, a := range algorithms {
		*checksumMember(out, a) = nil
	}
	as := reflect.ValueOf(out).Elem().FieldByName("ChecksumType")
	if as.IsValid() {
		as.SetZero()
	}
	if algorithm == "" {
		return
	}
	*checksumMember(out, algorithm) = &value
	if as.IsValid() && kind != "" {
		as.Set(reflect.ValueOf(&kind))
	}
}

// reveal puts the sizes of contents in the place of those that are stored
// into a listing.
func (s *Service) reveal(c *call.Call, b *Bucket, n int, entry func(i int) (key, version *string, size **int64)) error {
	if !b.Encrypts {
		return nil
	}
	var wg sync.WaitGroup
	slots, errs := make(chan struct{}, looksAtOnce), make([]error, n)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			key, version, size := entry(i)
			if aws.Val(*size) < trailerSize {
				return
			}
			_, o, err := s.look(c.Ctx, &api.HeadObjectInput{Bucket: &b.Name, Key: key, VersionId: version})
			switch {
			case aws.CodeOf(err) == "NoSuchKey", aws.CodeOf(err) == "NoSuchVersion", err == errDamaged:
				// deleted since, or shown as it is
			case err != nil:
				errs[i] = err
			case o != nil:
				*size = new(o.layout.size())
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// looksAtOnce bounds how many objects of a listing are looked at side by
// side.
const looksAtOnce = 16
