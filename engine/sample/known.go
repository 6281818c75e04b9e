package sample

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/schedule"
)

// Known checks that sampler and schedule are names that Named knows; the error lists similar ones. Whether they go
// with a model is for Named to check. "" is known.
func Known(sampler, scheduleName string) error {
	if scheduleName != "" && !slices.ContainsFunc(Schedules(), func(s string) bool { return plainName(s) == plainName(scheduleName) }) && plainName(scheduleName) != "ddimuniform" {
		return fmt.Errorf("unknown schedule %q: choose %s", scheduleName, likely(scheduleName, Schedules()))
	}
	name, _ := splitSchedule(sampler)
	if _, _, err := find(name, schedule.Config{}); err != nil {
		return err
	}
	return nil
}

// likely are the names most similar to name, the most similar first.
func likely(name string, names []string) string {
	names = slices.Clone(names)
	plain := plainName(name)
	away := func(s string) int {
		s = plainName(s)
		if strings.Contains(s, plain) || strings.Contains(plain, s) {
			return distance(plain, s) / 2
		}
		return distance(plain, s)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(away(a), away(b)) })
	names = names[:min(len(names), 4)]
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// distance is Levenshtein's: how many letters have to be inserted, removed or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
