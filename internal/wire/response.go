package wire

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// buffers are lent to answers while they are written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keepBuffer is the capacity beyond which a buffer is not kept: one large
// listing must not stay in memory for ever.
const keepBuffer = 1 << 16

// lend calls fn with an empty buffer and takes the buffer back, grown or not.
func lend(fn func(buf []byte) []byte) {
	p := buffers.Get().(*[]byte)
	if b := fn((*p)[:0]); cap(b) <= keepBuffer {
		*p = b
	}
	buffers.Put(p)
}

// EncodeResponse answers with the output of an operation. An error means that
// the answer broke off after its header was sent: the connection is to be
// closed, so that the client does not take a part for the whole.
func EncodeResponse(w http.ResponseWriter, op *Operation, out Shape, requestID string) (err error) {
	if op.Service.Protocol == RESTXML {
		return encodeREST(w, op, out, requestID)
	}
	w.Header()["X-Amzn-Requestid"] = []string{requestID}
	lend(func(buf []byte) []byte {
		if op.Service.Protocol == AWSJSON {
			buf = appendJSONResponse(buf, op, out)
			w.Header()["Content-Type"] = op.Service.contentType
		} else {
			buf = appendQueryResponse(buf, op, out, requestID)
			w.Header()["Content-Type"] = textXML
		}
		err = send(w, http.StatusOK, buf)
		return buf
	})
	return err
}

var textXML = []string{"text/xml"}

// send writes the status and a whole body.
func send(w http.ResponseWriter, status int, body []byte) error {
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if len(body) == 0 {
		return nil
	}
	_, err := w.Write(body)
	return err
}

func appendJSONResponse(buf []byte, op *Operation, out Shape) []byte {
	if op.Void {
		return buf
	}
	e := JSONEncoder{buf}
	Encode(&e, out)
	return e.buf
}

func appendQueryResponse(buf []byte, op *Operation, out Shape, requestID string) []byte {
	e := xmlEncoder{buf: buf, times: isoSeconds}
	e.next, e.space = op.Name+"Response", op.Service.Namespace
	e.start()
	if op.ResultWrapper != "" {
		e.next = op.ResultWrapper
		Encode(&e, out)
	}
	e.next = "ResponseMetadata"
	e.start()
	e.next = "RequestId"
	e.text(requestID)
	e.end("ResponseMetadata")
	e.end(op.Name + "Response")
	return e.buf
}

// EncodeError answers with a refusal by a service. resource is the path that
// S3 prints. A request that belongs to no service (s is nil) is answered as
// S3 would.
func EncodeError(w http.ResponseWriter, s *Service, e *aws.Error, requestID, resource string) {
	if s == nil {
		s = &Service{Protocol: RESTXML}
	}
	code, status := s.Code(e.Code), s.Status(e.Code)
	h := w.Header()
	switch s.Protocol {
	case AWSJSON:
		h["X-Amzn-Requestid"] = []string{requestID}
		h["Content-Type"] = s.contentType
		if s.Legacy != nil {
			h["X-Amzn-Query-Error"] = []string{s.queryCode(code) + ";" + fault(status)}
			code = s.qualified(code)
		}
		send(w, status, appendJSONError(nil, code, e))
	case AWSQuery:
		h["X-Amzn-Requestid"] = []string{requestID}
		h["Content-Type"] = textXML
		send(w, status, s.appendQueryError(nil, code, status, e, requestID))
	default:
		encodeRESTError(w, code, status, e, requestID, resource)
	}
}

func appendJSONError(buf []byte, code string, e *aws.Error) []byte {
	buf = append(buf, `{"__type":`...)
	buf = AppendJSONString(buf, code)
	buf = append(buf, `,"Message":`...)
	buf = AppendJSONString(buf, e.Message)
	for _, f := range e.Fields {
		buf = append(buf, ',')
		buf = append(AppendJSONString(buf, f.Name), ':')
		if shape, ok := f.Shape.(Shape); ok {
			e := JSONEncoder{buf}
			Encode(&e, shape)
			buf = e.buf
		} else {
			buf = AppendJSONString(buf, f.Value)
		}
	}
	return append(buf, '}')
}

func (s *Service) appendQueryError(buf []byte, code string, status int, e *aws.Error, requestID string) []byte {
	x := xmlEncoder{buf: buf, next: "ErrorResponse", space: s.Namespace}
	x.start()
	x.next = "Error"
	x.start()
	x.element("Type", fault(status))
	x.element("Code", code)
	x.element("Message", e.Message)
	for _, f := range e.Fields {
		x.element(f.Name, f.Value)
	}
	x.end("Error")
	x.element("RequestId", requestID)
	x.end("ErrorResponse")
	return x.buf
}

// fault is whose fault a status is, in the words of the query protocol.
func fault(status int) string {
	if status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// element writes one element with text in it.
func (e *xmlEncoder) element(name, text string) {
	e.next = name
	e.text(text)
}
