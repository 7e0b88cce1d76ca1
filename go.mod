module github.com/sockeye-ws/sockeye

go 1.26

require github.com/valyala/bytebufferpool v1.0.0
