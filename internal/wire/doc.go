// Package wire turns AWS protocols into typed values and back.
//
// A generated package per service (api/<service>) holds plain Go structures
// and, beside them, descriptors: what each member is called, where it
// travels, what the model demands of it. One walker (Encode, Decode,
// Validate) joins a structure to its descriptor; what the bytes look like is
// the business of an Encoder or a Decoder. So every protocol is one codec,
// and whoever wants another form of the same values — the record of a call,
// say — writes another Encoder.
//
// The server's side of a request: Service.Identify names the operation,
// DecodeRequest fills its input, Check holds it against the model, and
// EncodeResponse or EncodeError answers. How large a body may be is decided by
// whoever reads it. The client's side exists for S3 alone (NewRequest,
// ReadResponse), because object calls are forwarded to a data plane that
// speaks the same shapes.
package wire
