package server

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Profile is what a client needs to reach the server as its first user. It is
// kept in the two files that the AWS CLI and SDKs read.
type Profile struct {
	Endpoint, AccessKeyID, SecretAccessKey, Region string
}

const (
	credentialsFile = "credentials"
	configFile      = "config"
)

// Exports is the profile as shell commands.
func (p Profile) Exports() string {
	return fmt.Sprintf(`export AWS_ENDPOINT_URL=%s
export AWS_ACCESS_KEY_ID=%s
export AWS_SECRET_ACCESS_KEY=%s
export AWS_REGION=%s
export AWS_DEFAULT_REGION=%s
`, p.Endpoint, p.AccessKeyID, p.SecretAccessKey, p.Region, p.Region)
}

// write puts both files into dir, readable by their owner alone. Each is
// renamed into place, so that a reader sees the old one or the new one.
func (p Profile) write(dir string) error {
	credentials := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", p.AccessKeyID, p.SecretAccessKey)
	if err := writeSecret(filepath.Join(dir, credentialsFile), credentials); err != nil {
		return err
	}
	return p.writeConfig(dir)
}

// writeConfig renews the file that holds no secret: the address and the
// region may differ from one start to the next.
func (p Profile) writeConfig(dir string) error {
	config := fmt.Sprintf("[default]\nregion = %s\nendpoint_url = %s\n", p.Region, p.Endpoint)
	return writeSecret(filepath.Join(dir, configFile), config)
}

func writeSecret(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// ReadProfile reads the profile that a server left in its data directory.
func ReadProfile(dir string) (Profile, error) {
	credentials, err := readSettings(filepath.Join(dir, credentialsFile))
	if err != nil {
		return Profile{}, noProfile(dir, err)
	}
	config, err := readSettings(filepath.Join(dir, configFile))
	if err != nil {
		return Profile{}, noProfile(dir, err)
	}
	return Profile{
		Endpoint:        config["endpoint_url"],
		Region:          config["region"],
		AccessKeyID:     credentials["aws_access_key_id"],
		SecretAccessKey: credentials["aws_secret_access_key"],
	}, nil
}

func noProfile(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no server has been started in %s yet", dir)
	}
	return err
}

// readSettings reads the name = value lines of a profile file.
func readSettings(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	settings := make(map[string]string)
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), "="); ok {
			settings[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return settings, nil
}
