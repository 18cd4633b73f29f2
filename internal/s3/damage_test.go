package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/s3"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// storedFile is the one file below a bucket's directory that has at least n
// bytes.
func (h *house) storedFile(n int64) string {
	h.t.Helper()
	var found []string
	filepath.WalkDir(filepath.Join(h.dir, "buckets"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil && info.Size() >= n {
				found = append(found, path)
			}
		}
		return nil
	})
	if len(found) != 1 {
		h.t.Fatalf("files: %q", found)
	}
	return found[0]
}

// spoil writes other bytes into a file, which stays the same file.
func spoil(t *testing.T, path string, content []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamage: whatever happens to what is stored, no byte is read that was
// not written.
func TestDamage(t *testing.T) {
	h, _ := newKeyHouse(t)
	const n = 3*segment + 100
	want := text(n)
	in := kmsInput("bucket", "key", want)
	in.ChecksumAlgorithm = new("SHA256")
	must[api.PutObjectOutput](h, in)
	path := h.storedFile(n)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, []byte("content 0")) || bytes.Contains(stored, []byte(want[n-16:])) {
		t.Fatal("plain text at rest")
	}
	const stride = segment + 32
	damages := map[string][]byte{
		"cut at a segment":  stored[:2*stride],
		"cut in a segment":  stored[:2*stride+5],
		"no trailer":        stored[:len(stored)-73],
		"more":              append(slices.Clone(stored), 0),
		"empty":             {},
		"a trailer alone":   stored[len(stored)-73:],
		"segments swapped":  slices.Concat(stored[stride:2*stride], stored[:stride], stored[2*stride:]),
		"a segment dropped": slices.Concat(stored[:stride], stored[2*stride:]),
		"a segment twice":   slices.Concat(stored[:stride], stored[:stride], stored[2*stride:]),
	}
	for _, i := range []int{0, 1, 4, 15, 16, 100, stride, stride + 4, 3 * stride, len(stored) - 74} {
		flipped := slices.Clone(stored)
		flipped[i] ^= 1
		damages[fmt.Sprint("bit at ", i)] = flipped
	}
	for what, content := range damages {
		spoil(t, path, content)
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")})
		if err == nil || !strings.HasPrefix(want, got) {
			t.Errorf("%s: %v, %d bytes", what, err, len(got))
		}
		_, got, err = h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), Range: new(fmt.Sprintf("bytes=%d-", segment+10))})
		if err == nil && got != want[segment+10:] || !strings.HasPrefix(want[segment+10:], got) {
			t.Errorf("%s: a range gives other bytes, %v", what, err)
		}
	}
	for _, i := range []int{len(stored) - 73, len(stored) - 60, len(stored) - 1} {
		flipped := slices.Clone(stored)
		flipped[i] ^= 1
		spoil(t, path, flipped)
		if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), ChecksumMode: new("ENABLED")}); err == nil {
			t.Errorf("trailer with a changed byte at %d", i)
		}
	}
	spoil(t, path, stored)
	if _, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); err != nil || got != want {
		t.Error("restored:", err)
	}
}

// TestEmptyDamage: an object of no bytes is authenticated, too.
func TestEmptyDamage(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "key", ""))
	path := h.storedFile(1)
	stored, err := os.ReadFile(path)
	if err != nil || len(stored) != 73 {
		t.Fatal(len(stored), err)
	}
	stored[30] ^= 1
	spoil(t, path, stored)
	if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); err == nil {
		t.Error("no error")
	}
}

// TestExchange: an object does not open under the name of another one.
func TestExchange(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "a", text(100)))
	path := h.storedFile(100)
	in := kmsInput("bucket", "b", text(100))
	must[api.PutObjectOutput](h, in)
	moved := strings.Replace(path, "a#", "b#", 1)
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("b")}); aws.CodeOf(err) != "KMS.InvalidCiphertextException" {
		t.Error(err)
	}
}

// TestEncryptedUploadReopened: the parts of an object are found again by
// whoever has not seen them come, and damage to them is.
func TestEncryptedUploadReopened(t *testing.T) {
	h, k := newKeyHouse(t)
	up := must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms")})
	first, second := text(5<<20), text(segment+3)
	var list []api.CompletedPart
	for i, content := range []string{first, second} {
		out := must[api.UploadPartOutput](h, h.partInput(up.UploadId, int32(i+1), content))
		list = append(list, api.CompletedPart{PartNumber: new(int32(i + 1)), ETag: out.ETag})
	}
	must[api.CompleteMultipartUploadOutput](h, &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId, MultipartUpload: &api.CompletedMultipartUpload{Parts: list}})
	path := h.storedFile(5 << 20)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	firstEnd := 5<<20 + 80*32 + 73
	for what, content := range map[string][]byte{
		"as it was":          stored,
		"parts swapped":      slices.Concat(stored[firstEnd:], stored[:firstEnd]),
		"the last part gone": stored[:firstEnd],
		"the first gone":     stored[firstEnd:],
		"a size changed":     slices.Concat(stored[:firstEnd-62], []byte{stored[firstEnd-62] ^ 1}, stored[firstEnd-61:]),
	} {
		spoil(t, path, content)
		fresh := s3.New(h.service.Plane, everybody{}) // remembers nothing
		fresh.Keys, fresh.Update, fresh.View = k, h.store.Update, h.service.View
		h.service, h.handlers = fresh, api.Handlers(fresh)
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")})
		switch {
		case what == "as it was" && (err != nil || got != first+second):
			t.Errorf("%s: %v", what, err)
		case what != "as it was" && (err == nil || !strings.HasPrefix(first+second, got)):
			t.Errorf("%s: %v, %d bytes", what, err, len(got))
		}
	}
}

func FuzzSealed(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(0), byte(0))
	f.Add(uint32(65536), uint32(65535), uint32(2), byte(9))
	f.Fuzz(func(t *testing.T, size, at, n uint32, flip byte) {
		size %= 4 * segment
		want := text(int(size))
		got, err := s3.SealAndOpen(want, int64(at), int64(n), flip)
		if err != nil {
			if flip == 0 || !errors.Is(err, s3.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		from := min(int64(at), int64(size))
		if to := min(from+int64(n), int64(size)); got != want[from:to] {
			t.Fatalf("%d bytes, want %d", len(got), to-from)
		}
	})
}
