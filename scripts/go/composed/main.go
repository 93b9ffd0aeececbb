// Command composed reads compose files as Docker Compose does. A question stands on each line of standard input, as JSON:
// the file's text and the variables that are set. Its answer is a line of standard output: the project as Compose
// understood it, or the error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

type question struct {
	Text      string            `json:"text"`
	Variables map[string]string `json:"variables"`
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
	details := types.ConfigDetails{
		WorkingDir:  "/srv/composed",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yml", Content: []byte(asked.Text)}},
		Environment: asked.Variables,
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("composed", true)
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
