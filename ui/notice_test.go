package ui

import "nirvana/app"

func notice(headline, advice, detail, action string) *app.Notice {
	return &app.Notice{Headline: headline, Advice: advice, Detail: detail, Action: action, Do: func() {}}
}
