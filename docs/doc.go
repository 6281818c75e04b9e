// Package docs holds the pages of this folder to the code: its tests read every source file of the tree. The pages
// themselves start with architecture.md.
package docs
