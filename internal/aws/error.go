package aws

import (
	"errors"
	"fmt"
)

// Error is a refusal in AWS's terms: the code a client switches on and the
// sentence a person reads. It does not know its HTTP status or its place in
// a body: each service's generated table and each protocol's codec do.
type Error struct {
	Code    string
	Message string
	// Fields are further members of the error on the wire, in order
	// (Reason of Organizations, Region and BucketName of S3).
	Fields []Field
}

// Field is one further member of an Error: a text, or a structure of the
// service's shapes, which the JSON protocol alone can carry.
type Field struct {
	Name, Value string
	Shape       any
}

// Errorf returns an Error with a formatted message.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of e that carries one further member.
func (e *Error) With(name, value string) *Error {
	return e.with(Field{Name: name, Value: value})
}

// WithShape returns a copy of e that carries one further member, a structure.
func (e *Error) WithShape(name string, shape any) *Error {
	return e.with(Field{Name: name, Shape: shape})
}

func (e *Error) with(f Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), f)
	return &c
}

// Field returns the further member of that name, or "".
func (e *Error) Field(name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// CodeOf returns the AWS code of err, or "" when it carries none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// AccessDenied is the code that services refuse with when no policy allows
// the call. JSON protocols print it as AccessDeniedException.
const AccessDenied = "AccessDenied"

// InternalFailure is the code of a failure that is ours and not the caller's.
const InternalFailure = "InternalFailure"
