/**
 * What a shell runs to complete a word: it asks the program itself with `waybill complete`, and gives the words as they
 * are, none of which is evaluated.
 */
export const SCRIPTS = {
  bash: `# Completes waybill in bash. In ~/.bashrc:  source <(waybill completion bash)
_waybill() {
  local line program=\${COMP_WORDS[0]/#\\~\\//$HOME/}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default -o filenames 2> /dev/null ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("$program" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -F _waybill waybill
`,
  zsh: `#compdef waybill
# Completes waybill in zsh. In ~/.zshrc, behind compinit:  source <(waybill completion zsh)
_waybill() {
  local line tab=$'\\t' program=\${words[1]/#\\~\\//$HOME/}
  local -a found
  for line in "\${(@f)$("$program" complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}"; do
    case $line in
      '') ;;
      :files) _files; return ;;
      *) found+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}") ;;
    esac
  done
  _describe -V waybill found
}
if [ "\${funcstack[1]}" = _waybill ]; then _waybill "$@"; else compdef _waybill waybill; fi
`,
  fish: `# Completes waybill in fish. In ~/.config/fish/config.fish:  waybill completion fish | source
function __waybill_complete
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l current (commandline -ct)
    for line in ($program complete -- $words "$current" 2> /dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c waybill -f -k -a '(__waybill_complete)'
`,
} as const

export type Shell = keyof typeof SCRIPTS
