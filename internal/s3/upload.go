package s3

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// openUpload is what has to be known of an upload in parts while it is open,
// when a key of KMS encrypts what it will become. Other uploads are known to
// the data plane alone.
type openUpload struct {
	Envelope  envelope `json:"envelope"`
	Algorithm string   `json:"algorithm,omitempty"` // of the checksums of its parts
}

// envelope is that of the object to be, nil for one that no key of KMS will
// encrypt.
func (u *openUpload) envelope() *envelope {
	if u == nil {
		return nil
	}
	return &u.Envelope
}

// uploadedPart is the checksum of a part of such an upload. Parts without one
// leave no record.
type uploadedPart struct {
	Sum []byte `json:"sum"`
}

// Both are kept by bucket and upload id, parts by their number as well.
var (
	openUploads   = store.NewKind[openUpload]("s3.upload")
	uploadedParts = store.NewKind[uploadedPart]("s3.part")
)

// encryptedUpload ends the ids of such uploads: who does not yet know of one
// must not take it for another and store its parts as they are.
const encryptedUpload = ".kms"

func uploadKey(bucket, id string) string { return bucket + "/" + id }

func partKey(upload string, number int32) string { return fmt.Sprintf("%s/%05d", upload, number) }

// splitUpload returns the data plane's id of an upload, and the upload when a
// key of KMS encrypts it.
func (s *Service) splitUpload(c *call.Call, b *Bucket, id *string) (*string, *openUpload, error) {
	plain, ok := strings.CutSuffix(aws.Val(id), encryptedUpload)
	if !ok || s.Keys == nil { // nobody to encrypt them
		return id, nil, nil
	}
	key := uploadKey(b.Name, plain)
	if u, ok := openUploads.Get(c.State, key); ok {
		return &plain, u, nil
	}
	var u *openUpload // begun with another server a moment ago
	err := s.Update(c.Ctx, func(tx *store.Tx) error {
		u, ok = openUploads.Get(tx, key)
		return nil
	})
	if err == nil && !ok {
		err = aws.Errorf("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.").With("UploadId", *id)
	}
	return &plain, u, err
}

// shownUpload is the id of an upload as clients know it.
func shownUpload(r store.Reader, bucket string, id *string) *string {
	if _, ok := openUploads.Get(r, uploadKey(bucket, aws.Val(id))); ok {
		return new(*id + encryptedUpload)
	}
	return id
}

// beginUpload notes an upload that the data plane has begun. The upload is
// dropped again when it cannot be noted.
func (s *Service) beginUpload(c *call.Call, in *api.CreateMultipartUploadInput, id *string, u *openUpload) error {
	err := s.Update(c.Ctx, func(tx *store.Tx) error {
		openUploads.Put(tx, uploadKey(*in.Bucket, *id), u)
		return nil
	})
	if err != nil {
		s.Plane.Do(context.WithoutCancel(c.Ctx), &api.AbortMultipartUploadInput{Bucket: in.Bucket, Key: in.Key, UploadId: id})
	}
	return err
}

// forgetUpload drops what is known of an upload that is no more.
func (s *Service) forgetUpload(ctx context.Context, bucket, id string) error {
	return s.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		forgetUploads(tx, uploadKey(bucket, id))
		return nil
	})
}

// forgetUploads drops the uploads whose keys begin with a prefix.
func forgetUploads(tx *store.Tx, prefix string) {
	for key := range openUploads.Scan(tx, prefix) {
		openUploads.Delete(tx, key)
	}
	for key := range uploadedParts.Scan(tx, prefix) {
		uploadedParts.Delete(tx, key)
	}
}

// putPart writes a part of an encrypted upload. The input is the callee's to
// change.
func (s *Service) putPart(c *call.Call, b *Bucket, u *openUpload, in *api.UploadPartInput) (*api.UploadPartOutput, error) {
	k, err := s.openKey(c, b, *in.Key, &u.Envelope)
	if err != nil {
		return nil, err
	}
	content, err := takeContent(in, &in.Body, &in.ContentLength, &in.ContentMD5, &in.ChecksumAlgorithm)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Algorithm == "" || u.Algorithm == content.algorithm:
	case content.algorithm == "":
		content.algorithm, content.sum = u.Algorithm, NewChecksum(u.Algorithm)
	default:
		return nil, invalidRequest("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
			strings.ToLower(u.Algorithm), strings.ToLower(content.algorithm))
	}
	if in.Body, err = k.seal(objectARN(b.Name, *in.Key), *in.PartNumber, content.rest, content); err != nil {
		return nil, err
	}
	in.ContentLength = new(storedSize(content.rest))
	out, err := forward[api.UploadPartOutput](s, c, in)
	if err != nil {
		return nil, err
	}
	setChecksum(out, content.algorithm, content.checksum(), "")
	if content.sum == nil {
		return out, nil
	}
	return out, s.Update(c.Ctx, func(tx *store.Tx) error {
		uploadedParts.Put(tx, partKey(uploadKey(b.Name, *in.UploadId), *in.PartNumber), &uploadedPart{content.sum.Sum(nil)})
		return nil
	})
}

