package wire

import (
	"encoding/base64"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// decodeREST fills an input from the labels, the query, the headers and the
// body of a request.
func decodeREST(r *Request, in Shape) error {
	s, v := in.Describe(), reflect.ValueOf(in).Elem()
	for i := range s.Fields {
		f, fv := &s.Fields[i], v.Field(i)
		if f.In == Payload {
			if err := decodePayload(r, f, fv); err != nil {
				return err
			}
			continue
		}
		if f.In == Headers {
			setPrefixed(f, fv, r.HTTP.Header)
			continue
		}
		text, ok := r.member(f)
		if !ok {
			continue
		}
		if err := setText(f.Type, fv, text); err != nil {
			return aws.Errorf("InvalidArgument", "Provided %s is not valid: %q", f.Wire, text).
				With("ArgumentName", f.Wire).With("ArgumentValue", text)
		}
	}
	return nil
}

// member returns the text of a member that travels outside the body. An empty
// header is no header, and an empty parameter is no number.
func (r *Request) member(f *Field) (string, bool) {
	switch f.In {
	case URI:
		if f.Name == "Bucket" {
			return r.Bucket, true
		}
		return r.Key, true
	case Query:
		q := r.urlQuery()
		text := q.Get(f.Wire)
		return text, q.Has(f.Wire) && (text != "" || f.Type.Kind == String)
	case Header:
		text := r.header(f.Wire)
		return text, text != ""
	}
	return "", false
}

// header returns a header as the client meant it: the length and the encoding
// of the content, and not of the chunks that it was sent in.
func (r *Request) header(name string) string {
	text := strings.Join(r.HTTP.Header.Values(name), ",")
	switch name {
	case "Content-Length":
		if n := r.HTTP.ContentLength; n >= 0 {
			return strconv.FormatInt(n, 10)
		}
		return ""
	case "Content-Encoding":
		var kept []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
				kept = append(kept, part)
			}
		}
		return strings.Join(kept, ",")
	}
	return text
}

// setPrefixed fills a map from every header with the field's prefix. Names
// are in lower case, as S3 keeps them.
func setPrefixed(f *Field, v reflect.Value, h http.Header) {
	m := map[string]string{}
	for name, values := range h {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), f.Wire); ok {
			m[rest] = strings.Join(values, ",")
		}
	}
	if len(m) > 0 {
		v.Set(reflect.ValueOf(m))
	}
}

func decodePayload(r *Request, f *Field, v reflect.Value) error {
	switch {
	case f.Type.Kind == Stream:
		if r.HTTP.Body != nil {
			v.Set(reflect.ValueOf(r.HTTP.Body))
		}
	case len(r.Body) == 0:
	case f.Type.Kind == Structure:
		d := newXMLDecoder(r.Body)
		if d.start.Name.Local != f.Wire {
			d.fail()
		}
		return decodeDocument(d, f.Type, v)
	case f.Type.Kind == Blob:
		v.SetBytes(r.Body)
	default:
		if !utf8.Valid(r.Body) {
			return aws.Errorf("InvalidRequest", "The request body is not UTF-8.")
		}
		return setText(f.Type, v, string(r.Body))
	}
	return nil
}

// decodeDocument fills a structure from the document whose root the decoder
// stands at.
func decodeDocument(d *xmlDecoder, t *Type, v reflect.Value) error {
	if d.err == nil {
		decodeMember(d, t, v)
	}
	return d.Err()
}

