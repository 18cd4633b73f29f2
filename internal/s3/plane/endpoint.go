package plane

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// Endpoint is an S3 endpoint and the one credential that is used on it.
type Endpoint struct {
	url         string
	region      string
	credentials sigv4.Credentials
	client      *http.Client
	// bare leaves aws-chunked out of Content-Encoding, for a store that would
	// keep it as the object's own.
	bare bool
}

// External returns the endpoint of a store outside this process. Buckets keep
// their names there and are addressed by path.
func External(endpoint string, credentials sigv4.Credentials, region string) (*Endpoint, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("object store: %q is not the URL of an S3 endpoint", endpoint)
	}
	if credentials.AccessKey == "" || credentials.Secret == "" {
		return nil, errors.New("object store: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return &Endpoint{
		url:         u.Scheme + "://" + u.Host,
		region:      region,
		credentials: credentials,
		client:      newClient((&net.Dialer{Timeout: 10 * time.Second}).DialContext),
	}, nil
}

func newClient(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         dial,
			MaxIdleConnsPerHost: 128,
			IdleConnTimeout:     30 * time.Second,
			DisableCompression:  true, // an object's encoding is the client's business
			WriteBufferSize:     32 << 10,
			ReadBufferSize:      32 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close drops the idle connections.
func (e *Endpoint) Close() error {
	e.client.CloseIdleConnections()
	return nil
}

// Do makes one call: the operation is the one that the input belongs to, the
// output is a pointer to that operation's output. Bodies of objects are
// streamed both ways: the input's is read and closed, the output's is the
// caller's to close. A failure is an *aws.Error with S3's code.
func (e *Endpoint) Do(ctx context.Context, in wire.Shape) (wire.Shape, error) {
	op := operationOf(in)
	if create, ok := in.(*api.CreateBucketInput); ok {
		in = e.here(create)
	}
	r, err := wire.NewRequest(ctx, op, in, e.url)
	if err != nil {
		return nil, refusal(ctx, op, err)
	}
	payload, err := e.prepare(op, in, r)
	if err != nil {
		return nil, refusal(ctx, op, err)
	}
	sigv4.Sign(r, e.credentials, e.region, "s3", payload, time.Now())
	resp, err := e.client.Do(r)
	if err != nil {
		return nil, refusal(ctx, op, err)
	}
	mendDate(resp.Header)
	out := op.NewOutput()
	if err := wire.ReadResponse(op, resp, out); err != nil {
		return nil, refusal(ctx, op, err)
	}
	return out, nil
}

// here asks for a bucket in the store's own region, whichever the bucket's
// region is in front of it: an S3 endpoint elsewhere than in us-east-1 wants
// to be told.
func (e *Endpoint) here(in *api.CreateBucketInput) *api.CreateBucketInput {
	q := *in
	q.CreateBucketConfiguration = nil
	if e.region != aws.GlobalRegion {
		q.CreateBucketConfiguration = &api.CreateBucketConfiguration{LocationConstraint: &e.region}
	}
	return &q
}

// mendDate writes a Last-Modified as HTTP does. versitygw answers
// GetObjectAttributes with a date of C's asctime.
func mendDate(h http.Header) {
	if t, err := time.Parse(time.ANSIC, h.Get("Last-Modified")); err == nil {
		h.Set("Last-Modified", t.UTC().Format(http.TimeFormat))
	}
}

func operationOf(in wire.Shape) *wire.Operation {
	return api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
}

// do is Do with the type of the output.
func do[O any](ctx context.Context, s store, in wire.Shape) (*O, error) {
	out, err := s.Do(ctx, in)
	if err != nil {
		return nil, err
	}
	return any(out).(*O), nil
}

// prepare gives a request what its body needs and returns the payload hash to
// sign.
func (e *Endpoint) prepare(op *wire.Operation, in wire.Shape, r *http.Request) (string, error) {
	if !op.Streaming {
		return digested(r)
	}
	if r.ContentLength > 0 && r.ContentLength <= smallBody {
		if err := readSmall(r); err != nil {
			return "", err
		}
	}
	algorithm := trailingAlgorithm(in)
	if algorithm == "" || r.ContentLength < 0 {
		return sigv4.UnsignedPayload, nil
	}
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	n := r.ContentLength
	r.Body, r.ContentLength = newTrailed(body, algorithm), trailedLength(n, algorithm)
	r.Header.Set("X-Amz-Decoded-Content-Length", strconv.FormatInt(n, 10))
	r.Header.Set("X-Amz-Trailer", checksumHeader(algorithm))
	if !e.bare {
		r.Header.Set("Content-Encoding", strings.TrimSuffix("aws-chunked,"+r.Header.Get("Content-Encoding"), ","))
	}
	return sigv4.StreamingUnsignedTrailer, nil
}

// smallBody bounds the bodies that are read before the store is bothered: it
// never sees those that are refused half way.
const smallBody = 16 << 10

func readSmall(r *http.Request) error {
	defer r.Body.Close()
	data := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, data); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return aws.Errorf("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
		}
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

// digested adds the digest that S3 asks of most documents.
func digested(r *http.Request) (string, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return sigv4.EmptyPayload, nil
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	r.Body, _ = r.GetBody()
	sum := md5.Sum(data)
	r.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	return sigv4.PayloadHash(data), nil
}

// trailingAlgorithm is the algorithm of the checksum that the store shall
// keep of a body and that its writer has not put into a header.
func trailingAlgorithm(in wire.Shape) string {
	var algorithm *string
	var sums []*string
	switch in := in.(type) {
	case *api.PutObjectInput:
		algorithm = in.ChecksumAlgorithm
		sums = []*string{in.ChecksumCRC32, in.ChecksumCRC32C, in.ChecksumCRC64NVME, in.ChecksumSHA1, in.ChecksumSHA256}
	case *api.UploadPartInput:
		algorithm = in.ChecksumAlgorithm
		sums = []*string{in.ChecksumCRC32, in.ChecksumCRC32C, in.ChecksumCRC64NVME, in.ChecksumSHA1, in.ChecksumSHA256}
	}
	for _, sum := range sums {
		if sum != nil {
			return ""
		}
	}
	if s3.NewChecksum(aws.Val(algorithm)) == nil {
		return ""
	}
	return *algorithm
}

// refusal turns what went wrong into S3's terms. A body that was refused
// while it was read is the writer's fault and keeps its own error.
func refusal(ctx context.Context, op *wire.Operation, err error) error {
	var remote *wire.RemoteError
	if errors.As(err, &remote) {
		return translated(remote.Err)
	}
	var own *aws.Error
	if errors.As(err, &own) {
		return own
	}
	if ctx.Err() != nil {
		return aws.Errorf("RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period.")
	}
	return aws.Errorf("ServiceUnavailable", "The object store does not answer %s: %v", op.Name, err)
}

// kept are the members of a store's refusal that say something of the call.
var kept = []string{
	"Condition", "RangeRequested", "ActualObjectSize", "ArgumentName", "ArgumentValue",
	"ProposedSize", "MaxSizeAllowed", "MinSizeAllowed", "PartNumber", "UploadId",
}

// translated drops from a store's refusal the names of keys, resources and
// requests, which are the store's own. What it refuses of the signature or of
// its own state is not the caller's doing.
func translated(e *aws.Error) *aws.Error {
	switch e.Code {
	case "SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "AuthorizationHeaderMalformed", "InternalError":
		return aws.Errorf(aws.InternalFailure, "The object store failed: %s", e.Message)
	}
	out := aws.Errorf(e.Code, "%s", e.Message)
	for _, name := range kept {
		if v := e.Field(name); v != "" {
			out = out.With(name, v)
		}
	}
	return out
}
