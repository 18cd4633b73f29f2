package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// devHandlers are the endpoints of development. Each answers when what it
// asked for has been done. They know their callers by nothing, so that pages
// of other sites, which a browser lets send a POST to anywhere, are kept out.
func (s *Server) devHandlers(mux *http.ServeMux) {
	sites := http.NewCrossOriginProtection()
	handle := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, sites.Handler(h)) }
	handle("POST /_orgtrail/dev/reset", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.reset(r.Context()))
	})
	handle("POST /_orgtrail/dev/flush", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.flush(r.Context()))
	})
	handle("POST /_orgtrail/dev/clock", func(w http.ResponseWriter, r *http.Request) {
		d, err := advanceOf(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.clock.advance(d)
		answer(w, s.runDue(r.Context()))
	})
}

// advanceOf reads {"advance": "1h"}. Time does not go backwards.
func advanceOf(body io.Reader) (time.Duration, error) {
	var in struct{ Advance string }
	if err := json.NewDecoder(io.LimitReader(body, 1<<10)).Decode(&in); err != nil {
		return 0, errors.New(`the body must be {"advance": "<duration>"}`)
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d < 0 {
		return 0, errors.New("advance must be a duration that is not negative, as 1h")
	}
	return d, nil
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, "{}\n")
}

// admit makes a root of an access key that nobody has: of the account that
// the key names with twelve digits, created on sight, or of the first one. A
// key that was deactivated is somebody's still.
func (s *Server) admit(ctx context.Context, accessKeyID string) (_ aws.Principal, ok bool, err error) {
	if s.iam.AccessKeyExists(s.store.View(), accessKeyID) {
		return aws.Principal{}, false, nil
	}
	account := devAccount
	if aws.IsAccountID(accessKeyID) {
		account = accessKeyID
	}
	if !s.iam.AccountExists(s.store.View(), account) {
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			if s.iam.AccountExists(tx, account) {
				return nil
			}
			return s.iam.AddAccount(tx, s.clock.now(), account, account, "root@"+account+".example")
		})
		if err != nil {
			return aws.Principal{}, false, err
		}
	}
	return aws.Principal{
		Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account, AccessKeyID: accessKeyID,
	}, true, nil
}

// reset empties everything: the objects of every bucket, the control plane,
// the journal and what is under delivery. With no past left the clock goes
// back to the machine's: clients ask what lies before their own time. The
// first account and its user are made anew.
func (s *Server) reset(ctx context.Context) error {
	if err := s.s3.Empty(ctx, s.store.View()); err != nil {
		return err
	}
	if err := s.store.Reset(ctx); err != nil {
		return err
	}
	s.clock.reset()
	s.delivery.Reset()
	s.signer.Reset()
	s.relay.Reset()
	return s.bootstrap(ctx)
}
