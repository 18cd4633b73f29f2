package conformance

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTerraform applies an organization trail with everything that it uses by
// Terraform's AWS provider, finds nothing left to change, and destroys it. It
// runs where terraform is installed and can have the provider: from the
// network, or from a mirror that its configuration or
// ORGTRAIL_TERRAFORM_MIRROR names.
func TestTerraform(t *testing.T) {
	if testing.Short() {
		t.Skip("the provider alone needs a minute")
	}
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("terraform is not installed")
	}
	s := start(t, http.DefaultClient, t.TempDir(), nil, "--delivery-interval", "1s", "--region", "us-east-2")
	tf := terraform{t: t, dir: t.TempDir()}
	main, err := os.ReadFile("testdata/terraform/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tf.dir, "main.tf"), main, 0o600); err != nil {
		t.Fatal(err)
	}
	tf.env = append(os.Environ(),
		"AWS_ENDPOINT_URL="+s.Endpoint, "AWS_ACCESS_KEY_ID="+s.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+s.SecretAccessKey,
		"AWS_SESSION_TOKEN=", "AWS_EC2_METADATA_DISABLED=true", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")

	init := []string{"init", "-input=false", "-no-color"}
	if mirror := os.Getenv("ORGTRAIL_TERRAFORM_MIRROR"); mirror != "" {
		init = append(init, "-plugin-dir="+mirror)
	}
	if out, err := tf.run(time.Minute, init...); err != nil {
		t.Skipf("terraform has no AWS provider here: %v\n%s", err, out)
	}
	tf.must("apply", "-auto-approve")
	tf.must("plan", "-detailed-exitcode") // 2 would be a difference
	tf.must("destroy", "-auto-approve")
	if left := strings.TrimSpace(tf.must("state", "list")); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// terraform runs the program in a directory.
type terraform struct {
	t   *testing.T
	dir string
	env []string
}

func (tf *terraform) run(limit time.Duration, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(tf.t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "terraform", args...)
	cmd.Dir, cmd.Env = tf.dir, tf.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (tf *terraform) must(command string, args ...string) string {
	tf.t.Helper()
	if command != "state" {
		args = append(args, "-input=false")
	}
	out, err := tf.run(5*time.Minute, append(append([]string{command}, args...), "-no-color")...)
	if err != nil {
		tf.t.Fatalf("terraform %s: %v\n%s", command, err, out)
	}
	return out
}
