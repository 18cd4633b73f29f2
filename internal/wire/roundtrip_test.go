package wire_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
)

// Every input and output of every operation, all members set, comes back from
// the wire as it went.
func TestRoundTrip(t *testing.T) {
	for _, svc := range services {
		for _, op := range svc.Operations {
			t.Run(svc.ID+"/"+op.Name, func(t *testing.T) {
				switch svc.Protocol {
				case wire.AWSJSON:
					roundTripJSON(t, op.NewInput)
					roundTripJSON(t, op.NewOutput)
					if svc.Query != nil {
						roundTripForm(t, svc.Query.Operation(op.Name))
					}
				case wire.AWSQuery:
					roundTripForm(t, op)
					roundTripQueryXML(t, op)
				case wire.RESTXML:
					roundTripREST(t, op)
				}
			})
		}
	}
}

func roundTripJSON(t *testing.T, fresh func() wire.Shape) {
	want, got := new(filler).fill(fresh()), fresh()
	e := wire.NewJSONEncoder(nil)
	wire.Encode(e, want)
	if err := wire.Decode(wire.NewJSONDecoder(e.Bytes()), got); err != nil {
		t.Fatalf("%v\n%s", err, e.Bytes())
	}
	same(t, want, got)
}

func roundTripForm(t *testing.T, op *wire.Operation) {
	want := new(filler).fill(op.NewInput())
	e := &formEncoder{form: url.Values{"Action": {op.Name}, "Version": {op.Service.Version}}}
	wire.Encode(e, want)
	req := &wire.Request{HTTP: httptest.NewRequest("POST", "/", nil), Body: []byte(e.form.Encode())}
	found, err := op.Service.Identify(req)
	if err != nil || found != op {
		t.Fatalf("identified as %v, %v", found, err)
	}
	got, err := wire.DecodeRequest(op, req)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
}

func roundTripQueryXML(t *testing.T, op *wire.Operation) {
	want, got := new(filler).fill(op.NewOutput()), op.NewOutput()
	body := wire.AppendQuery(op, want, "the-request")
	var answer struct {
		XMLName xml.Name
		Result  struct {
			XMLName xml.Name
			Content []byte `xml:",innerxml"`
		} `xml:",any"`
		RequestID string `xml:"ResponseMetadata>RequestId"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if answer.XMLName.Local != op.Name+"Response" || answer.XMLName.Space != op.Service.Namespace || answer.RequestID != "the-request" {
		t.Fatalf("wrong envelope:\n%s", body)
	}
	if op.Void {
		return
	}
	if answer.Result.XMLName.Local != op.ResultWrapper {
		t.Fatalf("wrong wrapper:\n%s", body)
	}
	document := "<r>" + string(answer.Result.Content) + "</r>"
	if err := wire.Decode(wire.NewXMLDecoder([]byte(document)), got); err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
}

// roundTripREST calls an operation over HTTP, from our client side to our
// server side.
func roundTripREST(t *testing.T, op *wire.Operation) {
	wantIn, wantOut := labelled(new(filler).fill(op.NewInput())), new(filler).fill(op.NewOutput())
	var gotIn wire.Shape
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &wire.Request{HTTP: r}
		req.Labels("")
		found, err := op.Service.Identify(req)
		if err != nil || found != op {
			t.Errorf("%s %s identified as %v, %v", r.Method, r.URL, found, err)
			return
		}
		if !op.Streaming {
			req.Body, _ = io.ReadAll(r.Body)
		}
		if gotIn, err = wire.DecodeRequest(op, req); err != nil {
			t.Errorf("request: %v", err)
		}
		readStreams(gotIn)
		if err := wire.EncodeResponse(w, op, new(filler).fill(op.NewOutput()), "the-request"); err != nil {
			t.Errorf("response: %v", err)
		}
	}))
	defer server.Close()
	sent := labelled(new(filler).fill(op.NewInput()))
	req, err := wire.NewRequest(context.Background(), op, sent, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	gotOut := op.NewOutput()
	if err := wire.ReadResponse(op, resp, gotOut); err != nil {
		t.Fatal(err)
	}
	for _, v := range []wire.Shape{wantIn, wantOut, gotOut} {
		readStreams(v)
	}
	same(t, wantIn, gotIn)
	same(t, wantOut, gotOut)
	if id := resp.Header.Get("x-amz-request-id"); id != "the-request" {
		t.Errorf("x-amz-request-id %q", id)
	}
}

// labelled gives an input a bucket and a key that can stand in a path.
func labelled(in wire.Shape) wire.Shape {
	for i, f := range in.Describe().Fields {
		if f.In == wire.URI {
			text := map[string]string{"Bucket": "my-bucket", "Key": "a b/+é//d%~/..x/"}[f.Name]
			reflect.ValueOf(in).Elem().Field(i).Elem().SetString(text)
		}
	}
	return in
}

func same(t *testing.T, want, got wire.Shape) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	w, g := reflect.ValueOf(want).Elem(), reflect.ValueOf(got).Elem()
	for i, f := range want.Describe().Fields {
		if !reflect.DeepEqual(w.Field(i).Interface(), g.Field(i).Interface()) {
			t.Errorf("%s.%s changed: %v -> %v", want.Describe().Name, f.Name, reflect.Indirect(w.Field(i)), reflect.Indirect(g.Field(i)))
		}
	}
}
