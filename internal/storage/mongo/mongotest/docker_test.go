package mongotest_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// dockerDaemon answers as much of Docker's API as it takes to run one container,
// and runs a mongod in its place. The real one is not everywhere.
type dockerDaemon struct {
	t *testing.T

	mu     sync.Mutex // held by every request
	mongod *exec.Cmd
	pulled bool
}

// containerRequest is what Docker is asked to create.
type containerRequest struct {
	Image           string
	Entrypoint, Cmd []string
	HostConfig      struct {
		AutoRemove   bool
		PortBindings map[string][]struct{ HostIP, HostPort string }
	}
}

// startDockerDaemon returns what DOCKER_HOST is to be.
func startDockerDaemon(t *testing.T) (*dockerDaemon, string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "mongotest-docker-") // a short name: it becomes a socket's
	if err != nil {
		t.Fatalf("make a folder: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	d := &dockerDaemon{t: t}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /_ping", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("GET /images/mongo:8/json", d.image)
	routes.HandleFunc("POST /images/create", func(w http.ResponseWriter, r *http.Request) {
		d.pulled = r.FormValue("fromImage") == "mongo" && r.FormValue("tag") == "8"
	})
	routes.HandleFunc("POST /containers/create", d.create)
	routes.HandleFunc("POST /containers/one/start", d.start)
	routes.HandleFunc("GET /containers/one/json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Id":"one","State":{"Running":true},"NetworkSettings":{"Gateway":"172.17.0.1"}}`)
	})
	routes.HandleFunc("DELETE /containers/one", func(http.ResponseWriter, *http.Request) { d.kill() })
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		routes.ServeHTTP(w, r)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.kill()
	})
	return d, "unix://" + socket
}

func (d *dockerDaemon) image(w http.ResponseWriter, r *http.Request) {
	if !d.pulled {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, `{"Id":"image"}`)
}

// create prepares a mongod with the flags that the container's is to have.
func (d *dockerDaemon) create(w http.ResponseWriter, r *http.Request) {
	var asked containerRequest
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		d.t.Errorf("read what to create: %v", err)
	}
	if asked.Image != "mongo:8" || !asked.HostConfig.AutoRemove || !slices.Equal(asked.Entrypoint, []string{"timeout", "3h", "mongod"}) {
		d.t.Errorf("asked for the container %+v", asked)
	}
	port := asked.Cmd[slices.Index(asked.Cmd, "--port")+1]
	bound := asked.HostConfig.PortBindings[port+"/tcp"]
	if len(bound) != 1 || bound[0].HostPort != port || bound[0].HostIP != "127.0.0.1" {
		d.t.Errorf("port %s is bound as %v, want the same port of loopback", port, bound)
	}
	flags := slices.DeleteFunc(asked.Cmd, func(flag string) bool { return flag == "--bind_ip_all" })
	d.mongod = exec.CommandContext(d.t.Context(), fetched(d.t), append(flags, "--dbpath", d.t.TempDir(), "--nounixsocket")...)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"Id":"one"}`)
}

func (d *dockerDaemon) start(w http.ResponseWriter, _ *http.Request) {
	if err := d.mongod.Start(); err != nil {
		d.t.Errorf("start mongod: %v", err)
	}
	w.WriteHeader(http.StatusNoContent)
}

// kill ends the mongod, if it runs.
func (d *dockerDaemon) kill() {
	if d.mongod != nil && d.mongod.ProcessState == nil && d.mongod.Process != nil {
		_ = d.mongod.Process.Kill()
		_ = d.mongod.Wait()
	}
}

func TestDockerServesWhereNoMongodIsNamed(t *testing.T) {
	t.Parallel()
	daemon, host := startDockerDaemon(t)
	child := childCommand(t, "ACTIVITYD_MONGOD=", "DOCKER_HOST="+host)
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatalf("pipe: %v", err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatalf("pipe: %v", err)
	}
	var said strings.Builder
	child.Stderr = &said
	if err := child.Start(); err != nil {
		t.Fatalf("start a child: %v", err)
	}
	uri, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the child started no MongoDB: %v, %v\n%s", err, child.Wait(), said.String())
	}
	write(t, connect(t, strings.TrimSpace(uri)).Database("a").Collection("items"))
	if err := input.Close(); err != nil {
		t.Fatalf("end the child: %v", err)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("the child: %v\n%s", err, said.String())
	}
	daemon.mu.Lock()
	defer daemon.mu.Unlock()
	if !daemon.pulled || daemon.mongod.ProcessState == nil {
		t.Errorf("pulled %v, removed %v; want both", daemon.pulled, daemon.mongod.ProcessState != nil)
	}
}
