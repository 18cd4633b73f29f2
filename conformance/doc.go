// Package conformance holds the scripts in which the stock AWS CLI judges the
// server: each starts the real binary, runs the CLI against it as a user
// would, and compares what comes back and what is delivered. After every
// script one oracle reads the trail's bucket and checks every file in it.
package conformance
