module github.com/sockeye-ws/sockeye/examples

go 1.26.0

require github.com/sockeye-ws/sockeye v0.0.0-00010101000000-000000000000

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/ws v1.5.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/sockeye-ws/sockeye => ../
