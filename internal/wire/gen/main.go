package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// dir is where this command lives in the repository.
const dir = "internal/wire/gen"

func main() {
	log.SetFlags(0)
	trimmed := flag.Bool("trim", false, "take a model over: -trim <service> <full model.json>")
	flag.Parse()
	if err := run(*trimmed, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(trimmed bool, args []string) error {
	if trimmed {
		if len(args) != 2 {
			return fmt.Errorf("-trim needs a service and the path of its full model")
		}
		s, err := serviceByID(args[0])
		if err != nil {
			return err
		}
		return trim(s, args[1], modelPath(dir, s.id))
	}
	files, err := generate(dir)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func modelPath(dir, id string) string { return filepath.Join(dir, "models", id+".json") }

// generate returns every generated file by its path from the root of the
// repository. dir is where the models are.
func generate(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	models := map[string]*model{}
	for _, s := range services {
		m, err := readModel(modelPath(dir, s.id))
		if err != nil {
			return nil, err
		}
		models[s.id] = m
		if len(s.served) == 0 {
			continue
		}
		if err := generateService(s, m, files); err != nil {
			return nil, fmt.Errorf("%s: %w", s.id, err)
		}
	}
	files["docs/operations.md"] = operationsPage(models)
	return files, nil
}