// allParts are the parts of an upload as the data plane has them, by number,
// with the sizes of their contents.
func (s *Service) allParts(c *call.Call, bucket, key, id *string) (map[int32]int64, error) {
	sizes := map[int32]int64{}
	in := &api.ListPartsInput{Bucket: bucket, Key: key, UploadId: id}
	for {
		out, err := forward[api.ListPartsOutput](s, c, in)
		if err != nil {
			return nil, err
		}
		for _, p := range out.Parts {
			size, ok := contentSize(aws.Val(p.Size))
			if !ok {
				return nil, errDamaged
			}
			sizes[aws.Val(p.PartNumber)] = size
		}
		if !aws.Val(out.IsTruncated) {
			return sizes, nil
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// reveal puts the sizes and checksums of contents in the place of those that
// are stored into a page of parts.
func (u *openUpload) reveal(r store.Reader, upload string, out *api.ListPartsOutput) {
	if u.Algorithm != "" {
		out.ChecksumAlgorithm, out.ChecksumType = &u.Algorithm, &u.Envelope.ChecksumType
	}
	for i := range out.Parts {
		p := &out.Parts[i]
		if size, ok := contentSize(aws.Val(p.Size)); ok {
			p.Size = &size
		}
		if record, ok := uploadedParts.Get(r, partKey(upload, aws.Val(p.PartNumber))); ok && u.Algorithm != "" {
			setChecksum(p, u.Algorithm, base64.StdEncoding.EncodeToString(record.Sum), "")
		}
	}
}

// minPart is how much a part must hold that others follow.
const minPart = 5 << 20

// completeEncrypted makes an object of the parts of an encrypted upload and
// returns its size with the answer. The data plane knows nothing of what the
// parts hold, so that their sizes and checksums are judged here.
func (s *Service) completeEncrypted(c *call.Call, b *Bucket, id string, u *openUpload, in *api.CompleteMultipartUploadInput) (*api.CompleteMultipartUploadOutput, int64, error) {
	sizes, err := s.allParts(c, in.Bucket, in.Key, &id)
	if err != nil {
		return nil, 0, err
	}
	var parts layout
	var sums [][]byte
	q, list := *in, make([]api.CompletedPart, len(in.MultipartUpload.Parts))
	for i, p := range in.MultipartUpload.Parts {
		number := aws.Val(p.PartNumber)
		size, ok := sizes[number]
		record, summed := uploadedParts.Get(c.State, partKey(uploadKey(b.Name, id), number))
		_, sum, err := takeChecksum(&p)
		switch {
		case err != nil:
			return nil, 0, err
		case !ok || sum != "" && (!summed || sum != base64.StdEncoding.EncodeToString(record.Sum)):
			return nil, 0, aws.Errorf("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		case size < minPart && i < len(list)-1:
			return nil, 0, aws.Errorf("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		if summed {
			sums = append(sums, record.Sum)
		}
		parts = append(parts, part{number: number, size: size, start: parts.size()})
		list[i] = api.CompletedPart{PartNumber: p.PartNumber, ETag: p.ETag}
	}
	if n := in.MpuObjectSize; n != nil && *n != parts.size() {
		return nil, 0, invalidRequest("The provided 'x-amz-mp-object-size' header value %d does not match what was computed: %d", *n, parts.size())
	}
	algorithm, value, kind := "", "", ""
	if u.Algorithm != "" && len(sums) == len(parts) {
		algorithm = u.Algorithm
		value, kind = parts.checksum(u.Algorithm, u.Envelope.ChecksumType, sums)
	}
	named, want, err := takeChecksum(&q)
	switch {
	case err != nil:
		return nil, 0, err
	case want != "" && (named != u.Algorithm || want != value):
		return nil, 0, aws.Errorf("BadDigest", "The %s you specified did not match the calculated checksum.", named)
	}
	q.UploadId, q.ChecksumType, q.MpuObjectSize, q.MultipartUpload = &id, nil, nil, &api.CompletedMultipartUpload{Parts: list}
	out, err := forward[api.CompleteMultipartUploadOutput](s, c, &q)
	if err != nil {
		return nil, 0, err
	}
	setChecksum(out, algorithm, value, kind)
	return out, parts.size(), s.forgetUpload(c.Ctx, b.Name, id)
}
