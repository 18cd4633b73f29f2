package wire

// NewXMLDecoder stands at the root of a document.
func NewXMLDecoder(body []byte) Decoder { return newXMLDecoder(body) }

// NewFormDecoder reads the parameters of a query call.
func NewFormDecoder(text string) (Decoder, error) {
	f, err := parseForm(text)
	return &formDecoder{form: f}, err
}

// AppendXML writes a document as S3 does.
func AppendXML(root string, v Shape) []byte {
	e := xmlEncoder{times: isoMillis, next: root}
	Encode(&e, v)
	return e.buf
}

// AppendQuery writes the answer of a query call.
func AppendQuery(op *Operation, out Shape, requestID string) []byte {
	return appendQueryResponse(nil, op, out, requestID)
}
