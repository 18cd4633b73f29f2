package gateway

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// The largest bodies that are read into memory: a service's input, one that
// carries what others wrote (a mebibyte of messages or of log events, which
// the escapes of JSON and of forms make longer), and a document of S3
// (DeleteObjects names a thousand keys).
const (
	maxInput    = 1 << 20
	maxPayload  = 8 << 20
	maxDocument = 4 << 20
)

// inputLimit is how large the body of a service's call may be.
func inputLimit(s *wire.Service) int64 {
	switch s.ID {
	case "sqs", "logs":
		return maxPayload
	}
	return maxInput
}

// identify finds the service and the operation that a request is for. The
// service comes from the signature's scope, else from X-Amz-Target, else from
// the form of a query call; anything else unsigned is S3.
func (x *exchange) identify() error {
	sig, sigErr := sigv4.Parse(x.req.HTTP)
	x.sig = sig
	if err := x.chooseService(); err != nil {
		return err
	}
	if sigErr != nil {
		return sigv4.Refusal(sigErr, x.family())
	}
	if x.api().Protocol == wire.RESTXML {
		x.req.Labels(hostBucket(x.req.HTTP.Host))
	} else if err := x.readInput(); err != nil {
		return err
	}
	x.chooseUnsigned()
	op, err := x.api().Identify(&x.req)
	if err != nil {
		return err
	}
	x.Operation = op
	return nil
}

func (x *exchange) chooseService() error {
	r := x.req.HTTP
	target := r.Header.Get("X-Amz-Target")
	scope := ""
	if x.sig != nil {
		scope = x.sig.Service
	}
	for _, s := range x.g.Services {
		if scope != "" && s.API.SigningName == scope || scope == "" && target != "" && s.API.HasTarget(target) {
			x.service = s
			if target == "" && s.API.Query != nil {
				x.service = s.over(wire.AWSQuery)
			}
			return nil
		}
	}
	// Nobody here is meant. Any service of the protocol words the refusal.
	isForm := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	switch {
	case target != "":
		x.service = x.g.speaking(wire.AWSJSON)
	case r.Method == http.MethodPost && isForm, scope == "" && r.URL.Path == "/" && r.URL.Query().Has("Action"):
		x.service = x.g.speaking(wire.AWSQuery)
	default:
		x.service = x.g.speaking(wire.RESTXML)
	}
	switch {
	case scope != "":
		return aws.Errorf("UnknownOperationException", "The service %s is not served here.", scope)
	case target != "":
		return aws.Errorf("UnknownOperationException", "The operation %s is not served here.", target)
	}
	return nil // without a signature: S3, or a query call that is refused for lacking one
}

// chooseUnsigned finds the service of a query call without a signature by its
// form.
func (x *exchange) chooseUnsigned() {
	if x.sig != nil || x.api().Protocol != wire.AWSQuery {
		return
	}
	for _, service := range x.g.Services {
		if query := service.over(wire.AWSQuery); query != nil && query.API.Serves(&x.req) {
			x.service = query
			return
		}
	}
}

// over returns the service as it is reached by a protocol, nil when it is
// not.
func (s *Service) over(p wire.Protocol) *Service {
	switch api := s.API.Over(p); api {
	case nil:
		return nil
	case s.API:
		return s
	default:
		return &Service{API: api, Handlers: s.Handlers, Access: s.Access}
	}
}

// speaking returns a service of a protocol.
func (g *Gateway) speaking(p wire.Protocol) *Service {
	i := slices.IndexFunc(g.Services, func(s *Service) bool { return s.API.Protocol == p })
	return g.Services[i]
}

// readInput reads the body of a service's call.
func (x *exchange) readInput() error {
	body, err := readAll(x.req.HTTP.Body, inputLimit(x.api()))
	x.req.Body = body
	return err
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		if isRefusal(err) {
			return nil, err
		}
		return nil, aws.Errorf("IncompleteBody", "The request body terminated unexpectedly")
	}
	if int64(len(body)) > limit {
		return nil, aws.Errorf("RequestEntityTooLarge", "The request body is larger than %d bytes.", limit)
	}
	return body, nil
}

// family is how the chosen service's protocol words a failed signature.
func (x *exchange) family() sigv4.Family {
	switch x.api().Protocol {
	case wire.AWSJSON:
		return sigv4.JSON
	case wire.AWSQuery:
		return sigv4.Query
	}
	return sigv4.S3
}

// hostBucket is the bucket that a virtual-hosted request names in its host:
// bucket.s3.us-east-2.amazonaws.com, bucket.s3.localhost, bucket.localhost.
func hostBucket(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(host) != nil {
		return ""
	}
	for _, mark := range []string{".s3.", ".s3-"} {
		if i := strings.LastIndex(host, mark); i > 0 {
			return host[:i]
		}
	}
	bucket, isLocal := strings.CutSuffix(host, ".localhost")
	if isLocal && bucket != "s3" && !strings.HasPrefix(bucket, "s3.") {
		return bucket
	}
	return ""
}
