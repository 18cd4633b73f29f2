package sqs

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// BenchmarkCycle measures messages that are sent, received and deleted, each
// step durable, by 64 callers side by side: one message a call, or ten.
func BenchmarkCycle(b *testing.B) {
	for _, kind := range []string{"standard", "fifo"} {
		for _, size := range []int{1, 10} {
			b.Run(fmt.Sprintf("%s/batch=%d", kind, size), func(b *testing.B) {
				f := newFixture(b)
				f.service.Now = time.Now
				name := "q"
				if kind == "fifo" {
					name += ".fifo"
				}
				url := f.queue(name, "VisibilityTimeout", "600")
				var n, calls, messages atomic.Int64
				began := time.Now()
				var wg sync.WaitGroup
				for range 64 {
					wg.Go(func() {
						for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
							moved, made := f.cycle(b, url, kind == "fifo", size, i)
							calls.Add(int64(made))
							messages.Add(int64(moved))
						}
					})
				}
				wg.Wait()
				took := time.Since(began).Seconds()
				b.ReportMetric(float64(calls.Load())/took, "calls/s")
				b.ReportMetric(float64(messages.Load())/took, "messages/s")
			})
		}
	}
}

// cycle sends a batch, receives as many messages and deletes them. It returns
// how many went through, and how many calls were made.
func (f *fixture) cycle(b *testing.B, url *string, fifo bool, size int, n int64) (moved, calls int) {
	body := strings.Repeat("x", 500)
	send := &api.SendMessageBatchInput{QueueUrl: url}
	for i := range size {
		e := api.SendMessageBatchRequestEntry{Id: new(fmt.Sprint(i)), MessageBody: &body}
		if fifo {
			e.MessageGroupId, e.MessageDeduplicationId = new(fmt.Sprint("g", n)), new(fmt.Sprint(n, "-", i))
		}
		send.Entries = append(send.Entries, e)
	}
	var first wire.Shape = send
	if size == 1 {
		e := send.Entries[0]
		first = &api.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: e.MessageGroupId, MessageDeduplicationId: e.MessageDeduplicationId}
	}
	f.must(b, first)
	out := f.must(b, &api.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(size)), WaitTimeSeconds: new(int32(5))}).(*api.ReceiveMessageOutput)
	if len(out.Messages) == 0 {
		return 0, 2
	}
	gone := &api.DeleteMessageBatchInput{QueueUrl: url}
	for i, m := range out.Messages {
		gone.Entries = append(gone.Entries, api.DeleteMessageBatchRequestEntry{Id: new(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
	}
	if size == 1 {
		f.must(b, &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: gone.Entries[0].ReceiptHandle})
	} else {
		f.must(b, gone)
	}
	return len(out.Messages), 3
}

func (f *fixture) must(b *testing.B, in wire.Shape) any {
	c := f.Begin(in)
	c.Time = time.Now()
	out, err := f.Make(c, in)
	if err != nil {
		b.Error(err)
		panic(err)
	}
	return out
}
