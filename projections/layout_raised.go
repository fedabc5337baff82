//go:build raised

package projections

// layout is another than in any build that is not tagged so: such a build serves no generation of the others, as one
// whose projections were changed.
const layout = -1
