// Package arch holds one test: the rules by which the rooms of tagtrail may import each other and the outside.
package arch
