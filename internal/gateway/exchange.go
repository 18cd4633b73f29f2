package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// exchange is one request and what has become known of it.
type exchange struct {
	call.Call
	g       *Gateway
	w       http.ResponseWriter
	req     wire.Request
	service *Service
	sig     *sigv4.Signature
	in      wire.Shape
	began   time.Time
}

// open begins an exchange.
func (g *Gateway) open(w http.ResponseWriter, r *http.Request) *exchange {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	x := &exchange{g: g, w: w, req: wire.Request{HTTP: own(w, r)}, began: time.Now()}
	x.Call = call.Call{
		Ctx: r.Context(), SourceIP: ip, UserAgent: r.UserAgent(), Host: r.Host,
		Region: g.Region, Time: g.Now(), RequestID: aws.UUID(), State: g.Store.View(),
	}
	if r.TLS != nil {
		x.TLS = &call.TLS{
			Version:     strings.Replace(tls.VersionName(r.TLS.Version), "TLS ", "TLSv", 1),
			CipherSuite: tls.CipherSuiteName(r.TLS.CipherSuite),
		}
	}
	return x
}

// own returns a request of our own to change. By the one that net/http gave
// us it tells whether a body was left unread; were its body another one, the
// rest would be taken for the next request.
func own(w http.ResponseWriter, r *http.Request) *http.Request {
	o := new(*r)
	if o.Body != http.NoBody {
		o.Body = patient(w, o.Body, patience)
	}
	return o
}

// decode reads the input and checks what its model demands of it.
func (x *exchange) decode() error {
	in, err := wire.DecodeRequest(x.Operation, &x.req)
	if err != nil {
		return err
	}
	x.in = in
	return wire.Check(x.Operation, in)
}

// reply encodes the answer: the output, or the error in the protocol's terms.
func (x *exchange) reply(out wire.Shape, err error) {
	code := ""
	if err != nil {
		e := refusal(err)
		code = e.Code
		if !isRefusal(err) && !errors.Is(err, context.Canceled) {
			x.g.Log.Error("call failed", "request", x.RequestID, "operation", x.operationName(), "error", err)
		}
		wire.EncodeError(x.w, x.api(), e, x.RequestID, x.req.HTTP.URL.Path)
	} else if e := wire.EncodeResponse(x.w, x.Operation, out, x.RequestID); e != nil {
		// The header has left; a connection cut short is the one way to tell
		// the client that the rest is missing.
		panic(http.ErrAbortHandler)
	}
	if x.g.Observe != nil && x.Operation != nil {
		x.g.Observe(x.Operation, code, time.Since(x.began))
	}
}

// recover keeps a fault of ours from taking the server down. The call
// answers 500; what it was writing is not committed.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	x.g.Log.Error("panic", "request", x.RequestID, "operation", x.operationName(), "panic", v, "stack", string(debug.Stack()))
	wire.EncodeError(x.w, x.api(), refusal(errors.New("panic")), x.RequestID, x.req.HTTP.URL.Path)
}

func (x *exchange) api() *wire.Service {
	if x.service == nil {
		return nil
	}
	return x.service.API
}

func (x *exchange) operationName() string {
	if x.Operation == nil {
		return ""
	}
	return x.Operation.Service.ID + ":" + x.Operation.Name
}

// refusal is err as the client may see it: itself when it is an answer in
// AWS's terms, and otherwise a failure of ours that tells nothing.
func refusal(err error) *aws.Error {
	if err == nil {
		return nil
	}
	var e *aws.Error
	if errors.As(err, &e) {
		return e
	}
	return aws.Errorf(aws.InternalFailure, "The request processing has failed because of an unknown error, exception or failure.")
}

func isRefusal(err error) bool {
	var e *aws.Error
	return errors.As(err, &e)
}

func unavailable(cause error) error {
	return aws.Errorf("ServiceUnavailable", "The request has failed due to a temporary failure of the server: %v.", cause)
}

// closeStream gives up an output whose body will not be sent.
func closeStream(out wire.Shape) {
	if out == nil {
		return
	}
	v := reflect.ValueOf(out).Elem()
	for i, f := range out.Describe().Fields {
		if f.Type.Kind == wire.Stream {
			if c, ok := v.Field(i).Interface().(io.Closer); ok {
				c.Close()
			}
		}
	}
}
