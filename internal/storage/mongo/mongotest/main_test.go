package mongotest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// childVariable makes the test program a child that starts a shared MongoDB,
// prints its URI, and ends when its input does.
const childVariable = "MONGOTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(mongotest.Main(waiter{}).Run())
	}
	goleak.VerifyTestMain(mongotest.Main(m))
}

type waiter struct{}

func (waiter) Run() int {
	fmt.Println(os.Getenv("ACTIVITYD_TEST_MONGODB_URI"))
	_, _ = os.Stdin.Read(make([]byte, 1))
	return 0
}

// childCommand returns this program as a child, in a folder without a go.mod.
func childCommand(t *testing.T, environment ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatalf("find the test program: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), childVariable+"=1", "ACTIVITYD_TEST_MONGODB_URI=", "DOCKER_CERT_PATH=", "DOCKER_MACHINE_NAME=")
	cmd.Env = append(cmd.Env, environment...)
	return cmd
}

// fetched is the path of the mongod that these tests run on.
func fetched(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("ACTIVITYD_MONGOD"); named != "" {
		return named
	}
	path, err := filepath.Abs("../../../../.cache/mongodb/mongod")
	if err != nil {
		t.Fatalf("find mongod: %v", err)
	}
	return path
}

func TestSharedMongoDBDiesWithTheTestProcess(t *testing.T) {
	t.Parallel()
	child := childCommand(t, "ACTIVITYD_MONGOD="+fetched(t))
	if _, err := child.StdinPipe(); err != nil {
		t.Fatalf("pipe: %v", err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatalf("pipe: %v", err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatalf("start a child: %v", err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start a MongoDB: %v", err)
	}
	uri, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the child's URI: %v", err)
	}
	write(t, connect(t, uri.String()).Database("a").Collection("items"))

	if err := child.Process.Kill(); err != nil {
		t.Fatalf("kill the child: %v", err)
	}
	_ = child.Wait()
	end := time.Now().Add(time.Minute)
	for {
		connection, err := net.Dial("tcp", uri.Host)
		if err != nil {
			return
		}
		_ = connection.Close()
		if time.Now().After(end) {
			t.Fatal("mongod outlived the test process by a minute")
		}
	}
}

func TestWithoutMongoDBTheTestsFailAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "mongod")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho last words\nexit 3\n"), 0o700); err != nil {
		t.Fatalf("write: %v", err)
	}
	cases := map[string]struct {
		environment []string
		want        []string
	}{
		"none, nor Docker": {
			[]string{"ACTIVITYD_MONGOD=", "DOCKER_HOST=unix:///nowhere/docker.sock"},
			[]string{"scripts/mongod", "ACTIVITYD_MONGOD", "ACTIVITYD_TEST_MONGODB_URI", "Docker"},
		},
		"a wrong path":  {[]string{"ACTIVITYD_MONGOD=/nowhere/mongod"}, []string{"/nowhere/mongod"}},
		"one that ends": {[]string{"ACTIVITYD_MONGOD=" + broken}, []string{"exit status 3", "last words"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			child := childCommand(t, c.environment...)
			child.Stderr = &said
			if err := child.Run(); err == nil || child.ProcessState.ExitCode() != 1 {
				t.Errorf("the child ended with %v, want code 1", err)
			}
			for _, want := range c.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, said.String())
				}
			}
		})
	}
}
