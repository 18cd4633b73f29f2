package wire

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Request is one call as it arrived.
type Request struct {
	HTTP *http.Request
	// Bucket and Key are the labels of an S3 request.
	Bucket, Key string
	// Body is the whole body. It is nil for an operation that streams: there
	// HTTP.Body is the content, as long as HTTP.ContentLength says (-1 when
	// nobody knows).
	Body []byte

	form  form // of a query call, once parsed
	query url.Values
}

// Labels takes the bucket and the key from the path, or the key alone when
// the bucket stood in the host.
func (r *Request) Labels(hostBucket string) {
	path := strings.TrimPrefix(r.HTTP.URL.Path, "/")
	if hostBucket != "" {
		r.Bucket, r.Key = hostBucket, path
		return
	}
	r.Bucket, r.Key, _ = strings.Cut(path, "/")
}

// action returns the operation and the API version that a query call names,
// in its body or, for a GET, in its URL.
func (r *Request) action() (name, version string) {
	f, err := r.params()
	if err != nil {
		return "", ""
	}
	return f.get("Action"), f.get("Version")
}

// params parses the parameters of a query call, once.
func (r *Request) params() (form, error) {
	if r.form != nil {
		return r.form, nil
	}
	text := r.HTTP.URL.RawQuery
	if len(r.Body) > 0 {
		text = string(r.Body)
	}
	f, err := parseForm(text)
	r.form = f
	return f, err
}

// urlQuery parses the query of the URL, once. Parts that cannot be parsed are
// as good as absent.
func (r *Request) urlQuery() url.Values {
	if r.query == nil {
		r.query = r.HTTP.URL.Query()
	}
	return r.query
}

// HasTarget reports whether an X-Amz-Target is one of this service.
func (s *Service) HasTarget(target string) bool {
	_, ok := s.targetOperation(target)
	return ok
}

func (s *Service) targetOperation(target string) (string, bool) {
	for _, prefix := range s.TargetPrefixes {
		rest, ours := strings.CutPrefix(target, prefix)
		if op, ok := strings.CutPrefix(rest, "."); ours && ok && !strings.Contains(op, ".") {
			return op, true
		}
	}
	return "", false
}

// Over returns the service as it is reached by a protocol, nil when it is not.
func (s *Service) Over(p Protocol) *Service {
	switch {
	case s.Protocol == p:
		return s
	case s.Query != nil && p == AWSQuery:
		return s.Query
	}
	return nil
}

// Identify names the operation of a request. The error, an *aws.Error, says
// what was asked for and whether it is unknown or merely not served.
func (s *Service) Identify(r *Request) (*Operation, error) {
	switch s.Protocol {
	case AWSJSON:
		return s.identifyJSON(r.HTTP.Header.Get("X-Amz-Target"))
	case AWSQuery:
		return s.identifyQuery(r)
	default:
		return s.identifyREST(r)
	}
}

func (s *Service) identifyJSON(target string) (*Operation, error) {
	name, ok := s.targetOperation(target)
	if !ok {
		return nil, aws.Errorf("UnknownOperationException", "The target %q is not one of %s.", target, s.Title)
	}
	if op := s.byName[name]; op != nil {
		return op, nil
	}
	if s.unserved[name] {
		return nil, aws.Errorf("UnknownOperationException", "The operation %s of %s is not served here.", name, s.Title)
	}
	return nil, aws.Errorf("UnknownOperationException", "%s has no operation %s.", s.Title, name)
}

func (s *Service) identifyQuery(r *Request) (*Operation, error) {
	if _, err := r.params(); err != nil {
		return nil, err
	}
	name, version := r.action()
	switch op := s.byName[name]; {
	case name == "":
		return nil, aws.Errorf("MissingAction", "The request must contain the parameter Action")
	case version != "" && version != s.Version:
		return nil, aws.Errorf("InvalidAction", "Could not find operation %s for version %s", name, version)
	case op != nil:
		return op, nil
	case s.unserved[name]:
		return nil, aws.Errorf("InvalidAction", "The operation %s of %s is not served here", name, s.Title)
	}
	return nil, aws.Errorf("InvalidAction", "Could not find operation %s for version %s", name, s.Version)
}

func (s *Service) identifyREST(r *Request) (*Operation, error) {
	path := ObjectPath
	switch {
	case r.Bucket == "" && r.Key != "":
		return nil, aws.Errorf("InvalidBucketName", "The specified bucket is not valid.").With("BucketName", "")
	case r.Bucket == "":
		path = ServicePath
	case r.Key == "":
		path = BucketPath
	}
	op := s.routes.find(r.HTTP.Method, path, r.urlQuery(), r.HTTP.Header)
	switch {
	case op == nil:
		return nil, aws.Errorf("MethodNotAllowed", "The specified method is not allowed against this resource.").
			With("Method", r.HTTP.Method)
	case s.unserved[op.Name]:
		return nil, aws.Errorf("NotImplemented", "A header you provided implies functionality that is not implemented: %s", op.Name).
			With("Header", op.Name)
	}
	return op, nil
}

// DecodeRequest fills the input of an operation. The error is an *aws.Error
// with the protocol's code for a request that cannot be read. What the model
// demands of the values is the business of Check.
func DecodeRequest(op *Operation, r *Request) (Shape, error) {
	in := op.NewInput()
	var err error
	switch op.Service.Protocol {
	case AWSJSON:
		err = Decode(NewJSONDecoder(r.Body), in)
	case AWSQuery:
		var f form
		if f, err = r.params(); err == nil {
			err = Decode(&formDecoder{form: op.Service.withPath(f, r.HTTP.URL.Path)}, in)
		}
	default:
		err = decodeREST(r, in)
	}
	if err != nil {
		return nil, err
	}
	return in, nil
}

// withPath adds the member that the path of a query call stands for.
func (s *Service) withPath(f form, path string) form {
	if s.Legacy == nil || path == "/" || path == "" || f.has(s.Legacy.Path) {
		return f
	}
	return slices.Insert(slices.Clone(f), f.at(s.Legacy.Path), pair{s.Legacy.Path, path})
}

// Check holds an input against the rules of the model and answers, in the
// service's own way, with every one that is broken. The error is an
// *aws.Error.
func Check(op *Operation, in Shape) error {
	if vs := Validate(in); len(vs) > 0 {
		return op.Service.Invalid(vs)
	}
	return nil
}
