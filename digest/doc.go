// Package digest reads, writes, signs and verifies CloudTrail digest files:
// the signed hash chain over the log files that a trail has delivered. The
// format, byte by byte, is in SPEC.md.
//
// A signer fills a [Digest] and has it signed:
//
//	key := digest.Key{Account: account, Region: region, Trail: trail, HomeRegion: home, End: end}
//	file, err := digest.Sign(digest.Digest{
//		Account: account, Start: digest.At(start), End: digest.At(end),
//		Bucket: bucket, Object: key.String(),
//		Previous: head, LogFiles: files,
//	}, private)
//	// put file.Body() with file.Metadata() at key; file.Link() is the next head
//
// A [Verifier] walks the chains of a trail in a bucket, or in a downloaded
// copy of one ([Directory]), and reports what it finds as values.
package digest
