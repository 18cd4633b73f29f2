package wire

import (
	"github.com/orgtrail/orgtrail/internal/aws"
)

// Protocol is how a service's calls travel.
type Protocol uint8

// The protocols served.
const (
	AWSJSON  Protocol = iota // X-Amz-Target and a JSON body, version 1.0 or 1.1
	AWSQuery                 // Action and a form, answered in XML
	RESTXML                  // method, path, query and headers; S3 alone
)

// Service describes one service. NewService makes it whole.
type Service struct {
	ID             string // cloudtrail
	Title          string // AWS CloudTrail
	SigningName    string // in the scope of a signature
	EventSource    string // cloudtrail.amazonaws.com
	Protocol       Protocol
	JSONVersion    string   // 1.0 or 1.1
	TargetPrefixes []string // what X-Amz-Target may say before the operation, without the dot
	Version        string   // of the API, 2013-11-01
	Namespace      string   // of XML answers
	// Legacy is set for a JSON service that also serves the clients of its
	// time before JSON, and Query is then the service as those know it.
	Legacy *Legacy
	Query  *Service
	// Global services are called and recorded in us-east-1 alone.
	Global     bool
	Operations []*Operation
	// Unserved are the operations of the service's API that are not served:
	// name and route, so that a refusal can tell them from unknown ones.
	Unserved []*Operation
	// Errors are the failures that the model names, by code.
	Errors map[string]Exception
	// Denied is the code of a refusal for want of a permission, where it is
	// neither AccessDenied nor its protocol's.
	Denied string
	// Invalid makes the answer to an input that breaks the model's rules.
	Invalid func([]Violation) *aws.Error

	byName      map[string]*Operation
	unserved    map[string]bool
	routes      *router
	contentType []string // of JSON answers
}

// Exception is a failure that a model names.
type Exception struct {
	Status int
	// Shape is the model's name of it, as records print it, where that
	// differs from the code (NoSuchEntityException for NoSuchEntity).
	Shape string
	// Query is the code that the clients of a Legacy know, where it differs.
	Query string
}

// Legacy is how a service that speaks JSON is called by the query protocol,
// which it spoke before.
type Legacy struct {
	Namespace string // of XML answers
	// Path is the member of inputs that the path of the request stands for
	// when the form does not have it.
	Path string
}

// Operation describes one operation.
type Operation struct {
	Service *Service
	Name    string
	// EventName is the operation's name in a record.
	EventName string
	// ReadOnly is what a record says of it.
	ReadOnly bool
	// Writes says that it changes the control plane and so runs in a
	// transaction.
	Writes bool
	// Unsigned says that its calls bear no signature: what they carry says
	// who calls.
	Unsigned bool
	// MayBeUnsigned says that its calls need no signature because what they
	// carry is enough, but that one tells who calls.
	MayBeUnsigned bool
	// DataType is the resource type of a data event (AWS::S3::Object), ""
	// for a management event.
	DataType string

	Input, Output       *Struct
	NewInput, NewOutput func() Shape
	// Void says that the model gives it no output at all.
	Void bool
	// ResultWrapper is the element around the output of a query operation.
	ResultWrapper string

	// REST only.
	Method string
	Path   Path
	// Literals are the query parameters that name the sub-resource (acl,
	// list-type=2).
	Literals []Param
	// RequiredQuery and RequiredHeaders tell operations of one route apart.
	RequiredQuery, RequiredHeaders []string
	// Status of the answer; 0 is 200.
	Status int
	// Streaming says that the body of the request is not read into memory:
	// it is the input's io.ReadCloser.
	Streaming bool
}

// Path is which labels a REST operation's path carries.
type Path uint8

// The three kinds of paths of S3.
const (
	ServicePath Path = iota // /
	BucketPath              // /{Bucket}
	ObjectPath              // /{Bucket}/{Key+}
)

// Param is a query parameter; Value is "" where its presence alone counts.
type Param struct{ Name, Value string }

// NewService completes s: its tables, its operations' way back to it, and
// the hooks that its protocol gives where it has none of its own.
func NewService(s *Service) *Service {
	s.byName = make(map[string]*Operation, len(s.Operations))
	s.unserved = make(map[string]bool, len(s.Unserved))
	for _, op := range s.Operations {
		op.Service = s
		if op.EventName == "" {
			op.EventName = op.Name
		}
		s.byName[op.Name] = op
	}
	for _, op := range s.Unserved {
		op.Service = s
		s.unserved[op.Name] = true
	}
	s.contentType = []string{"application/x-amz-json-" + s.JSONVersion}
	if s.Protocol == RESTXML {
		s.routes = newRouter(s)
	}
	if s.Invalid == nil {
		s.Invalid = invalidHooks[s.Protocol]
	}
	if s.Legacy != nil && s.Protocol == AWSJSON {
		s.Query = s.overQuery()
	}
	return s
}

// overQuery returns the service as the clients of the query protocol know it:
// the same operations on the same shapes, in forms and XML.
func (s *Service) overQuery() *Service {
	q := &Service{
		ID: s.ID, Title: s.Title, SigningName: s.SigningName, EventSource: s.EventSource,
		Protocol: AWSQuery, Version: s.Version, Namespace: s.Legacy.Namespace, Legacy: s.Legacy,
		Global: s.Global, Unserved: s.Unserved, Errors: s.Errors, Invalid: s.Invalid,
	}
	for _, op := range s.Operations {
		c := *op
		if !c.Void {
			c.ResultWrapper = c.Name + "Result"
		}
		q.Operations = append(q.Operations, &c)
	}
	return NewService(q)
}

// Operation returns the operation of that name, or nil.
func (s *Service) Operation(name string) *Operation { return s.byName[name] }

// Serves reports whether a query call is of an operation of the service, by
// the name and the version that it gives.
func (s *Service) Serves(r *Request) bool {
	action, version := r.action()
	return s.Protocol == AWSQuery && (version == s.Version || version == "") && s.byName[action] != nil
}
