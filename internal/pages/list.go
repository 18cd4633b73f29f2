package pages

import (
	"fmt"
	"iter"
)

// Where lists the items that a condition holds for.
func Where[T any](items iter.Seq2[string, T], holds func(T) bool) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for key, item := range items {
			if holds(item) && !yield(key, item) {
				return
			}
		}
	}
}

// Behind lists the items whose keys are greater than one.
func Behind[T any](key string, items iter.Seq2[string, T]) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for k, item := range items {
			if k > key && !yield(k, item) {
				return
			}
		}
	}
}

// Numbered lists items in the order in which they are, which never changes.
func Numbered[T any](items []T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for i, item := range items {
			if !yield(fmt.Sprintf("%08d", i+1), item) {
				return
			}
		}
	}
}

// Views turns the items of a page into their shapes.
func Views[T, S any](items []T, view func(T) S) []S {
	shapes := make([]S, len(items))
	for i, item := range items {
		shapes[i] = view(item)
	}
	return shapes
}

// Count is the length of a list.
func Count[T any](items iter.Seq2[string, T]) (n int) {
	for range items {
		n++
	}
	return n
}
