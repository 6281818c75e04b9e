package app

import "nirvana/app/notice"

// Notice is the strip over the canvas.
type Notice = notice.Notice
