// Package jsonscan finds where the parts of a JSON text end. It decodes
// nothing that nobody asks for and allocates nothing: the languages that look
// at log events use it to read a few members of a document without building
// the rest.
//
// Every function takes the whole text and an index, and returns the index
// behind what it read, or -1 if what stands there is malformed. What it
// accepts is what encoding/json accepts, its bound on nesting included.
package jsonscan
