// Command gen writes the generated side of package wire: a package per
// service under api/ and the table of operations in docs/operations.md.
//
//	go run ./internal/wire/gen                       # from the root of the repository
//	go run ./internal/wire/gen -trim s3 full-s3.json # takes a service's model over
//
// What is served is one table (table.go). The models are trimmed copies: the
// operations served, the shapes they reach, and the names and routes of the
// rest. After a change of the table, trim first, then generate.
package main
