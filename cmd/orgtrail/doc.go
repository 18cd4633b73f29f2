// Command orgtrail is an organization trail that you run yourself: AWS
// CloudTrail and AWS Organizations, wire-compatible, in one binary.
//
//	orgtrail serve     runs the server
//	orgtrail env       prints what a shell needs to use it
//	orgtrail demo      builds an organization with a trail and shows what it delivers
//	orgtrail verify    checks what a trail has delivered, here, in AWS or in a copy
//	orgtrail policy    decides requests, and tells what is wrong with a policy
//	orgtrail version   prints the version
//
// A file holds one command or one part of it; what they do is the work of the
// packages under internal/ and of digest.
package main
