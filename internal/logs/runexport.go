package logs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// exportSize is how many bytes of lines go into one object.
const exportSize = 64 << 20

// job is the work on an export task.
func (t *ExportTask) job(s *Service) job {
	key := t.key()
	return job{
		held: func(r store.Reader) *claim {
			if now, ok := exportTasks.Get(r, key); ok && now.open() {
				return &now.Claim
			}
			return nil
		},
		take: func(tx *store.Tx, by claim) {
			if now, ok := exportTasks.Get(tx, key); ok {
				now = new(*now)
				now.Claim = by
				if now.Status == api.ExportTaskStatusCodePending {
					now.Status, now.Message = api.ExportTaskStatusCodeRunning, "Started"
				}
				exportTasks.Put(tx, key, now)
			}
		},
		do: func(ctx context.Context, mine func(store.Reader) bool) error { return s.export(ctx, t, mine) },
	}
}

// errCancelled ends an export that the user cancels.
var errCancelled = aws.Errorf("Cancelled", "Cancelled by user")

// export writes the objects of a task and notes how it ended. The names of the
// objects follow from the task: after a crash the same are put again.
func (s *Service) export(ctx context.Context, t *ExportTask, mine func(store.Reader) bool) error {
	err := s.exportAll(ctx, t)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.State.Update(ctx, func(tx *store.Tx) error {
		if !mine(tx) {
			return nil
		}
		now, _ := exportTasks.Get(tx, t.key())
		done := new(*now)
		switch at := s.Now().UnixMilli(); {
		case err == errCancelled || now.Status == api.ExportTaskStatusCodePendingCancel:
			done.end(api.ExportTaskStatusCodeCancelled, errCancelled.Message, at)
		case err != nil:
			done.end(api.ExportTaskStatusCodeFailed, err.Message, at)
		default:
			done.end(api.ExportTaskStatusCodeCompleted, "Completed successfully", at)
		}
		exportTasks.Put(tx, t.key(), done)
		return nil
	})
}

func (s *Service) exportAll(ctx context.Context, t *ExportTask) *aws.Error {
	r := s.State.View()
	g, err := find(r, t.named())
	if err != nil {
		return err
	}
	if err := s.put(ctx, r, t, t.under(probeName), []byte("Permission Check Successful"), false); err != nil {
		return err
	}
	for _, st := range logStreams.Scan(r, t.named().within(t.StreamPrefix)) {
		if err := s.exportStream(ctx, r, t, g, st); err != nil {
			return err
		}
	}
	return nil
}

// exportStream writes the events of a stream as lines of time and message.
func (s *Service) exportStream(ctx context.Context, r store.Reader, t *ExportTask, g *LogGroup, st *LogStream) *aws.Error {
	folder := t.under(t.ID + "/" + strings.ReplaceAll(st.Name, "/", "-"))
	var body bytes.Buffer
	zipped := gzip.NewWriter(&body)
	objects, lines, size := 0, 0, 0
	flush := func() *aws.Error {
		if err := zipped.Close(); err != nil {
			return failed(err)
		}
		err := s.put(ctx, r, t, fmt.Sprintf("%s/%06d.gz", folder, objects), bytes.Clone(body.Bytes()), true)
		objects, lines, size = objects+1, 0, 0
		body.Reset()
		zipped.Reset(&body)
		return err
	}
	q := segment.Query{
		Group: g.Number, Streams: []int64{st.Number}, Keys: s.dataKeysOf(r),
		From: max(t.From, g.horizon(s.Now())), Until: t.Until - 1,
	}
	for e, err := range s.Events.Read(ctx, q, nil) {
		if err != nil {
			return failed(err)
		}
		n, err := fmt.Fprintf(zipped, "%s %s\n", time.UnixMilli(e.Time).UTC().Format("2006-01-02T15:04:05.000Z"), e.Message)
		if err != nil {
			return failed(err)
		}
		lines, size = lines+1, size+n
		if size >= exportSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if lines == 0 {
		return nil
	}
	return flush()
}

// put writes an object, unless the task was cancelled meanwhile.
func (s *Service) put(ctx context.Context, r store.Reader, t *ExportTask, key string, body []byte, zipped bool) *aws.Error {
	now, ok := exportTasks.Get(s.State.View(), t.key())
	if !ok || now.Status == api.ExportTaskStatusCodePendingCancel {
		return errCancelled
	}
	return s.Bucket.Put(ctx, r, Object{Bucket: t.Bucket, Key: key, Body: body, Gzip: zipped, From: s.exporter(r, t)})
}
