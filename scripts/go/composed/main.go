// Command composed reads compose files as Docker Compose does. A question stands on each line of standard input, as JSON:
// the texts of the files, of which later ones override those before, and the variables that are set. Its answer is a line of
// standard output: the project as Compose understood it, or the error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

type question struct {
	Texts     []string          `json:"texts"`
	Variables map[string]string `json:"variables"`
	// Leaves out what is read from files and from variables without a value.
	Unresolved bool `json:"unresolved"`
}

type answer struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(os.Stdout)
	for {
		var asked question
		if err := questions.Decode(&asked); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(read(asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func read(asked question) answer {
	details := types.ConfigDetails{WorkingDir: "/srv/composed", Environment: asked.Variables}
	for at, text := range asked.Texts {
		file := types.ConfigFile{Filename: fmt.Sprintf("compose-%d.yml", at), Content: []byte(text)}
		details.ConfigFiles = append(details.ConfigFiles, file)
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("composed", true)
		options.SkipResolveEnvironment = asked.Unresolved
	})
	if err != nil {
		return answer{Error: err.Error()}
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: text}
}
