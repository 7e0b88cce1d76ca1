package e2e

import (
	"fmt"
	"os/exec"
	"testing"
)

var nginx = brand{
	name:    "nginx",
	program: "nginx",
	config:  "nginx.conf",
	settings: func(p *proxy) []string {
		temporary := ""
		for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temporary += fmt.Sprintf("\n    %s_temp_path %s;", name, p.file(name))
		}
		return []string{
			"user www-data;", "user root;", // without effect unless the test is root
			"worker_rlimit_nofile 262144;", "worker_rlimit_nofile 8192;",
			"pid /run/nginx.pid;", "pid " + p.file("pid") + ";",
			"error_log /var/log/nginx/error.log;", "error_log stderr;",
			"worker_connections 131072;", "worker_connections 4096;",
			"http {", "http {" + temporary,
			"/var/log/nginx/access.log", p.file("access.log"),
			"server 127.0.0.1:8080;", "server " + p.backend + ";",
			"listen 80;", "listen " + p.http + ";",
			"listen 443 ssl;", "listen " + p.https + " ssl;",
			"/etc/ssl/chat.example.com.pem", p.file("certificate.pem"),
			"/etc/ssl/chat.example.com.key", p.file("key.pem"),
		}
	},
	command: func(p *proxy) *exec.Cmd {
		return exec.Command(p.path, "-e", "stderr", "-c", p.file("config"), "-g", "daemon off;")
	},
	reload: func(t *testing.T, p *proxy) {
		out, err := exec.Command(p.path, "-e", "stderr", "-c", p.file("config"), "-s", "reload").CombinedOutput()
		if err != nil {
			t.Fatalf("nginx -s reload: %v\n%s", err, out)
		}
	},
	idleTimeout:   "proxy_read_timeout 150s",
	reloadTimeout: "worker_shutdown_timeout 1h",
	rewriteHost:   []string{"proxy_set_header Host $http_host;", ""}, // it sends the name after proxy_pass then
	down:          502,
}

var haproxy = brand{
	name:    "haproxy",
	program: "haproxy",
	config:  "haproxy.cfg",
	settings: func(p *proxy) []string {
		return []string{
			"    user haproxy\n    group haproxy\n", "",
			"log /dev/log local0", "log stdout format raw daemon",
			"maxconn 100000", "maxconn 2000",
			"bind :80", "bind " + p.http,
			"bind :443", "bind " + p.https,
			"/etc/haproxy/chat.example.com.pem", p.file("both.pem"),
			"127.0.0.1:8080 check inter 2s", p.backend + " check inter 200ms",
		}
	},
	// A new process tells the old one to end softly, as HAProxy's master process
	// does it when systemd reloads the service.
	command: func(p *proxy) *exec.Cmd {
		args := []string{"-db", "-f", p.file("config")}
		for _, old := range p.processes {
			args = append(args, "-sf", fmt.Sprint(old.Pid))
		}
		return exec.Command(p.path, args...)
	},
	reload:        func(t *testing.T, p *proxy) { p.run(t) },
	idleTimeout:   "timeout tunnel 150s",
	reloadTimeout: "hard-stop-after 1h",
	rewriteHost:   []string{"    default_backend", "    http-request set-header Host inside.example.com\n    default_backend"},
	noChecks:      []string{" check inter 200ms", ""},
	down:          503,
}

// haproxyTCP passes everything on as it is.
var haproxyTCP = brand{
	name:    "haproxy",
	program: "haproxy",
	config:  "haproxy-tcp.cfg",
	settings: func(p *proxy) []string {
		return []string{
			"    user haproxy\n    group haproxy\n", "",
			"log /dev/log local0", "log stdout format raw daemon",
			"maxconn 100000", "maxconn 2000",
			"bind :443", "bind " + p.http + "\n    bind " + p.https,
			"127.0.0.1:8443 check inter 2s", p.backend + " check inter 200ms",
		}
	},
	command:   haproxy.command,
	passesTLS: true,
}

// nginxStream does as well.
var nginxStream = brand{
	name:    "nginx",
	program: "nginx",
	config:  "nginx-stream.conf",
	needs:   []string{streamModule, "libnginx-mod-stream"},
	settings: func(p *proxy) []string {
		return []string{
			"modules/ngx_stream_module.so", streamModule,
			"user www-data;", "user root;", // without effect unless the test is root
			"worker_rlimit_nofile 262144;", "worker_rlimit_nofile 8192;",
			"pid /run/nginx.pid;", "pid " + p.file("pid") + ";",
			"error_log /var/log/nginx/error.log;", "error_log stderr;",
			"worker_connections 131072;", "worker_connections 4096;",
			"listen 443;", "listen " + p.http + "; listen " + p.https + ";",
			"127.0.0.1:8443", p.backend,
		}
	},
	command:   nginx.command,
	passesTLS: true,
}

const streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"