// encodeREST answers with an output: its headers, then its payload or the
// document of its other members.
func encodeREST(w http.ResponseWriter, op *Operation, out Shape, requestID string) (err error) {
	s, v := out.Describe(), reflect.ValueOf(out).Elem()
	status := op.Status
	if status == 0 {
		status = http.StatusOK
	}
	h := w.Header()
	setIDs(h, requestID)
	forHeaders(s, v, func(name, text string) {
		h[name] = []string{text}
		if name == "Content-Range" {
			status = http.StatusPartialContent
		}
	})
	if i := s.payload(); i >= 0 && s.Fields[i].Type.Kind == Stream {
		if h["Content-Type"] == nil {
			h["Content-Type"] = []string{"binary/octet-stream"} // net/http would guess
		}
		return stream(w, status, v.Field(i))
	}
	lend(func(buf []byte) []byte {
		var contentType string
		if buf, contentType = appendRESTBody(buf, op.Service.Namespace, s, v, out); contentType != "" {
			h["Content-Type"] = []string{contentType}
			err = send(w, status, buf)
		} else {
			w.WriteHeader(status)
		}
		return buf
	})
	return err
}

func setIDs(h http.Header, requestID string) {
	h["x-amz-request-id"] = []string{requestID}
	h["x-amz-id-2"] = []string{HostID(requestID)}
}

// HostID is the second half of S3's request id, which means something to its
// operators alone.
func HostID(requestID string) string {
	return base64.StdEncoding.EncodeToString([]byte(requestID))
}

// forHeaders calls fn with each member that is a header. Names are as the
// model spells them, metadata keys as they were stored: in an answer they go
// out like that, because clients keep the letters as they come.
func forHeaders(s *Struct, v reflect.Value, fn func(name, text string)) {
	for i := range s.Fields {
		f, fv := &s.Fields[i], v.Field(i)
		switch {
		case fv.IsNil():
		case f.In == Header:
			if fv.Kind() == reflect.Pointer {
				fv = fv.Elem()
			}
			fn(f.Wire, headerText(f.Type, fv, Header))
		case f.In == Headers:
			for k, text := range fv.Interface().(map[string]string) {
				fn(f.Wire+k, text)
			}
		}
	}
}

// stream writes a body as it comes, and closes it.
func stream(w http.ResponseWriter, status int, v reflect.Value) error {
	w.WriteHeader(status)
	if v.IsNil() {
		return nil
	}
	body := v.Interface().(io.ReadCloser)
	defer body.Close()
	_, err := io.Copy(w, body)
	return err
}

// appendRESTBody appends the body of a message and names its type, "" when
// it has none.
func appendRESTBody(buf []byte, space string, s *Struct, v reflect.Value, whole Shape) ([]byte, string) {
	root, content := s.Root, whole
	if i := s.payload(); i >= 0 {
		p, pv := &s.Fields[i], v.Field(i)
		switch {
		case pv.IsNil():
			return buf, ""
		case p.Type.Kind == String:
			return append(buf, pv.Elem().String()...), "application/json" // S3 has one such: bucket policies
		case p.Type.Kind == Blob:
			return append(buf, pv.Bytes()...), "application/octet-stream"
		}
		root, content = p.Wire, pv.Interface().(Shape)
	}
	if root == "" {
		return buf, ""
	}
	e := xmlEncoder{buf: append(buf, xmlDeclaration...), times: isoMillis, next: root, space: space}
	Encode(&e, content)
	return e.buf, "application/xml"
}

// encodeRESTError answers with S3's document. A message is never empty: there
// are clients that an empty one crashes.
func encodeRESTError(w http.ResponseWriter, code string, status int, e *aws.Error, requestID, resource string) {
	h := w.Header()
	setIDs(h, requestID)
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	h["Content-Type"] = []string{"application/xml"}
	x := xmlEncoder{buf: []byte(xmlDeclaration), next: "Error"}
	x.start()
	x.element("Code", code)
	message := e.Message
	if message == "" {
		message = code
	}
	x.element("Message", message)
	for _, f := range e.Fields {
		x.element(f.Name, f.Value)
	}
	if resource != "" {
		x.element("Resource", resource)
	}
	x.element("RequestId", requestID)
	x.element("HostId", HostID(requestID))
	x.end("Error")
	send(w, status, x.buf)
}
