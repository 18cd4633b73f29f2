package sqs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// waiting makes a call that waits and sends what it received.
func (f *fixture) waiting(ctx context.Context, in *api.ReceiveMessageInput) <-chan []string {
	done := make(chan []string, 1)
	in.WaitTimeSeconds = new(int32(20))
	c := f.Begin(in)
	c.Ctx = ctx
	go func() {
		out, err := f.Make(c, in)
		switch {
		case errors.Is(err, context.Canceled):
			done <- nil
		case err != nil:
			done <- []string{err.Error()}
		default:
			done <- bodiesOf(out.(*api.ReceiveMessageOutput).Messages)
		}
	}()
	return done
}

// inLine waits until so many calls wait for a queue.
func (f *fixture) inLine(queue string, n int) {
	f.Helper()
	for range 10_000 {
		f.service.lines.mu.Lock()
		t := f.service.lines.byQueue[queueKey(account, region, queue)]
		there := t == nil && n == 0 || t != nil && t.waiting == n
		f.service.lines.mu.Unlock()
		if there {
			return
		}
		time.Sleep(time.Millisecond)
	}
	f.Fatalf("never were %d in line", n)
}

// within waits for an answer, which must come long before the call's time is
// over.
func (f *fixture) within(done <-chan []string) []string {
	f.Helper()
	select {
	case texts := <-done:
		return texts
	case <-time.After(10 * time.Second):
		f.Fatal("nothing woke the call")
		return nil
	}
}

func TestLongPolling(t *testing.T) {
	f := newFixture(t)
	url, fifo := f.queue("jobs"), f.queue("jobs.fifo")
	done := f.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: url})
	f.inLine("jobs", 1)
	f.sendTo(fifo, "g", "elsewhere")
	f.send(url, "a")
	f.Equal("a message that is sent", f.within(done), []string{"a"})

	done = f.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: url})
	f.inLine("jobs", 1)
	f.Clock.Advance(30 * time.Second)
	f.Equal("one that becomes visible", f.within(done), []string{"a"})

	held := f.receive(fifo, 1)
	f.sendTo(fifo, "g", "behind")
	done = f.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: fifo})
	f.inLine("jobs.fifo", 1)
	f.delete(fifo, held...)
	f.Equal("one that stood behind another", f.within(done), []string{"behind"})

	done = f.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: url})
	f.inLine("jobs", 1)
	f.Do(&api.DeleteQueueInput{QueueUrl: url})
	f.Equal("a queue that goes", f.within(done), []string{"QueueDoesNotExist: The specified queue does not exist."})

	ctx, leave := context.WithCancel(t.Context())
	done = f.waiting(ctx, &api.ReceiveMessageInput{QueueUrl: fifo})
	f.inLine("jobs.fifo", 1)
	leave()
	f.Equal("a client that goes", len(f.within(done)), 0)
	f.inLine("jobs.fifo", 0)
}

// TestWaitEnds: a call that nothing wakes ends with its time, by its own
// measure or the queue's. What would be the wrong measure is far from the
// right one, so that a slow machine is not mistaken for it.
func TestWaitEnds(t *testing.T) {
	f := newFixture(t)
	short, long := f.queue("short", "ReceiveMessageWaitTimeSeconds", "1"), f.queue("long", "ReceiveMessageWaitTimeSeconds", "20")
	for _, c := range []struct {
		in   *api.ReceiveMessageInput
		want time.Duration
	}{
		{&api.ReceiveMessageInput{QueueUrl: short}, time.Second},
		{&api.ReceiveMessageInput{QueueUrl: long, WaitTimeSeconds: new(int32(1))}, time.Second},
		{&api.ReceiveMessageInput{QueueUrl: long, WaitTimeSeconds: new(int32(0))}, 0},
	} {
		began := time.Now()
		f.Equal("none", f.receives(c.in), []api.Message(nil))
		if took := time.Since(began); took < c.want || took > c.want+15*time.Second {
			t.Errorf("it took %v, want %v", took, c.want)
		}
	}
	f.inLine("short", 0)
	f.inLine("long", 0)
}

// TestLine: of many that wait each gets one message.
func TestLine(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	const n = 30
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range n {
		done := f.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: url})
		wg.Go(func() {
			texts := f.within(done)
			mu.Lock()
			defer mu.Unlock()
			for _, text := range texts {
				got[text]++
			}
		})
	}
	f.inLine("jobs", n)
	for i := range n {
		f.send(url, fmt.Sprint(i))
	}
	wg.Wait()
	f.Equal("how many", len(got), n)
}

// TestLongPollingReplica: a message that another replica sent wakes a call.
func TestLongPollingReplica(t *testing.T) {
	database := postgrestest.URL(t)
	one, two := newFixtureAt(t, database), newFixtureAt(t, database)
	url := one.queue("jobs")
	done := one.waiting(t.Context(), &api.ReceiveMessageInput{QueueUrl: url})
	one.inLine("jobs", 1)
	two.send(url, "from afar")
	one.Equal("received", one.within(done), []string{"from afar"})
}
