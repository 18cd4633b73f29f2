package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// maxDocument is how large an XML answer may be. The largest that S3 gives is
// a listing of a thousand keys.
const maxDocument = 16 << 20

// NewRequest makes the unsigned request of a REST operation, in path style,
// to the endpoint at baseURL. A streamed body is handed over as it is, with
// the length that the input's ContentLength says.
func NewRequest(ctx context.Context, op *Operation, in Shape, baseURL string) (*http.Request, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	s, v := in.Describe(), reflect.ValueOf(in).Elem()
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + labels(op, s, v)
	u.RawPath = escapePath(u.Path)
	u.RawQuery = queryString(op, s, v)
	req, err := http.NewRequestWithContext(ctx, op.Method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	forHeaders(s, v, req.Header.Set)
	req.Header.Del("Content-Length") // it is req.ContentLength that counts
	return req, setBody(req, op, s, v, in)
}

// labels is the path of an operation: the bucket and the key.
func labels(op *Operation, s *Struct, v reflect.Value) string {
	var bucket, key string
	for i := range s.Fields {
		if f := &s.Fields[i]; f.In == URI && !v.Field(i).IsNil() {
			if f.Name == "Bucket" {
				bucket = v.Field(i).Elem().String()
			} else {
				key = v.Field(i).Elem().String()
			}
		}
	}
	if op.Path == ObjectPath {
		return bucket + "/" + key
	}
	return bucket
}

// escapePath escapes all but the unreserved characters and the slash, which
// is what a signature is computed over.
func escapePath(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(path) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func queryString(op *Operation, s *Struct, v reflect.Value) string {
	q := url.Values{}
	for _, l := range op.Literals {
		q.Set(l.Name, l.Value)
	}
	for i := range s.Fields {
		f, fv := &s.Fields[i], v.Field(i)
		if f.In != Query || fv.IsNil() {
			continue
		}
		if fv.Kind() == reflect.Pointer {
			fv = fv.Elem()
		}
		q.Set(f.Wire, headerText(f.Type, fv, Query))
	}
	return strings.ReplaceAll(q.Encode(), "+", "%20") // a plus is a plus in a signature
}

// setBody gives the request its body: the stream of the input, or the
// document of its payload.
func setBody(req *http.Request, op *Operation, s *Struct, v reflect.Value, in Shape) error {
	if !op.Streaming {
		body, contentType := appendRESTBody(nil, op.Service.Namespace, s, v, in)
		if contentType == "" {
			return nil
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.ContentLength = int64(len(body))
		if req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", contentType)
		}
		return nil
	}
	req.ContentLength = -1
	for i := range s.Fields {
		switch f, fv := &s.Fields[i], v.Field(i); {
		case fv.IsNil():
		case f.In == Payload:
			req.Body = fv.Interface().(io.ReadCloser)
		case f.Wire == "Content-Length":
			req.ContentLength = fv.Elem().Int()
		}
	}
	if req.Body == nil || req.ContentLength == 0 {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	return nil
}

// RemoteError is a refusal by the other side: what it said and the status it
// said it with. It unwraps to the *aws.Error.
type RemoteError struct {
	Status int
	Err    *aws.Error
}

func (e *RemoteError) Error() string { return fmt.Sprintf("%d %v", e.Status, e.Err) }

// Unwrap returns the *aws.Error.
func (e *RemoteError) Unwrap() error { return e.Err }

// ReadResponse fills the output of a REST operation from a response. A
// streamed body is left unread in out, and is the caller's to close; every
// other one is read and closed, also when the call failed. A refusal is a
// *RemoteError.
func ReadResponse(op *Operation, resp *http.Response, out Shape) error {
	s, v := out.Describe(), reflect.ValueOf(out).Elem()
	if i := s.payload(); resp.StatusCode < 300 && i >= 0 && s.Fields[i].Type.Kind == Stream {
		if err := readHeaders(resp, s, v); err != nil {
			resp.Body.Close()
			return err
		}
		v.Field(i).Set(reflect.ValueOf(resp.Body))
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return err
	}
	if len(body) > maxDocument {
		return fmt.Errorf("the answer to %s is larger than %d bytes", op.Name, maxDocument)
	}
	if resp.StatusCode >= 300 {
		return remoteError(resp, op, body)
	}
	if err := readHeaders(resp, s, v); err != nil {
		return err
	}
	return readBody(resp, op, body, out)
}

func readHeaders(resp *http.Response, s *Struct, v reflect.Value) error {
	r := &Request{HTTP: &http.Request{Header: resp.Header, ContentLength: resp.ContentLength}}
	for i := range s.Fields {
		f, fv := &s.Fields[i], v.Field(i)
		switch f.In {
		case Headers:
			setPrefixed(f, fv, resp.Header)
		case Header:
			text, ok := r.member(f)
			if !ok {
				continue
			}
			if err := setText(f.Type, fv, text); err != nil {
				return fmt.Errorf("header %s: %w", f.Wire, err)
			}
		}
	}
	return nil
}

// readBody reads a document. CopyObject and CompleteMultipartUpload may fail
// after they have sent 200; then the document is an Error.
func readBody(resp *http.Response, op *Operation, body []byte, out Shape) error {
	s, v := out.Describe(), reflect.ValueOf(out).Elem()
	i := s.payload()
	switch {
	case len(bytes.TrimSpace(body)) == 0, i < 0 && s.Root == "":
		return nil
	case i >= 0 && s.Fields[i].Type.Kind == String:
		return setText(s.Fields[i].Type, v.Field(i), string(body))
	}
	d := newXMLDecoder(body)
	switch {
	case d.err != nil:
		return d.err
	case d.start.Name.Local == "Error":
		return remoteError(resp, op, body)
	case i >= 0:
		return decodeDocument(d, s.Fields[i].Type, v.Field(i))
	}
	return Decode(d, out)
}

// remoteError reads a refusal. Where there is no document, as in the answer
// to a HEAD, the status has to say it all.
func remoteError(resp *http.Response, op *Operation, body []byte) error {
	e := &aws.Error{}
	d := newXMLDecoder(body)
	for d.err == nil && d.element() {
		name := d.start.Name.Local
		text := d.chars()
		switch name {
		case "Code":
			e.Code = text
		case "Message":
			e.Message = text
		default:
			e.Fields = append(e.Fields, aws.Field{Name: name, Value: text})
		}
	}
	if e.Code == "" {
		e = &aws.Error{Code: codeOf(resp.StatusCode, op.Path), Message: http.StatusText(resp.StatusCode)}
	}
	return &RemoteError{Status: resp.StatusCode, Err: e}
}

// codeOf is the code that a bare status stands for.
func codeOf(status int, path Path) string {
	switch status {
	case http.StatusNotModified:
		return "NotModified"
	case http.StatusForbidden:
		return "AccessDenied"
	case http.StatusNotFound:
		if path == ObjectPath {
			return "NoSuchKey"
		}
		return "NoSuchBucket"
	case http.StatusMethodNotAllowed:
		return "MethodNotAllowed"
	case http.StatusPreconditionFailed:
		return "PreconditionFailed"
	case http.StatusRequestedRangeNotSatisfiable:
		return "InvalidRange"
	case http.StatusServiceUnavailable:
		return "ServiceUnavailable"
	}
	if status >= http.StatusInternalServerError {
		return "InternalError"
	}
	return "InvalidRequest"
}
