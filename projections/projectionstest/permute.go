package projectionstest

import "slices"

// Permute visits every order of the steps; a visitor may keep what it is given.
func Permute[T any](steps []T, visit func([]T)) {
	steps = slices.Clone(steps)
	var extend func(k int)
	extend = func(k int) {
		if k == len(steps) {
			visit(slices.Clone(steps))
			return
		}
		for i := k; i < len(steps); i++ {
			steps[k], steps[i] = steps[i], steps[k]
			extend(k + 1)
			steps[k], steps[i] = steps[i], steps[k]
		}
	}
	extend(0)
}
