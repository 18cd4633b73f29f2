package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Environment is the variable that holds the master key, base64 of 32 bytes,
// when it is not in a file.
const Environment = "ORGTRAIL_MASTER_KEY"

// Load returns the master key: of the environment when it is set there,
// otherwise of the file, which is created with a random key when it does not
// exist. The file holds the same base64 text on one line. A file that others
// may read, or that does not hold 32 bytes, is refused.
//
// When it returns a new key the file is on disk: what is sealed with it can
// be opened after a crash.
func Load(path string) (*Key, error) {
	if text, ok := os.LookupEnv(Environment); ok {
		k, err := parse([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("seal: %s %w", Environment, err)
		}
		return k, nil
	}
	k, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("seal: creating the master key: %w", err)
	}
	return read(path) // ours, or that of a process that was faster
}

func parse(text []byte) (*Key, error) {
	master, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(master) != Size {
		return nil, fmt.Errorf("must be base64 of %d bytes (%d characters)", Size, base64.StdEncoding.EncodedLen(Size))
	}
	return newKey(master), nil
}

func read(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("seal: the master key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("seal: the master key: %w", err)
	}
	// Windows has no mode bits to look at.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("seal: the master key %s may be read or written by others (mode %04o): chmod 600 it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, fmt.Errorf("seal: the master key: %w", err)
	}
	k, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("seal: the master key %s %w", path, err)
	}
	return k, nil
}

// create writes a new random key. The file appears complete or not at all,
// and never replaces another: link(2) fails with fs.ErrExist when there is
// one.
func create(path string) error {
	master := make([]byte, Size)
	rand.Read(master)
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".master-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(master) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be opened for syncing
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
