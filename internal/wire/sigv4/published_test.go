package sigv4

import (
	"strings"
	"testing"
	"time"
)

// published are the worked examples of AWS's documentation and of its
// signature test suite.
var published = []struct {
	name    string
	request string // lines end in a line feed
	body    string
	secret  string
}{
	{
		"IAM ListUsers",
		"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\nX-Amz-Date: 20150830T123600Z\n" +
			"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		"", testSecret,
	},
	{"get-vanilla", suite("GET", "/", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), "", testSecret},
	{"post-vanilla", suite("POST", "/", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"), "", testSecret},
	{"get-slashes", suite("GET", "//example//", "", "host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"), "", testSecret},
	{"get-vanilla-query-order-key-case", suite("GET", "/?Param2=value2&Param1=value1", "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"), "", testSecret},
	{"get-vanilla-query-order-value", suite("GET", "/?Param1=value2&Param1=value1", "", "host;x-amz-date", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"), "", testSecret},
	{"get-vanilla-utf8-query", suite("GET", "/?ሴ=bar", "", "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"), "", testSecret},
	{
		"get-header-value-trim",
		suite("GET", "/", "My-Header1:  value1\nMy-Header2: \"a   b   c\"\n", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
		"", testSecret,
	},
	{
		"post-x-www-form-urlencoded",
		suite("POST", "/", "Content-Type: application/x-www-form-urlencoded\n", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
		"Param1=value1", testSecret,
	},
	{
		"S3 GetObject",
		s3Example("GET /test.txt", "Range: bytes=0-9\nX-Amz-Content-Sha256: "+EmptyPayload+"\n", "host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
		"", s3Secret,
	},
	{
		"S3 PutObject",
		s3Example("PUT /test$file.text", "Date: Fri, 24 May 2013 00:00:00 GMT\nX-Amz-Storage-Class: REDUCED_REDUNDANCY\nX-Amz-Content-Sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n",
			"date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
		"Welcome to Amazon S3.", s3Secret,
	},
	{
		"S3 GetBucketLifecycle",
		s3Example("GET /?lifecycle", "X-Amz-Content-Sha256: "+EmptyPayload+"\n", "host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
		"", s3Secret,
	},
	{
		"S3 ListObjects",
		s3Example("GET /?max-keys=2&prefix=J", "X-Amz-Content-Sha256: "+EmptyPayload+"\n", "host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
		"", s3Secret,
	},
	{
		"S3 presigned GetObject",
		"GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com",
		"", s3Secret,
	},
	{
		"S3 signed chunks",
		strings.ReplaceAll(s3Example("PUT /examplebucket/chunkObject.txt", "X-Amz-Storage-Class: REDUCED_REDUNDANCY\nX-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nContent-Encoding: aws-chunked\nX-Amz-Decoded-Content-Length: 66560\nContent-Length: 66824\n",
			"content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
			"examplebucket.s3", "s3"),
		"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat("a", 65536) + "\r\n" +
			"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) + "\r\n" +
			"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
		s3Secret,
	},
	{
		"S3 signed chunks with a trailer",
		strings.ReplaceAll(s3Example("PUT /examplebucket/chunkObject.txt", "X-Amz-Storage-Class: REDUCED_REDUNDANCY\nX-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\nContent-Encoding: aws-chunked\nX-Amz-Decoded-Content-Length: 66560\nX-Amz-Trailer: x-amz-checksum-crc32c\n",
			"content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"),
			"examplebucket.s3", "s3"),
		"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + strings.Repeat("a", 65536) + "\r\n" +
			"400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + strings.Repeat("a", 1024) + "\r\n" +
			"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n" +
			"x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
		s3Secret,
	},
}

const s3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func suite(method, target, headers, signed, signature string) string {
	return method + " " + target + " HTTP/1.1\nHost: example.amazonaws.com\n" + headers + "X-Amz-Date: 20150830T123600Z\n" +
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + signed + ", Signature=" + signature
}

func s3Example(line, headers, signed, signature string) string {
	return line + " HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\n" + headers + "X-Amz-Date: 20130524T000000Z\n" +
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" + signed + ",Signature=" + signature
}

func TestPublished(t *testing.T) {
	for _, e := range published {
		t.Run(e.name, func(t *testing.T) {
			r := readRequest(t, strings.ReplaceAll(e.request, "\n", "\r\n")+"\r\n\r\n")
			r.Body, r.ContentLength = newText(e.body), int64(len(e.body))
			now := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
			if e.secret == s3Secret {
				now = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
			}
			if _, err := check(r, now, e.secret); err != nil {
				t.Errorf("refused: %v%s", err, details(err))
			}
		})
	}
}
