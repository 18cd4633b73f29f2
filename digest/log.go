package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// The counts of a summary.
func digests(s *Summary) *Tally   { return &s.Digests }
func backfills(s *Summary) *Tally { return &s.Backfills }
func logs(s *Summary) *Tally      { return &s.Logs }

// backfill deals with a digest of late log files, which is in no chain.
func (w *walk) backfill(ctx context.Context, bucket, key string, v verdict) {
	if v.finding != nil {
		w.tally(w.home, backfills, bucket, key, v.finding)
		return
	}
	w.tally(w.home, backfills, bucket, key)
	w.logs(ctx, v.file)
}

// foreign notes the log files of a valid digest of another trail, which lie
// in the same folder.
func (w *walk) foreign(f *File) {
	for _, l := range f.LogFiles {
		if k, err := ParseLogKey(l.Object); err == nil {
			w.cover.add(l.Bucket, k, false)
		}
	}
}

// logs has the log files of a valid digest checked.
func (w *walk) logs(ctx context.Context, f *File) {
	for _, l := range f.LogFiles {
		findings := w.name(f, l)
		if !w.files.do(ctx, func() { w.log(ctx, l, findings) }) {
			return
		}
	}
}

// name judges a log file by its name.
func (w *walk) name(f *File, l LogFile) (findings []*Finding) {
	p := w.home
	k, err := ParseLogKey(l.Object)
	if err != nil || k.Account != p.Account || k.Region != p.region {
		return []*Finding{object(LogName, l.Bucket, l.Object,
			"its digest is one of "+p.Account+" in "+p.region+": "+f.Object)}
	}
	if w.cover.add(l.Bucket, k, true) {
		findings = append(findings, object(LogDuplicate, l.Bucket, l.Object, "another digest names it as well as "+f.Object))
	}
	return findings
}

// hasher is what hashing one log file needs.
type hasher struct {
	sum    hash.Hash
	buffer []byte
}

var hashers = sync.Pool{New: func() any { return &hasher{sha256.New(), make([]byte, 64<<10)} }}

// log compares a log file with what its digest says.
func (w *walk) log(ctx context.Context, l LogFile, findings []*Finding) {
	sum, size, err := w.hash(ctx, l)
	if ctx.Err() != nil {
		return
	}
	var broken *transferError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		findings = append(findings, object(LogMissing, l.Bucket, l.Object, "not found"))
	case errors.As(err, &broken):
		findings = append(findings, object(Unreadable, l.Bucket, l.Object, "the log file cannot be read: "+err.Error()))
	case errors.Is(err, ErrTooLarge):
		findings = append(findings, object(LogTooLarge, l.Bucket, l.Object, fmt.Sprintf("unpacks to more than %d bytes", w.MaxLog)))
	case err != nil:
		findings = append(findings, object(LogFormat, l.Bucket, l.Object, "invalid format: "+err.Error()))
	case !strings.EqualFold(sum, l.Hash):
		findings = append(findings, object(LogHash, l.Bucket, l.Object, fmt.Sprintf(
			"hash value doesn't match: its content has the SHA-256 %s; its digest says %s", sum, l.Hash)))
	}
	w.mu.Lock()
	w.sum.Bytes += size
	w.mu.Unlock()
	w.tally(w.home, logs, l.Bucket, l.Object, findings...)
}

// hash is the hex SHA-256 and the size of a log file's unpacked content,
// which passes through and is kept nowhere.
func (w *walk) hash(ctx context.Context, l LogFile) (sum string, size int64, err error) {
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	err = w.get(ctx, l.Bucket, l.Object, func(_ *Object, body io.Reader) error {
		h.sum.Reset()
		return unzip(body, w.MaxLog, func(r io.Reader) (err error) {
			size, err = io.CopyBuffer(h.sum, r, h.buffer)
			return err
		})
	})
	return hex.EncodeToString(h.sum.Sum(nil)), size, err
}
